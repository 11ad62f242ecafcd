package io.jubernetes.serviceproxy.dns;

import java.net.InetSocketAddress;
import java.time.Clock;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/// Knows whom to ask about names outside the cluster: the servers of the longest stub domain the name is in, else the
/// machine's. The servers of each domain have their own limits, so that silent ones harm nobody else. Thread-safe.
final class Forwarding {
    private record Stub(List<String> labels, Upstreams servers) {}

    private final List<Stub> stubs; // the longest first
    private final Upstreams others;

    /// @param stubDomains the servers of some domains
    /// @param servers those of all other names; read for each question
    Forwarding(
            Map<String, List<InetSocketAddress>> stubDomains,
            Supplier<List<InetSocketAddress>> servers,
            Clock clock,
            DnsMetrics metrics) {
        stubs = stubDomains.entrySet().stream()
                .map(stub -> new Stub(
                        new Question(stub.getKey(), Type.A, Type.CLASS_IN).labels(),
                        new Upstreams(stub::getValue, clock, metrics)))
                .sorted(Comparator.comparingInt((Stub stub) -> stub.labels().size())
                        .reversed())
                .toList();
        others = new Upstreams(servers, clock, metrics);
    }

    /// The message for the client; empty when nobody answers. Never fails.
    CompletableFuture<Optional<byte[]>> ask(Query query, boolean tcp) {
        List<String> labels = query.question().labels();
        for (Stub stub : stubs) {
            int outside = labels.size() - stub.labels().size();
            if (outside >= 0 && labels.subList(outside, labels.size()).equals(stub.labels())) {
                return stub.servers().ask(query, tcp);
            }
        }
        return others.ask(query, tcp);
    }
}
