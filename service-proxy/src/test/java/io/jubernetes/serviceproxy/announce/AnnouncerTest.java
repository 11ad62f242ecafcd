package io.jubernetes.serviceproxy.announce;

import static io.jubernetes.serviceproxy.Objects.at;
import static io.jubernetes.serviceproxy.Objects.endpoint;
import static io.jubernetes.serviceproxy.Objects.port;
import static io.jubernetes.serviceproxy.Objects.service;
import static io.jubernetes.serviceproxy.Objects.slice;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceBuilder;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.jubernetes.common.testing.MemoryCache;
import io.jubernetes.serviceproxy.backend.nftables.Netns;
import io.jubernetes.serviceproxy.sync.SyncLoop;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

class AnnouncerTest {
    private static final String VIP = "198.51.100.77";
    private static final String VIP6 = "2001:db8:51::77";
    private static final String ELSEWHERE = "203.0.113.7";

    private static Node node(String name, boolean ready, String... labels) {
        var builder = new NodeBuilder()
                .withNewMetadata()
                .withName(name)
                .endMetadata()
                .withNewStatus()
                .addNewCondition()
                .withType("Ready")
                .withStatus(ready ? "True" : "Unknown")
                .endCondition()
                .endStatus();
        for (String label : labels) {
            builder.editMetadata().addToLabels(label, "").endMetadata();
        }
        return builder.build();
    }

    private static Service balanced(String policy, String... addresses) {
        var builder = new ServiceBuilder(service(
                        "web",
                        "10.96.0.5",
                        spec -> spec.withType("LoadBalancer").withExternalTrafficPolicy(policy),
                        port("http", 80)))
                .withNewStatus()
                .withNewLoadBalancer()
                .endLoadBalancer()
                .endStatus();
        for (String address : addresses) {
            builder.editStatus()
                    .editLoadBalancer()
                    .addNewIngress()
                    .withIp(address)
                    .endIngress()
                    .endLoadBalancer()
                    .endStatus();
        }
        return builder.build();
    }

    @Test
    void anAddressStaysWhereItIsUnlessItsNodeFails() {
        List<String> five = List.of("a", "b", "c", "d", "e");
        Map<String, Integer> counts = new HashMap<>();
        for (String address :
                IntStream.range(0, 250).mapToObj(i -> "198.51.100." + i).toList()) {
            String owner = AddressOwner.of(address, five).orElseThrow();
            counts.merge(owner, 1, Integer::sum);
            for (String failed : five) {
                var left = new ArrayList<>(five);
                left.remove(failed);
                String next = AddressOwner.of(address, left).orElseThrow();
                assertThat(next.equals(owner)).isEqualTo(!failed.equals(owner));
            }
        }
        assertThat(counts.values()).allSatisfy(count -> assertThat(count).isBetween(25, 80));
        assertThat(AddressOwner.of(VIP, List.of())).isEmpty();
    }

    @Test
    void onlyReadyNodesThatAreNotExcludedHaveAddresses() {
        List<Node> nodes = List.of(
                node("a", true),
                node("b", false),
                node("c", true, "node.kubernetes.io/exclude-from-external-load-balancers"),
                node("d", true));
        List<EndpointSlice> slices = List.of(slice(
                "web",
                at("http", 8080),
                endpoint("10.244.0.2", "d", true, true, false),
                endpoint("10.244.0.3", "a", false, true, true)));

        assertThat(AddressOwner.candidates(balanced("Cluster", VIP), slices, nodes))
                .containsExactlyInAnyOrder("a", "d");
        assertThat(AddressOwner.candidates(balanced("Local", VIP), slices, nodes))
                .containsExactly("d");
    }

    @Test
    void neighboursFindTheAddressAndTheNextNodeTakesItOver() throws Exception {
        try (Netns net = Netns.create()) {
            net.run("node", "ip", "address", "add", "2001:db8:51::1/64", "dev", "a0", "nodad");
            net.run("client", "ip", "address", "add", "2001:db8:51::2/64", "dev", "b0", "nodad");
            // A neighbour that still remembers another machine for the address.
            net.run(
                    "client",
                    "ip",
                    "neigh",
                    "replace",
                    VIP,
                    "lladdr",
                    "02:00:00:00:00:01",
                    "dev",
                    "b0",
                    "nud",
                    "stale");
            var services = MemoryCache.of(balanced("Cluster", VIP, VIP6, ELSEWHERE));
            var nodes = MemoryCache.of(node("here", true));
            try (var announcer = announcer(net, services, nodes)) {
                announcer.start();
                awaitAnswers(net, true);
                // A router has to lead to an address that no link here holds.
                assertThat(addresses(net)).doesNotContain(ELSEWHERE);

                net.run("node", "ip", "address", "flush", "to", VIP);
                awaitAnswers(net, true);

                nodes.put(node("here", false));
                awaitAnswers(net, false);
                nodes.put(node("here", true));
                awaitAnswers(net, true);
            }
            assertThat(addresses(net)).as("traffic goes on").contains(VIP);
            services.remove(io.jubernetes.common.meta.ObjectKey.of("default", "web"));
            try (var next = announcer(net, services, nodes)) {
                next.start();
                awaitAnswers(net, false);
                assertThat(addresses(net)).contains(Netns.NODE_ADDRESS);
            }
        }
    }

    private static Announcer announcer(Netns net, MemoryCache<Service> services, MemoryCache<Node> nodes) {
        return new Announcer(
                Set.of("here"),
                services,
                MemoryCache.of(),
                nodes,
                "test",
                net.inside("node"),
                new SyncLoop.Periods(Duration.ZERO, Duration.ofMillis(200)));
    }

    private static void awaitAnswers(Netns net, boolean expected) {
        for (String address : List.of(VIP, VIP6)) {
            Awaitility.await(address + " answers: " + expected).until(() -> answers(net, address) == expected);
        }
    }

    /// Whether anybody has the address: nobody listens there, so the kernel refuses at once.
    private static boolean answers(Netns net, String address) throws Exception {
        return net.get("client", (address.contains(":") ? "[" + address + "]" : address) + ":1/")
                .equals("curl 7");
    }

    private static String addresses(Netns net) throws Exception {
        return net.inside("node").run("ip", "address", "show").out();
    }
}
