package io.jubernetes.serviceproxy.backend;

import static org.assertj.core.api.Assertions.assertThat;

import io.jubernetes.common.meta.ObjectKey;
import io.jubernetes.serviceproxy.backend.nftables.Netns;
import io.jubernetes.serviceproxy.rules.IpFamily;
import io.jubernetes.serviceproxy.rules.Protocol;
import io.jubernetes.serviceproxy.rules.RuleName;
import io.jubernetes.serviceproxy.rules.RuleSet;
import io.jubernetes.serviceproxy.rules.ServiceRule;
import io.jubernetes.serviceproxy.rules.Target;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What clients may expect of every backend, with real clients and endpoints in network namespaces.
public abstract class BackendContract {
    protected static final String VIP = "10.96.0.5";
    protected static final ObjectKey WEB = ObjectKey.of("default", "web");

    @TempDir
    protected static Path directory;

    protected static Netns net;
    protected static String pod0;
    protected static String pod1;

    @BeforeAll
    static void createNetwork() throws Exception {
        net = Netns.create();
        pod0 = net.pod(0, directory);
        pod1 = net.pod(1, directory);
    }

    @AfterAll
    static void removeNetwork() throws Exception {
        if (net != null) {
            net.close();
        }
    }

    /// The backend under test, in the namespace `node`; the same one during a test.
    protected abstract Backend subject() throws Exception;

    @Test
    void servesAtTheClusterAddress() throws Exception {
        subject().apply(with(rule(0, List.of(pod0, pod1))));

        assertThat(names("pod0", VIP)).containsExactlyInAnyOrder("pod0", "pod1");
        assertThat(names("node", VIP)).containsExactlyInAnyOrder("pod0", "pod1");
        assertThat(names("client", VIP)).containsExactlyInAnyOrder("pod0", "pod1");
    }

    @Test
    void aPodReachesItselfThroughItsService() throws Exception {
        subject().apply(with(rule(0, List.of(pod0))));

        assertThat(net.get("pod0", VIP + "/name")).isEqualTo("pod0");
    }

    @Test
    void servesAtNodePorts() throws Exception {
        subject().apply(with(rule(30_080, List.of(pod0, pod1))));

        assertThat(names("client", Netns.NODE_ADDRESS + ":30080")).containsExactlyInAnyOrder("pod0", "pod1");
        assertThat(names("node", "127.0.0.1:30080")).containsExactlyInAnyOrder("pod0", "pod1");
        assertThat(names("pod0", "10.244.0.1:30080")).containsExactlyInAnyOrder("pod0", "pod1");
    }

    @Test
    void loadBalancersLetInOnlyTheirSources() throws Exception {
        String address = "203.0.113.7";
        subject().apply(with(external(List.of(pod0), List.of(), List.of(address), List.of("192.0.2.0/24"), false)));
        assertThat(net.get("client", address + "/name")).startsWith("curl ");

        subject().apply(with(external(List.of(pod0), List.of(), List.of(address), List.of("198.51.100.0/24"), false)));
        assertThat(net.get("client", address + "/name")).isEqualTo("pod0");
    }

    @Test
    void refusesAtOnceWhatHasNoEndpoints() throws Exception {
        subject().apply(with(rule(30_080, List.of())));

        for (String from : List.of("pod0", "node", "client")) {
            assertThat(net.get(from, VIP + "/")).as(from).isEqualTo("curl 7");
        }
        assertThat(net.get("client", VIP + ":81/")).isEqualTo("curl 7");
        assertThat(net.get("client", Netns.NODE_ADDRESS + ":30080/")).isEqualTo("curl 7");
    }

    @Test
    void clientsWithAffinityKeepTheirEndpointWhicheverAddressTheyUse() throws Exception {
        subject().apply(with(affinity(rule(30_080, List.of(pod0, pod1)))));
        Set<String> first = names("pod0", VIP);
        assertThat(first).hasSize(1);
        assertThat(names("pod0", "10.244.0.1:30080")).isEqualTo(first);

        String left = first.contains("pod0") ? pod1 : pod0;
        subject().apply(with(affinity(rule(30_080, List.of(left)))));
        assertThat(names("pod0", VIP)).doesNotContainAnyElementsOf(first);
    }

    @Test
    void theLocalPolicyHoldsForClientsOutsideOnly() throws Exception {
        subject().apply(with(external(List.of(pod0, pod1), List.of(pod0), List.of(), List.of(), true)));

        assertThat(names("client", Netns.NODE_ADDRESS + ":30080")).containsExactly("pod0");
        assertThat(names("pod1", "10.244.0.5:30080")).containsExactlyInAnyOrder("pod0", "pod1");
        assertThat(names("node", Netns.NODE_ADDRESS + ":30080")).containsExactlyInAnyOrder("pod0", "pod1");

        // Without an endpoint here nobody answers, so that the load balancer turns to another node.
        subject().apply(with(external(List.of(pod1), List.of(), List.of(), List.of(), true)));
        assertThat(net.get("client", Netns.NODE_ADDRESS + ":30080/")).startsWith("curl ");
    }

    @Test
    void mendsWhatOthersBreak() throws Exception {
        subject().apply(with(rule(0, List.of(pod0))));
        assertThat(subject().verify()).isEqualTo(Backend.Outcome.UNCHANGED);
        breakWhatItWrote();

        assertThat(subject().verify()).isEqualTo(Backend.Outcome.FULL);
        assertThat(net.get("pod1", VIP + "/name")).isEqualTo("pod0");
    }

    /// Removes something from the kernel without which [#VIP] is not served.
    protected abstract void breakWhatItWrote() throws Exception;

    protected static Set<String> names(String from, String where) throws Exception {
        Set<String> names = new HashSet<>();
        for (int i = 0; i < 30; i++) {
            names.add(net.get(from, where + "/name"));
        }
        return names;
    }

    protected static RuleSet with(ServiceRule... rules) {
        Map<ObjectKey, List<ServiceRule>> changes = new HashMap<>();
        IntStream.range(0, rules.length)
                .forEach(i -> changes.put(i == 0 ? WEB : ObjectKey.of("default", "s" + i), List.of(rules[i])));
        return RuleSet.EMPTY.with(changes);
    }

    protected static List<Target> targets(List<String> addresses) {
        return addresses.stream()
                .map(address -> new Target(address, 8080, Target.Place.HERE))
                .sorted()
                .toList();
    }

    protected static ServiceRule rule(String name, String address, List<String> targets) {
        var family = IpFamily.of(address).orElseThrow();
        return ServiceRule.internal(
                new RuleName("default", name, "http", Protocol.TCP, family), address, 80, targets(targets));
    }

    protected static ServiceRule rule(int nodePort, List<String> targets) {
        return new ServiceRule(
                new RuleName("default", "web", "http", Protocol.TCP, IpFamily.IPV4),
                VIP,
                80,
                nodePort,
                List.of(),
                List.of(),
                List.of(),
                Optional.empty(),
                false,
                false,
                0,
                targets(targets),
                List.of());
    }

    protected static ServiceRule external(
            List<String> targets,
            List<String> local,
            List<String> loadBalancers,
            List<String> ranges,
            boolean localPolicy) {
        return new ServiceRule(
                new RuleName("default", "web", "http", Protocol.TCP, IpFamily.IPV4),
                VIP,
                80,
                30_080,
                List.of(),
                loadBalancers,
                ranges,
                Optional.empty(),
                false,
                localPolicy,
                0,
                targets(targets),
                targets(local));
    }

    protected static ServiceRule affinity(ServiceRule rule) {
        return new ServiceRule(
                rule.name(),
                rule.clusterIp(),
                rule.port(),
                rule.nodePort(),
                List.of(),
                List.of(),
                List.of(),
                Optional.of(Duration.ofMinutes(1)),
                false,
                false,
                0,
                rule.targets(),
                List.of());
    }
}
