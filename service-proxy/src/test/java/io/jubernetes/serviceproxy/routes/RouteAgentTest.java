package io.jubernetes.serviceproxy.routes;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.jubernetes.common.meta.ObjectKey;
import io.jubernetes.common.testing.MemoryCache;
import io.jubernetes.serviceproxy.backend.nftables.Netns;
import io.jubernetes.serviceproxy.sync.SyncLoop;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Machines in network namespaces: `node` and `client` are neighbours on one link, `pod0` is behind `node` as its
/// router.
class RouteAgentTest {
    private static final String ROUTED = "10.244.0.2";
    private static final String CLIENT_POD = "10.50.1.5";
    private static final String ROUTED_POD = "10.50.2.5";

    @TempDir
    private Path directory;

    private Netns net;

    @BeforeEach
    void createNetwork() throws Exception {
        net = Netns.create();
    }

    @AfterEach
    void removeNetwork() throws Exception {
        if (net != null) {
            net.close();
        }
    }

    private static Node node(String name, String address, String range) {
        return new NodeBuilder()
                .withNewMetadata()
                .withName(name)
                .endMetadata()
                .withNewSpec()
                .withPodCIDR(range)
                .withPodCIDRs(range)
                .endSpec()
                .withNewStatus()
                .addNewAddress(address, "InternalIP")
                .endStatus()
                .build();
    }

    private RouteAgent agent(String machine, MemoryCache<Node> nodes) {
        return new RouteAgent(
                Set.of(machine),
                nodes,
                "test",
                net.inside(machine),
                new SyncLoop.Periods(Duration.ZERO, Duration.ofMillis(200)));
    }

    @Test
    void aNeighboursPodsAreReachedDirectly() throws Exception {
        net.pod(0, directory);
        net.run("client", "ip", "route", "delete", "default");
        var nodes = MemoryCache.of(
                node("client", Netns.CLIENT_ADDRESS, "10.50.1.0/24"),
                node("node", Netns.NODE_ADDRESS, "10.244.0.0/24"));
        try (var agent = agent("client", nodes)) {
            agent.start();
            awaitReached("client", ROUTED, "pod0");
            assertThat(net.inside("client").run("ip", "link").out()).doesNotContain("jubvx");

            net.run("client", "ip", "route", "flush", "10.244.0.0/24");
            awaitReached("client", ROUTED, "pod0");

            nodes.remove(ObjectKey.of("", "node"));
            Awaitility.await("the route goes with its node")
                    .until(() -> net.get("client", ROUTED + ":8080/name").startsWith("curl"));
        }
    }

    @Test
    void podsBehindARouterAreReachedThroughATunnel() throws Exception {
        net.pod(0, directory);
        // Large enough that packets which do not fit into the tunnel would show.
        net.run("client", "ip", "address", "add", CLIENT_POD + "/32", "dev", "lo");
        net.run("pod0", "ip", "address", "add", ROUTED_POD + "/32", "dev", "lo");
        net.serve("pod0", ROUTED_POD, "pod0", directory);
        byte[] large = new byte[300_000];
        Files.write(directory.resolve("pod0/large"), large);
        var nodes = MemoryCache.of(
                node("client", Netns.CLIENT_ADDRESS, "10.50.1.0/24"), node("pod0", ROUTED, "10.50.2.0/24"));
        try (var here = agent("client", nodes);
                var there = agent("pod0", nodes)) {
            here.start();
            there.start();
            awaitReached("client", ROUTED_POD, "pod0");
            // The answer goes the same way: the client's address is that of one of its pods.
            var answer = net.inside("client")
                    .run(
                            "curl",
                            "-s",
                            "-m",
                            "5",
                            "--interface",
                            CLIENT_POD,
                            "-o",
                            "/dev/null",
                            "-w",
                            "%{size_download}",
                            "http://" + ROUTED_POD + ":8080/large");
            assertThat(answer.out()).isEqualTo(Integer.toString(large.length));
            assertThat(net.inside("client")
                            .run("ip", "-d", "link", "show", "type", "vxlan")
                            .out())
                    .contains("mtu 1450", PodRoutes.hardwareAddress(Netns.CLIENT_ADDRESS));

            nodes.remove(ObjectKey.of("", "pod0"));
            Awaitility.await("the tunnel goes with its last user")
                    .until(() -> !net.inside("client").run("ip", "link").out().contains("jubvx"));
        }
    }

    private void awaitReached(String from, String address, String expected) {
        Awaitility.await(address + " from " + from)
                .until(() -> net.get(from, address + ":8080/name").equals(expected));
    }

    @Test
    void nodesOfThisMachineNeedNoRoutes() throws Exception {
        var nodes = MemoryCache.of(
                node("client", Netns.CLIENT_ADDRESS, "10.50.1.0/24"),
                node("second", Netns.CLIENT_ADDRESS, "10.50.2.0/24"));
        String before = net.inside("client").run("ip", "route").out();
        var agent = agent("client", nodes);
        agent.sync();
        assertThat(net.inside("client").run("ip", "route").out()).isEqualTo(before);
    }
}
