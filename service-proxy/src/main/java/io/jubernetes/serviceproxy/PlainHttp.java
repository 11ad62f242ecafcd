package io.jubernetes.serviceproxy;

import io.jubernetes.common.component.StartupException;
import java.net.InetSocketAddress;
import java.time.Duration;
import org.springframework.http.server.reactive.ReactorHttpHandlerAdapter;
import org.springframework.web.server.WebHandler;
import org.springframework.web.server.adapter.WebHttpHandlerBuilder;
import reactor.netty.ChannelBindException;
import reactor.netty.DisposableServer;
import reactor.netty.http.server.HttpServer;

/// Serves one handler over HTTP without TLS, as upstream's proxy serves its health and metrics.
final class PlainHttp implements AutoCloseable {
    private static final Duration LIMIT = Duration.ofSeconds(10);

    private final DisposableServer server;

    private PlainHttp(DisposableServer server) {
        this.server = server;
    }

    /// Starts serving.
    ///
    /// @param flag the flag that names the address, for the error message
    /// @throws StartupException when the port is taken
    static PlainHttp start(InetSocketAddress address, WebHandler handler, String flag) throws StartupException {
        var http = WebHttpHandlerBuilder.webHandler(handler).build();
        try {
            return new PlainHttp(HttpServer.create()
                    .bindAddress(() -> address)
                    .idleTimeout(Duration.ofMinutes(1))
                    .handle(new ReactorHttpHandlerAdapter(http))
                    .bindNow(LIMIT));
        } catch (ChannelBindException | IllegalStateException e) {
            throw new StartupException(
                    "%s: cannot listen on %s port %d (%s); choose another address or 0 for none"
                            .formatted(flag, address.getAddress().getHostAddress(), address.getPort(), e.getMessage()),
                    e);
        }
    }

    int port() {
        return server.port();
    }

    @Override
    public void close() {
        server.disposeNow(Duration.ofSeconds(3));
    }
}
