package io.jubernetes.common.http;

import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import javax.net.ssl.SSLException;
import org.springframework.boot.reactor.netty.NettyReactiveWebServerFactory;
import org.springframework.boot.reactor.netty.NettyServerCustomizer;
import org.springframework.boot.web.server.Shutdown;
import org.springframework.boot.web.server.reactive.ReactiveWebServerFactory;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.support.AbstractApplicationContext;
import org.springframework.context.support.DefaultLifecycleProcessor;
import org.springframework.http.server.reactive.HttpHandler;
import org.springframework.web.server.WebFilter;
import org.springframework.web.server.WebHandler;
import org.springframework.web.server.adapter.WebHttpHandlerBuilder;
import reactor.netty.http.HttpProtocol;

/// Serves the context's one [WebHandler] over TLS as the context's [ServerSettings] say. Spring Boot's
/// auto-configuration is not used: routing, content negotiation and errors of a Kubernetes API are particular,
/// and start-up time matters.
@Configuration(proxyBeanMethods = false)
public class WebServerConfiguration {
    /// Long enough for TokenReviews and long header lists of impersonation, short enough to bound memory
    /// a connection.
    private static final int MAX_HEADER_BYTES = 64 << 10;

    @Bean
    HttpHandler httpHandler(WebHandler handler, List<WebFilter> filters) {
        return WebHttpHandlerBuilder.webHandler(handler)
                .filters(all -> all.addAll(filters))
                .build();
    }

    /// Waits for the web server's requests when the context closes.
    @Bean(AbstractApplicationContext.LIFECYCLE_PROCESSOR_BEAN_NAME)
    DefaultLifecycleProcessor lifecycleProcessor(ServerSettings settings) {
        var processor = new DefaultLifecycleProcessor();
        if (!settings.drain().isZero()) {
            processor.setTimeoutPerShutdownPhase(settings.drain().toMillis());
        }
        return processor;
    }

    @Bean
    ReactiveWebServerFactory webServerFactory(ServerSettings settings, List<NettyServerCustomizer> customizers)
            throws SSLException {
        var factory = new NettyReactiveWebServerFactory(settings.port());
        factory.setAddress(new InetSocketAddress(settings.bindAddress(), 0).getAddress());
        factory.setShutdown(settings.drain().isZero() ? Shutdown.IMMEDIATE : Shutdown.GRACEFUL);
        var context = settings.tls().context();
        factory.addServerCustomizers(server -> server.protocol(HttpProtocol.H2, HttpProtocol.HTTP11)
                .secure(ssl -> ssl.sslContext(context).handshakeTimeout(Duration.ofSeconds(10)))
                .idleTimeout(Duration.ofMinutes(3))
                .httpRequestDecoder(spec -> spec.maxInitialLineLength(MAX_HEADER_BYTES)
                        .maxHeaderSize(MAX_HEADER_BYTES)
                        .h2cMaxContentLength(0))
                .http2Settings(spec -> spec.maxConcurrentStreams(1000)
                        .maxHeaderListSize(MAX_HEADER_BYTES)
                        .initialWindowSize(1 << 20)));
        customizers.forEach(factory::addServerCustomizers);
        return factory;
    }
}
