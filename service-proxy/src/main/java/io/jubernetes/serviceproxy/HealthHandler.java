package io.jubernetes.serviceproxy;

import io.jubernetes.common.codec.Json;
import java.time.Clock;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebHandler;
import reactor.core.publisher.Mono;

/// Answers `/healthz` and `/livez` in upstream's form, which load balancers of clouds read, and `/readyz`:
/// whether rules are in force at all.
final class HealthHandler implements WebHandler {
    private final ProxyState state;
    private final Clock clock;

    HealthHandler(ProxyState state, Clock clock) {
        this.state = state;
        this.clock = clock;
    }

    @Override
    public Mono<Void> handle(ServerWebExchange exchange) {
        return switch (exchange.getRequest().getPath().value()) {
            case "/healthz" -> answer(exchange, state.illness().isEmpty(), true);
            case "/livez" -> answer(exchange, state.illness().isEmpty(), false);
            case "/readyz" -> answer(exchange, state.unready().isEmpty(), true);
            default -> {
                exchange.getResponse().setStatusCode(HttpStatus.NOT_FOUND);
                yield exchange.getResponse().setComplete();
            }
        };
    }

    private Mono<Void> answer(ServerWebExchange exchange, boolean ok, boolean eligible) {
        Instant now = clock.instant();
        Map<String, Object> body = new LinkedHashMap<>();
        body.put("lastUpdated", (ok ? now : state.lastSuccess().orElse(Instant.EPOCH)).toString());
        body.put("currentTime", now.toString());
        if (eligible) {
            body.put("nodeEligible", true);
        }
        var response = exchange.getResponse();
        response.setStatusCode(ok ? HttpStatus.OK : HttpStatus.SERVICE_UNAVAILABLE);
        response.getHeaders().setContentType(MediaType.APPLICATION_JSON);
        response.getHeaders().set("X-Content-Type-Options", "nosniff");
        return response.writeWith(Mono.just(response.bufferFactory().wrap(Json.bytes(body))));
    }
}
