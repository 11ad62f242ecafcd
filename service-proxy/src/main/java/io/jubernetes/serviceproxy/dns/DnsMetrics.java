package io.jubernetes.serviceproxy.dns;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.LongSupplier;

/// Counts questions and answers, under the names that dashboards of cluster DNS know. Every counter is looked up once:
/// looking it up costs more than many an answer. Thread-safe.
final class DnsMetrics {
    private record Request(boolean tcp, String type, boolean inside) {}

    private record Response(String code, boolean inside) {}

    private final MeterRegistry meters;
    private final String zone;
    private final Map<Request, Counter> requests = new ConcurrentHashMap<>();
    private final Map<Response, Counter> responses = new ConcurrentHashMap<>();
    private final List<LongSupplier> caches = new CopyOnWriteArrayList<>();
    private final Timer inside;
    private final Timer outside;
    private final Counter hits;
    private final Counter denialHits;
    private final Counter misses;
    private final Counter rejects;

    /// @param zone the cluster's domain; other names count as `.`
    DnsMetrics(MeterRegistry meters, String zone) {
        this.meters = meters;
        this.zone = zone.endsWith(".") ? zone : zone + ".";
        inside = durations(meters, "coredns_dns_request_duration_seconds", "zone", this.zone);
        outside = durations(meters, "coredns_dns_request_duration_seconds", "zone", ".");
        hits = meters.counter("coredns_cache_hits_total", "type", "success");
        denialHits = meters.counter("coredns_cache_hits_total", "type", "denial");
        misses = meters.counter("coredns_cache_misses_total");
        meters.gauge("coredns_cache_entries", this, DnsMetrics::cacheEntries);
        rejects = meters.counter("coredns_forward_max_concurrent_rejects_total");
    }

    private static Timer durations(MeterRegistry meters, String name, String... tags) {
        return Timer.builder(name)
                .tags(tags)
                .serviceLevelObjectives(
                        Duration.ofMillis(1), Duration.ofMillis(10), Duration.ofMillis(100), Duration.ofSeconds(2))
                .register(meters);
    }

    void answered(Question question, boolean tcp, byte[] answer, long nanos) {
        boolean own = question.name().equals(zone) || question.name().endsWith("." + zone);
        requests.computeIfAbsent(
                        new Request(tcp, type(question), own),
                        key -> meters.counter(
                                "coredns_dns_requests_total",
                                "proto",
                                key.tcp() ? "tcp" : "udp",
                                "type",
                                key.type(),
                                "zone",
                                key.inside() ? zone : "."))
                .increment();
        responses
                .computeIfAbsent(
                        new Response(rcode(answer), own),
                        key -> meters.counter(
                                "coredns_dns_responses_total", "rcode", key.code(), "zone", key.inside() ? zone : "."))
                .increment();
        (own ? inside : outside).record(Duration.ofNanos(nanos));
    }

    /// A kept answer was given.
    void cacheHit(int code) {
        (code == Rcode.NXDOMAIN.code() ? denialHits : hits).increment();
    }

    void cacheMiss() {
        misses.increment();
    }

    /// Has the number of kept answers shown.
    void watchCache(LongSupplier entries) {
        caches.add(entries);
    }

    private double cacheEntries() {
        return caches.stream().mapToLong(LongSupplier::getAsLong).sum();
    }

    /// A question was not passed on because too many are under way.
    void rejected() {
        rejects.increment();
    }

    /// A server answered.
    void asked(InetSocketAddress server, int code, long nanos) {
        durations(meters, "coredns_proxy_request_duration_seconds", "to", text(server), "rcode", rcode(code))
                .record(Duration.ofNanos(nanos));
    }

    /// A server did not answer.
    void unanswered(InetSocketAddress server) {
        meters.counter("coredns_proxy_request_failures_total", "to", text(server))
                .increment();
    }

    private static String text(InetSocketAddress server) {
        return server.getAddress().getHostAddress() + ":" + server.getPort();
    }

    /// Only a few types have a name of their own here, so that clients cannot make up series without end.
    private static String type(Question question) {
        int type = question.type();
        if (type == Type.A) {
            return "A";
        } else if (type == Type.AAAA) {
            return "AAAA";
        } else if (type == Type.SRV) {
            return "SRV";
        } else if (type == Type.PTR) {
            return "PTR";
        }
        return "other";
    }

    private static String rcode(byte[] answer) {
        return rcode(Message.code(answer));
    }

    private static String rcode(int code) {
        for (Rcode each : Rcode.values()) {
            if (each.code() == code) {
                return each.name();
            }
        }
        return "other";
    }
}
