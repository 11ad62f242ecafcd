package io.jubernetes.serviceproxy;

import static io.jubernetes.serviceproxy.Objects.at;
import static io.jubernetes.serviceproxy.Objects.hinted;
import static io.jubernetes.serviceproxy.Objects.port;
import static io.jubernetes.serviceproxy.Objects.ready;
import static io.jubernetes.serviceproxy.Objects.readyElsewhere;
import static io.jubernetes.serviceproxy.Objects.service;
import static io.jubernetes.serviceproxy.Objects.slice;
import static io.jubernetes.serviceproxy.Objects.terminating;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.jubernetes.common.meta.ObjectKey;
import io.jubernetes.common.testing.MemoryCache;
import io.jubernetes.serviceproxy.backend.Backend;
import io.jubernetes.serviceproxy.backend.BackendException;
import io.jubernetes.serviceproxy.rules.IpFamily;
import io.jubernetes.serviceproxy.rules.Protocol;
import io.jubernetes.serviceproxy.rules.RuleName;
import io.jubernetes.serviceproxy.rules.RuleSet;
import io.jubernetes.serviceproxy.rules.ServiceRule;
import io.jubernetes.serviceproxy.rules.Target;
import io.jubernetes.serviceproxy.sync.SyncLoop;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ProxyLoopTest {
    private static final ServiceRule FIXED = ServiceRule.internal(
            new RuleName("", "cluster-dns", "dns", Protocol.UDP, IpFamily.IPV4), "10.96.0.10", 53, List.of());

    private final MemoryCache<Service> services = MemoryCache.of(service("web", "10.96.0.5", port("http", 80)));
    private final MemoryCache<EndpointSlice> slices = MemoryCache.of();
    private final MemoryCache<Node> nodes = MemoryCache.of();
    private final FakeBackend backend = new FakeBackend();
    private final ProxyState state = new ProxyState(Clock.systemUTC(), Duration.ofMinutes(1));
    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    private final List<String> conflicts = new CopyOnWriteArrayList<>();
    private final List<String> refused = new CopyOnWriteArrayList<>();
    private final HealthCheckPorts healthCheckPorts = new HealthCheckPorts(
            new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
            () -> state.illness().isEmpty(),
            (service, port, reason) -> refused.add(service + " " + port));
    private final ProxyLoop loop = new ProxyLoop(
            new ProxyLoop.Settings(
                    List.of("node-1"), new SyncLoop.Periods(Duration.ZERO, Duration.ofMillis(50)), List.of(FIXED)),
            services,
            slices,
            nodes,
            healthCheckPorts,
            new PortConflicts(
                    (loser, winner, place) -> conflicts.add(loser.service() + " " + winner.service() + " " + place)),
            backend,
            state,
            new ProxyMetrics(meters, Clock.systemUTC()));

    @AfterEach
    void stop() {
        loop.close();
        healthCheckPorts.close();
    }

    @Test
    void beginsWithEverythingThatIsThere() {
        slices.put(slice("web", at("http", 8080), ready("10.244.0.2")));
        loop.start();

        await().until(() -> backend.inForce().size() == 2);
        assertThat(backend.inForce().of(ObjectKey.of("", "cluster-dns"))).containsExactly(FIXED);
        assertThat(targets("web")).containsExactly("10.244.0.2");
        assertThat(state.unready()).isEmpty();
    }

    @Test
    void followsChanges() {
        loop.start();
        slices.put(slice("web", at("http", 8080), ready("10.244.0.2")));
        await().until(() -> targets("web").equals(List.of("10.244.0.2")));
        slices.put(slice("web", at("http", 8080), ready("10.244.0.2"), ready("10.244.0.3")));
        await().until(() -> targets("web").size() == 2);
        slices.remove(ObjectKey.of("default", "web-1"));
        await().until(() -> targets("web").isEmpty());
        services.put(service("other", "10.96.0.6", port("http", 80)));
        await().until(() -> backend.inForce().size() == 3);
        services.remove(ObjectKey.of("default", "web"));
        await().until(() -> backend.inForce().of(ObjectKey.of("default", "web")).isEmpty());
    }

    @Test
    void aBurstOfChangesIsAFewRounds() {
        loop.start();
        await().until(() -> backend.inForce().size() == 2);
        int before = backend.applied.get();
        for (int i = 0; i < 10_000; i++) {
            services.put(service("s" + i, "10.97." + i / 250 + "." + (i % 250 + 1), port("http", 80)));
        }
        await().until(() -> backend.inForce().size() == 10_002);
        assertThat(backend.applied.get() - before).isLessThan(1000);
    }

    @Test
    void triesAgainUntilTheRulesAreInForce() {
        backend.failures.set(1);
        loop.start();

        await().until(() -> backend.inForce().size() == 2);
        assertThat(meters.counter("kubeproxy_sync_proxy_rules_nftables_sync_failures_total")
                        .count())
                .isEqualTo(1);
    }

    @Test
    void looksAfterTheRulesNowAndThen() {
        loop.start();
        await().until(() -> backend.verified.get() >= 2);
    }

    @Test
    void tellsWhenTwoServicesWishTheSameExternalAddress() {
        services.put(service("a", "10.96.0.6", spec -> spec.withExternalIPs("203.0.113.7"), port("http", 80)));
        services.put(service("b", "10.96.0.7", spec -> spec.withExternalIPs("203.0.113.7"), port("http", 80)));
        loop.start();

        await().until(() -> conflicts.equals(List.of("b a 203.0.113.7 port 80/tcp")));
    }

    @Test
    void answersLoadBalancersAtTheHealthCheckNodePort() throws Exception {
        int port;
        try (var free = new ServerSocket(0)) {
            port = free.getLocalPort();
        }
        services.put(service(
                "lb",
                "10.96.0.6",
                spec -> spec.withType("LoadBalancer")
                        .withExternalTrafficPolicy("Local")
                        .withHealthCheckNodePort(port),
                port("http", 80)));
        slices.put(slice("lb", at("http", 8080), ready("10.244.0.2"), readyElsewhere("10.244.1.2")));
        loop.start();
        await().until(() -> asked(port).equals("200 1"));

        slices.put(slice("lb", at("http", 8080), terminating("10.244.0.2", true), readyElsewhere("10.244.1.2")));
        await().until(() -> asked(port).equals("503 0"));
        services.remove(ObjectKey.of("default", "lb"));
        await().until(() -> asked(port).equals("closed"));
    }

    private static String asked(int port) {
        try {
            var connection = (HttpURLConnection)
                    URI.create("http://127.0.0.1:" + port + "/").toURL().openConnection();
            connection.setConnectTimeout(2000);
            connection.setReadTimeout(2000);
            return connection.getResponseCode() + " " + connection.getHeaderField("X-Load-Balancing-Endpoint-Weight");
        } catch (IOException _) {
            return "closed";
        }
    }

    @Test
    void tellsWhenAHealthCheckNodePortIsTaken() throws Exception {
        try (var taken = new ServerSocket(0, 1, InetAddress.ofLiteral("127.0.0.1"))) {
            services.put(service(
                    "lb",
                    "10.96.0.6",
                    spec -> spec.withType("LoadBalancer")
                            .withExternalTrafficPolicy("Local")
                            .withHealthCheckNodePort(taken.getLocalPort()),
                    port("http", 80)));
            loop.start();

            await().until(() -> refused.contains("default/lb " + taken.getLocalPort()));
            await().until(() -> backend.inForce().size() == 3);
        }
    }

    @Test
    void aNodesZoneCountsFromWhenItIsKnown() {
        slices.put(slice(
                "web", at("http", 8080), hinted("10.244.1.2", "n", "zone-a"), hinted("10.244.1.3", "n", "zone-b")));
        loop.start();
        await().until(() -> targets("web").size() == 2);

        nodes.put(new NodeBuilder()
                .withNewMetadata()
                .withName("node-1")
                .addToLabels("topology.kubernetes.io/zone", "zone-b")
                .endMetadata()
                .build());
        await().until(() -> targets("web").equals(List.of("10.244.1.3")));
    }

    @Test
    void oneServiceThatCannotBeUnderstoodDoesNotStopTheOthers() {
        var broken = service("broken", "10.96.0.7", port("http", 80));
        broken.getSpec().getPorts().getFirst().setPort(null);
        services.put(broken);
        loop.start();

        await().until(() -> backend.inForce().size() == 2);
    }

    @Test
    void isIllWhileAChangeWaitsTooLong() {
        var clock = new HandClock();
        var health = new ProxyState(clock, Duration.ofSeconds(60));
        assertThat(health.illness()).isEmpty();
        assertThat(health.unready()).isPresent();

        health.queued();
        health.started();
        health.failed("nft is gone");
        clock.now = clock.now.plusSeconds(60);
        assertThat(health.illness()).isEmpty();
        clock.now = clock.now.plusSeconds(1);
        assertThat(health.illness()).hasValueSatisfying(text -> assertThat(text).contains("nft is gone"));
        health.started();
        health.succeeded();
        assertThat(health.illness()).isEmpty();
        assertThat(health.unready()).isEmpty();
    }

    private List<String> targets(String service) {
        return backend.inForce().of(ObjectKey.of("default", service)).stream()
                .flatMap(rule -> rule.targets().stream())
                .map(Target::address)
                .toList();
    }

    private static final class FakeBackend implements Backend {
        private RuleSet rules = RuleSet.EMPTY; // guarded by this
        private final AtomicInteger failures = new AtomicInteger();
        private final AtomicInteger applied = new AtomicInteger();
        private final AtomicInteger verified = new AtomicInteger();

        @Override
        public synchronized Outcome apply(RuleSet next) throws BackendException {
            if (failures.getAndUpdate(left -> Math.max(0, left - 1)) > 0) {
                throw new BackendException("not now");
            }
            applied.incrementAndGet();
            rules = next;
            return Outcome.PARTIAL;
        }

        @Override
        public Outcome verify() {
            verified.incrementAndGet();
            return Outcome.UNCHANGED;
        }

        synchronized RuleSet inForce() {
            return rules;
        }
    }
}
