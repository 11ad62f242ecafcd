package io.jubernetes.kubelet.server;

import io.jubernetes.common.http.WebSockets;
import io.jubernetes.kubelet.PodEngine;
import io.jubernetes.kubelet.runtime.ContainerInfo;
import io.jubernetes.kubelet.runtime.RuntimeFailure;
import io.jubernetes.kubelet.runtime.StreamOptions;
import io.jubernetes.kubelet.runtime.StreamSession;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.springframework.http.HttpStatus;
import org.springframework.util.MultiValueMap;
import org.springframework.web.server.ServerWebExchange;
import reactor.core.publisher.Mono;

/// `/exec/NAMESPACE/POD/CONTAINER` and `/attach/…`
final class ExecRoute {
    private final PodEngine engine;

    ExecRoute(PodEngine engine) {
        this.engine = engine;
    }

    /// @param exec whether a new command is run; else the container's own process is joined
    Mono<Void> handle(ServerWebExchange exchange, List<String> path, boolean exec) {
        MultiValueMap<String, String> query = exchange.getRequest().getQueryParams();
        boolean tty = flag(query, "tty");
        var options = new StreamOptions(
                flag(query, "input", "stdin"),
                flag(query, "output", "stdout"),
                flag(query, "error", "stderr") && !tty,
                tty);
        if (!options.stdin() && !options.stdout() && !options.stderr()) {
            return Answers.text(
                    exchange, HttpStatus.BAD_REQUEST, "you must specify at least 1 of stdin, stdout, stderr");
        }
        boolean spdy = Upgrades.toSpdy(exchange);
        if (!spdy && !Upgrades.toWebSocket(exchange)) {
            return Answers.text(
                    exchange, HttpStatus.BAD_REQUEST, "unable to upgrade: missing upgrade headers in request");
        }
        Optional<String> protocol = Upgrades.protocol(exchange, SpdyRemoteCommand.PROTOCOLS);
        if (spdy && protocol.isEmpty()) {
            return Answers.text(
                    exchange,
                    HttpStatus.FORBIDDEN,
                    "unable to negotiate protocol: server supports " + SpdyRemoteCommand.PROTOCOLS);
        }
        StreamSession session;
        StreamOptions real;
        try {
            ContainerInfo container = Target.of(engine, path).running();
            if (exec) {
                List<String> command = query.getOrDefault("command", List.of());
                if (command.isEmpty()) {
                    return Answers.text(exchange, HttpStatus.BAD_REQUEST, "you must specify at least 1 command");
                }
                real = options;
                session = engine.runtime().exec(container.id(), command, options);
            } else {
                // Whether the output is framed depends on how the container was made, not on what the client wants.
                real = new StreamOptions(
                        options.stdin(), options.stdout(), options.stderr() && !container.tty(), container.tty());
                session = engine.runtime().attach(container.id(), real);
            }
        } catch (Target.Missing e) {
            return Answers.text(exchange, e.status(), e.getMessage());
        } catch (RuntimeFailure | IOException e) {
            return Answers.text(exchange, HttpStatus.INTERNAL_SERVER_ERROR, String.valueOf(e.getMessage()));
        }
        if (spdy) {
            var command = new SpdyRemoteCommand(session, real, protocol.orElseThrow(), exec);
            return Upgrades.spdy(exchange, protocol.orElseThrow(), command.start())
                    .doOnError(_ -> session.close());
        }
        // After the upgrade the handler closes the session; this ends before the conversation does.
        return WebSockets.accept(exchange, new RemoteCommand(session, real, exec))
                .doOnError(_ -> session.close());
    }

    private static boolean flag(MultiValueMap<String, String> query, String... names) {
        for (String name : names) {
            String value = query.getFirst(name);
            if (value != null && (value.equals("true") || value.equals("1"))) {
                return true;
            }
        }
        return false;
    }
}
