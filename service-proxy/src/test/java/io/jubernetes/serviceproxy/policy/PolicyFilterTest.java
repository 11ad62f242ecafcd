package io.jubernetes.serviceproxy.policy;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.jubernetes.serviceproxy.backend.Backend.Outcome;
import io.jubernetes.serviceproxy.backend.nftables.Netns;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The table in a real kernel: two pods on one bridge, one on a link of its own, a machine outside.
class PolicyFilterTest {
    private static final String TABLE = "jubernetes-test";

    @TempDir
    private static Path directory;

    private static Netns net;
    private static String web;
    private static String near;
    private static String far;

    private PolicyFilter filter;

    @BeforeAll
    static void createNetwork() throws Exception {
        net = Netns.create();
        web = net.bridgedPod(0, directory);
        near = net.bridgedPod(1, directory);
        far = net.pod(0, directory);
    }

    @AfterAll
    static void removeNetwork() throws Exception {
        if (net != null) {
            net.close();
        }
    }

    @BeforeEach
    void emptyKernel() throws Exception {
        net.run("node", "nft", "flush", "ruleset");
        filter = new PolicyFilter(TABLE, net.inside("node"));
    }

    private FilterTable table(NetworkPolicy... policies) {
        return PolicyCompiler.compile(new ClusterView(
                Arrays.asList(policies),
                List.of(
                        Cluster.pod("a", "web", "app: web", web, true),
                        Cluster.pod("a", "near", "app: near", near, true),
                        Cluster.pod("b", "far", "app: far", far, true)),
                Map.of("a", Map.of("team", "a"), "b", Map.of("team", "b"))));
    }

    private boolean reaches(String from, String address) throws Exception {
        return !net.get(from, address + ":8080/name").startsWith("curl");
    }

    private List<String> reachingWeb() throws Exception {
        List<String> reaching = new ArrayList<>();
        for (String from : List.of("bridged1", "pod0", "client", "node", "bridged0")) {
            if (reaches(from, web)) {
                reaching.add(from);
            }
        }
        return reaching;
    }

    @Test
    void anIsolatedPodIsReachedByItsNodeAndItselfOnly() throws Exception {
        assertThat(reachingWeb()).containsExactly("bridged1", "pod0", "client", "node", "bridged0");

        filter.apply(table(Cluster.policy("deny", "{podSelector: {matchLabels: {app: web}}}")));

        assertThat(reachingWeb()).containsExactly("node", "bridged0");
        // It may ask others, and hears their answers.
        assertThat(reaches("bridged0", far)).isTrue();
        assertThat(reaches("bridged0", near)).isTrue();
    }

    @Test
    void peersAreLetInAndTheNextPolicyTakesTheirPlace() throws Exception {
        filter.apply(table(Cluster.policy(
                "it",
                "{podSelector: {matchLabels: {app: web}}, ingress: [{from: [{namespaceSelector: {matchLabels: {team:"
                        + " b}}}]}]}")));
        assertThat(reachingWeb()).containsExactly("pod0", "node", "bridged0");

        Outcome outcome = filter.apply(table(Cluster.policy(
                "it",
                "{podSelector: {matchLabels: {app: web}}, ingress: [{from: [{ipBlock: {cidr: 0.0.0.0/0, except: [" + far
                        + "/32]}}], ports: [{port: 8000, endPort: 8080}]}]}")));
        assertThat(outcome).isEqualTo(Outcome.PARTIAL);
        assertThat(reachingWeb()).containsExactly("bridged1", "client", "node", "bridged0");
    }

    @Test
    void aPacketNeedsLeaveFromBothSides() throws Exception {
        NetworkPolicy in = Cluster.policy(
                "in",
                "{podSelector: {matchLabels: {app: web}}, ingress: [{from:"
                        + " [{podSelector: {matchLabels: {app: near}}}]}]}");
        NetworkPolicy closed =
                Cluster.policy("out", "{podSelector: {matchLabels: {app: near}}, policyTypes: [Egress]}");
        NetworkPolicy open = Cluster.policy(
                "out",
                "{podSelector: {matchLabels: {app: near}}, egress: [{to: [{podSelector: {matchLabels: {app: web}}}],"
                        + " ports: [{port: 8080}]}], policyTypes: [Egress]}");
        filter.apply(table(in, closed));
        assertThat(reaches("bridged1", web)).isFalse();
        assertThat(reaches("bridged1", "10.244.100.1")).as("nothing listens").isFalse();

        filter.apply(table(in, open));
        assertThat(reaches("bridged1", web)).isTrue();
        assertThat(reaches("bridged1", far)).isFalse();
        assertThat(reaches("pod0", web)).isFalse();
    }

    @Test
    void mendsWhatOthersBreak() throws Exception {
        filter.apply(table(Cluster.policy("deny", "{podSelector: {}}")));
        assertThat(filter.verify()).isEqualTo(Outcome.UNCHANGED);

        net.run("node", "nft", "flush", "ruleset");
        assertThat(reaches("pod0", web)).isTrue();
        assertThat(filter.verify()).isEqualTo(Outcome.FULL);
        assertThat(reaches("pod0", web)).isFalse();

        net.run("node", "nft", "flush", "map", "inet", TABLE, "ingress-4");
        assertThat(filter.verify()).isEqualTo(Outcome.FULL);
        // A difference that does not fit is followed by all of it.
        net.run("node", "nft", "flush", "ruleset");
        assertThat(filter.apply(
                        table(Cluster.policy("deny", "{podSelector: {}}"), Cluster.policy("d", "{podSelector: {}}"))))
                .isEqualTo(Outcome.FULL);
        assertThat(reaches("pod0", web)).isFalse();
    }

    @Test
    void theTableGoesWithTheLastPolicyAndByAPurge() throws Exception {
        filter.apply(table(Cluster.policy("deny", "{podSelector: {}}")));
        filter.apply(table());
        assertThat(tables()).isEmpty();

        filter.apply(table(Cluster.policy("deny", "{podSelector: {}}")));
        assertThat(tables()).contains("inet " + TABLE);
        // One that starts takes the old one's place, whatever it holds.
        var next = new PolicyFilter(TABLE, net.inside("node"));
        assertThat(next.apply(table(Cluster.policy("other", "{podSelector: {}}"))))
                .isEqualTo(Outcome.FULL);
        assertThat(next.verify()).isEqualTo(Outcome.UNCHANGED);

        PolicyFilter.purge(TABLE, net.inside("node"));
        PolicyFilter.purge(TABLE, net.inside("node"));
        assertThat(tables()).isEmpty();
    }

    private static String tables() throws Exception {
        return net.inside("node").run("nft", "list", "tables").out();
    }

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3})
    void everyDifferenceFits(long seed) throws Exception {
        var random = new Random(seed);
        filter.apply(randomTable(random));
        for (int step = 0; step < 15; step++) {
            FilterTable next = randomTable(random);
            assertThat(filter.apply(next)).as("step " + step).isNotEqualTo(Outcome.FULL);
            assertThat(filter.verify()).as("step " + step).isEqualTo(Outcome.UNCHANGED);
        }
    }

    private static FilterTable randomTable(Random random) {
        List<String> parts = List.of(
                "ingress: [{from: [{podSelector: {matchLabels: {app: p1}}}]}]",
                "ingress: [{from: [{namespaceSelector: {}}], ports: [{port: 80}, {port: http}]}]",
                "egress: [{to: [{ipBlock: {cidr: 10.0.0.0/8, except: [10.1.0.0/16, 10.1.2.0/24]}}]}]",
                "egress: [{ports: [{port: 53, protocol: UDP}, {port: 1, endPort: 9}, {port: 5}]}]",
                "policyTypes: [Ingress, Egress]");
        List<NetworkPolicy> policies = new ArrayList<>(List.of(Cluster.policy("always", "{podSelector: {}}")));
        for (int i = 0; i < 4; i++) {
            if (random.nextBoolean()) {
                policies.add(Cluster.policy(
                        "p" + i,
                        "{podSelector: {matchLabels: {app: p" + random.nextInt(3) + "}}, "
                                + parts.get(random.nextInt(parts.size())) + "}"));
            }
        }
        List<PolicyPod> pods = new ArrayList<>(List.of(Cluster.pod("a", "always", "app: p0", "10.244.7.1", true)));
        for (int i = 0; i < 8; i++) {
            String ports = random.nextBoolean() ? "10.244.8." + i : "fd00::" + (i + 1);
            if (random.nextInt(3) != 0) {
                pods.add(new PolicyPod(
                        random.nextBoolean() ? "a" : "b",
                        "pod" + i,
                        Map.of("app", "p" + random.nextInt(3)),
                        List.of(ports),
                        java.util.Set.of(new PolicyPod.NamedPort(
                                "http", io.jubernetes.serviceproxy.rules.Protocol.TCP, 80 + random.nextInt(2))),
                        random.nextInt(3) != 0));
            }
        }
        return PolicyCompiler.compile(new ClusterView(policies, pods, Map.of("a", Map.of(), "b", Map.of())));
    }
}
