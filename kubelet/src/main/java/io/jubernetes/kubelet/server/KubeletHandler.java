package io.jubernetes.kubelet.server;

import io.fabric8.kubernetes.api.model.PodListBuilder;
import io.fabric8.kubernetes.api.model.authorization.v1.ResourceAttributesBuilder;
import io.jubernetes.common.codec.Json;
import io.jubernetes.common.health.ManagementHandler;
import io.jubernetes.common.http.DelegatedAccess;
import io.jubernetes.kubelet.PodEngine;
import io.jubernetes.kubelet.source.PushedPodSource;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpMethod;
import org.springframework.http.HttpStatus;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebHandler;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/// Everything the kubelet serves. Whoever asks must be known and may do what the node's subresource for the
/// path allows.
final class KubeletHandler implements WebHandler {
    private final Scheduler threads = Schedulers.fromExecutor(Executors.newThreadPerTaskExecutor(
            Thread.ofVirtual().name("kubelet-request-", 0).factory()));
    private final PodEngine engine;
    private final String nodeName;
    private final @Nullable DelegatedAccess access;
    private final ManagementHandler management;
    private final LogRoute logs;
    private final ExecRoute exec;
    private final PortForwardRoute portForward;
    private final StatsRoute stats;
    private final ManifestRoute manifests;

    /// @param manifests takes manifests of static pods
    /// @param access null lets everybody in, but for sending manifests
    KubeletHandler(
            PodEngine engine,
            PushedPodSource manifests,
            String nodeName,
            @Nullable DelegatedAccess access,
            ManagementHandler management,
            Clock clock) {
        this.engine = engine;
        this.nodeName = nodeName;
        this.access = access;
        this.management = management;
        this.logs = new LogRoute(engine, clock);
        this.exec = new ExecRoute(engine);
        this.portForward = new PortForwardRoute(engine);
        this.manifests = new ManifestRoute(manifests);
        this.stats = new StatsRoute(engine, nodeName, clock);
    }

    private enum Verdict {
        ALLOWED,
        STRANGER,
        FORBIDDEN
    }

    @Override
    public Mono<Void> handle(ServerWebExchange exchange) {
        return Mono.fromCallable(() -> check(exchange)).subscribeOn(threads).flatMap(verdict -> switch (verdict) {
            case STRANGER -> Answers.text(exchange, HttpStatus.UNAUTHORIZED, "Unauthorized");
            case FORBIDDEN -> Answers.text(exchange, HttpStatus.FORBIDDEN, forbidden(exchange));
            case ALLOWED -> route(exchange);
        });
    }

    private String forbidden(ServerWebExchange exchange) {
        return "Forbidden (verb=" + verb(exchange) + ", resource=nodes, subresource=" + subresource(path(exchange))
                + ")";
    }

    private Verdict check(ServerWebExchange exchange) {
        DelegatedAccess gate = access;
        if (gate == null) {
            return Verdict.ALLOWED;
        }
        var user = gate.authenticate(exchange.getRequest());
        if (user.isEmpty()) {
            return Verdict.STRANGER;
        }
        // As upstream: the narrow subresource first, the one that allows everything second.
        for (String subresource : List.of(subresource(path(exchange)), "proxy")) {
            var attributes = new ResourceAttributesBuilder()
                    .withVerb(verb(exchange))
                    .withVersion("v1")
                    .withResource("nodes")
                    .withSubresource(subresource)
                    .withName(nodeName)
                    .build();
            if (gate.mayAccess(user.get(), attributes)) {
                return Verdict.ALLOWED;
            }
        }
        return Verdict.FORBIDDEN;
    }

    private static String verb(ServerWebExchange exchange) {
        return switch (exchange.getRequest().getMethod().name().toUpperCase(Locale.ROOT)) {
            case "POST" -> "create";
            case "PUT" -> "update";
            case "PATCH" -> "patch";
            case "DELETE" -> "delete";
            default -> "get";
        };
    }

    private static String path(ServerWebExchange exchange) {
        return exchange.getRequest().getPath().value();
    }

    /// The part of the node that a path belongs to.
    static String subresource(String path) {
        String first = path.startsWith("/") ? path.substring(1) : path;
        int slash = first.indexOf('/');
        return switch (slash < 0 ? first : first.substring(0, slash)) {
            case "stats" -> "stats";
            case "metrics" -> "metrics";
            case "logs" -> "log";
            case "checkpoint" -> "checkpoint";
            case "healthz" -> "healthz";
            case "configz" -> "configz";
            case "pods", "runningpods" -> "pods";
            default -> "proxy";
        };
    }

    private Mono<Void> route(ServerWebExchange exchange) {
        String path = path(exchange);
        List<String> parts = Arrays.stream(path.substring(1).split("/"))
                .map(part -> URLDecoder.decode(part, StandardCharsets.UTF_8))
                .toList();
        List<String> rest = parts.subList(1, parts.size());
        boolean get = HttpMethod.GET.equals(exchange.getRequest().getMethod());
        return switch (parts.getFirst()) {
            case "containerLogs" -> get ? onThread(() -> logs.handle(exchange, rest)) : notAllowed(exchange);
            case "exec" -> onThread(() -> exec.handle(exchange, rest, true));
            case "attach" -> onThread(() -> exec.handle(exchange, rest, false));
            case "portForward" -> onThread(() -> portForward.handle(exchange, rest));
            case "manifest" -> manifest(exchange);
            case "pods" -> Answers.json(exchange, pods());
            case "stats" -> onThread(() -> stats.summary(exchange));
            default -> {
                if (path.equals("/metrics/resource")) {
                    yield onThread(() -> stats.resourceMetrics(exchange));
                }
                yield management.handle(exchange);
            }
        };
    }

    /// Who may send a manifest may run anything on this machine: never without knowing who it is.
    private Mono<Void> manifest(ServerWebExchange exchange) {
        return access == null
                ? Answers.text(
                        exchange, HttpStatus.FORBIDDEN, "manifests are only taken with --authorization-mode=Webhook")
                : onThread(() -> manifests.handle(exchange));
    }

    private Mono<Void> onThread(java.util.function.Supplier<Mono<Void>> route) {
        return Mono.defer(route).subscribeOn(threads);
    }

    private static Mono<Void> notAllowed(ServerWebExchange exchange) {
        return Answers.text(exchange, HttpStatus.METHOD_NOT_ALLOWED, "405: Method Not Allowed");
    }

    private byte[] pods() {
        return Json.bytes(
                new PodListBuilder().withItems(engine.workers().pods()).build());
    }
}
