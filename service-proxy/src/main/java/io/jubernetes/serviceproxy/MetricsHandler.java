package io.jubernetes.serviceproxy;

import io.jubernetes.common.health.ManagementHandler;
import java.nio.charset.StandardCharsets;
import org.springframework.http.MediaType;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebHandler;
import reactor.core.publisher.Mono;

/// Answers `/proxyMode` beside the endpoints every component has.
record MetricsHandler(ManagementHandler management, String mode) implements WebHandler {
    @Override
    public Mono<Void> handle(ServerWebExchange exchange) {
        if (!exchange.getRequest().getPath().value().equals("/proxyMode")) {
            return management.handle(exchange);
        }
        var response = exchange.getResponse();
        response.getHeaders().setContentType(MediaType.TEXT_PLAIN);
        return response.writeWith(Mono.just(response.bufferFactory().wrap(mode.getBytes(StandardCharsets.UTF_8))));
    }
}
