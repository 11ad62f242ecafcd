package io.jubernetes.serviceproxy;

import io.jubernetes.common.codec.Json;
import io.jubernetes.common.component.StartupException;
import io.jubernetes.common.meta.ObjectKey;
import java.net.InetSocketAddress;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebHandler;
import reactor.core.publisher.Mono;

/// Answers load balancers that ask whether this node has endpoints of a Service whose external traffic stays on its
/// node, at the port of each such Service. Changed by one thread; the answers come from others.
final class HealthCheckPorts implements AutoCloseable {
    /// Told when a Service's port cannot be served.
    @FunctionalInterface
    interface Refusals {
        void refused(ObjectKey service, int port, String reason);
    }

    private record Served(int port, Answer answer, PlainHttp http) {}

    private final InetSocketAddress any;
    private final BooleanSupplier healthy;
    private final Refusals refusals;
    private final Map<ObjectKey, Served> served = new HashMap<>(); // guarded by this

    /// @param any the address to listen at; its port does not matter
    /// @param healthy whether the proxy itself is well
    HealthCheckPorts(InetSocketAddress any, BooleanSupplier healthy, Refusals refusals) {
        this.any = any;
        this.healthy = healthy;
        this.refusals = refusals;
    }

    /// Says how it stands with a Service.
    ///
    /// @param port 0 when it has no such port
    /// @param endpoints how many ready endpoints are here
    synchronized void update(ObjectKey service, int port, int endpoints) {
        Served now = served.get(service);
        if (now != null && now.port() == port) {
            now.answer().endpoints = endpoints;
            return;
        }
        if (now != null) {
            now.http().close();
            served.remove(service);
        }
        if (port != 0) {
            var answer = new Answer(service, healthy, endpoints);
            PlainHttp http = listen(service, port, answer);
            if (http != null) {
                served.put(service, new Served(port, answer, http));
            }
        }
    }

    private @Nullable PlainHttp listen(ObjectKey service, int port, Answer answer) {
        try {
            return PlainHttp.start(
                    new InetSocketAddress(any.getAddress(), port), answer, "the health check node port of " + service);
        } catch (StartupException e) {
            refusals.refused(service, port, String.valueOf(e.getMessage()));
            return null;
        }
    }

    @Override
    public synchronized void close() {
        served.values().forEach(each -> each.http().close());
        served.clear();
    }

    /// One Service's answer, in upstream's form.
    private static final class Answer implements WebHandler {
        private final ObjectKey service;
        private final BooleanSupplier healthy;
        private volatile int endpoints;

        private Answer(ObjectKey service, BooleanSupplier healthy, int endpoints) {
            this.service = service;
            this.healthy = healthy;
            this.endpoints = endpoints;
        }

        @Override
        public Mono<Void> handle(ServerWebExchange exchange) {
            int count = endpoints;
            boolean well = healthy.getAsBoolean();
            Map<String, Object> body = new LinkedHashMap<>();
            body.put("service", Map.of("namespace", service.namespace(), "name", service.name()));
            body.put("localEndpoints", count);
            body.put("serviceProxyHealthy", well);
            var response = exchange.getResponse();
            response.setStatusCode(count > 0 && well ? HttpStatus.OK : HttpStatus.SERVICE_UNAVAILABLE);
            response.getHeaders().setContentType(MediaType.APPLICATION_JSON);
            response.getHeaders().set("X-Content-Type-Options", "nosniff");
            response.getHeaders().set("X-Load-Balancing-Endpoint-Weight", Integer.toString(count));
            return response.writeWith(Mono.just(response.bufferFactory().wrap(Json.bytes(body))));
        }
    }
}
