package io.jubernetes.common.health;

import io.jubernetes.common.http.RequestGate;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.http.server.reactive.ServerHttpResponse;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebHandler;
import reactor.core.publisher.Mono;

/// Answers `/healthz`, `/livez`, `/readyz` (with `?verbose`, `?exclude=` and single checks below them), `/metrics` and
/// `/configz`. The health endpoints are open to everybody, as upstream's are; the others go through the gate.
public final class ManagementHandler implements WebHandler {
    private static final String PLAIN = "text/plain; charset=utf-8";

    private final HealthChecks checks;
    private final PrometheusMeterRegistry metrics;
    private final Supplier<String> configuration;
    private final RequestGate gate;

    /// @param configuration the JSON that `/configz` shows: the service's effective settings without secrets
    public ManagementHandler(
            HealthChecks checks, PrometheusMeterRegistry metrics, Supplier<String> configuration, RequestGate gate) {
        this.checks = checks;
        this.metrics = metrics;
        this.configuration = configuration;
        this.gate = gate;
    }

    /// Whether this handler answers the path.
    public static boolean serves(String path) {
        return endpoint(path).isPresent() || path.equals("/metrics") || path.equals("/configz");
    }

    @Override
    public Mono<Void> handle(ServerWebExchange exchange) {
        String path = exchange.getRequest().getPath().value();
        if (!serves(path)) {
            return answer(exchange, HttpStatus.NOT_FOUND, PLAIN, "404 page not found\n");
        }
        if (!HttpMethod.GET.equals(exchange.getRequest().getMethod())
                && !HttpMethod.HEAD.equals(exchange.getRequest().getMethod())) {
            return answer(exchange, HttpStatus.METHOD_NOT_ALLOWED, PLAIN, "405 method not allowed\n");
        }
        if (endpoint(path).isPresent()) {
            return health(exchange, path);
        }
        return gate.check(exchange.getRequest(), "get", path).flatMap(verdict -> {
            if (verdict != RequestGate.Verdict.ALLOWED) {
                boolean stranger = verdict == RequestGate.Verdict.UNAUTHENTICATED;
                return answer(
                        exchange,
                        stranger ? HttpStatus.UNAUTHORIZED : HttpStatus.FORBIDDEN,
                        PLAIN,
                        stranger ? "Unauthorized\n" : "Forbidden\n");
            }
            return path.equals("/metrics") ? scrape(exchange) : configz(exchange);
        });
    }

    /// Answers a health path without asking the gate.
    public Mono<Void> health(ServerWebExchange exchange, String path) {
        ServerHttpRequest request = exchange.getRequest();
        HealthChecks.Endpoint endpoint = endpoint(path).orElseThrow();
        int slash = path.indexOf('/', 1);
        Optional<HealthChecks.Answer> answer;
        if (slash > 0 && slash < path.length() - 1) {
            answer = checks.single(endpoint, path.substring(slash + 1));
        } else {
            Set<String> excluded = new HashSet<>(request.getQueryParams().getOrDefault("exclude", java.util.List.of()));
            answer = Optional.of(
                    checks.answer(endpoint, excluded, request.getQueryParams().containsKey("verbose")));
        }
        return answer.map(found -> answer(
                        exchange, found.ok() ? HttpStatus.OK : HttpStatus.INTERNAL_SERVER_ERROR, PLAIN, found.text()))
                .orElseGet(() -> answer(exchange, HttpStatus.NOT_FOUND, PLAIN, "404 page not found\n"));
    }

    /// Answers `/metrics` without asking the gate.
    public Mono<Void> scrape(ServerWebExchange exchange) {
        return answer(exchange, HttpStatus.OK, "text/plain; version=0.0.4; charset=utf-8", metrics.scrape());
    }

    private Mono<Void> configz(ServerWebExchange exchange) {
        return answer(exchange, HttpStatus.OK, MediaType.APPLICATION_JSON_VALUE, configuration.get());
    }

    private static Optional<HealthChecks.Endpoint> endpoint(String path) {
        for (HealthChecks.Endpoint endpoint : HealthChecks.Endpoint.values()) {
            String prefix = "/" + endpoint.name().toLowerCase(Locale.ROOT);
            if (path.equals(prefix) || path.startsWith(prefix + "/")) {
                return Optional.of(endpoint);
            }
        }
        return Optional.empty();
    }

    private static Mono<Void> answer(ServerWebExchange exchange, HttpStatus status, String type, String text) {
        ServerHttpResponse response = exchange.getResponse();
        byte[] body = text.getBytes(StandardCharsets.UTF_8);
        response.setStatusCode(status);
        response.getHeaders().set(HttpHeaders.CONTENT_TYPE, type);
        response.getHeaders().setContentLength(body.length);
        response.getHeaders().set("X-Content-Type-Options", "nosniff");
        if (HttpMethod.HEAD.equals(exchange.getRequest().getMethod())) {
            return response.setComplete();
        }
        return response.writeWith(Mono.just(response.bufferFactory().wrap(body)));
    }
}
