package io.jubernetes.systemtests.operations;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.jubernetes.systemtests.Background;
import io.jubernetes.systemtests.LocalCluster;
import io.jubernetes.systemtests.Machine;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Several of everything, and one of them dies. Each test leaves all of them running.
class HighAvailabilityTest {
    private static final Logger LOG = LoggerFactory.getLogger(HighAvailabilityTest.class);

    @TempDir
    static Path folder;

    private static ControlPlane plane;
    private static KubernetesClient first;
    private static KubernetesClient second;

    @BeforeAll
    static void start() throws IOException {
        plane = ControlPlane.start(folder);
        first = plane.client("server-0");
        second = plane.client("server-1");
    }

    @AfterAll
    static void stop() {
        if (plane != null) {
            first.close();
            second.close();
            plane.close();
        }
    }

    private static List<String> endpoints() {
        return first
                .discovery()
                .v1()
                .endpointSlices()
                .inNamespace("default")
                .withName("kubernetes")
                .get()
                .getEndpoints()
                .stream()
                .flatMap(each -> each.getAddresses().stream())
                .toList();
    }

    private static void awaitEndpoints(String... expected) {
        LocalCluster.await("endpoints of the kubernetes Service")
                .until(() -> endpoints().equals(List.of(expected)));
    }

    private static ConfigMap map(String name) {
        return new ConfigMapBuilder()
                .withNewMetadata()
                .withName(name)
                .withNamespace("default")
                .endMetadata()
                .build();
    }

    @Test
    void whatOneServerWritesTheOtherShowsAtOnce() throws InterruptedException {
        var seen = new CountDownLatch(50);
        try (var _ = second.configMaps()
                .inNamespace("default")
                .withLabel("from", "first")
                .inform(new AddsCounted(seen))) {
            for (int i = 0; i < 50; i++) {
                ConfigMap map = map("shared-" + i);
                map.getMetadata().setLabels(Map.of("from", "first"));
                first.resource(map).create();
                assertThat(second.resource(map).get())
                        .as("a read without a version is of the latest state")
                        .isNotNull();
            }
            assertThat(seen.await(20, TimeUnit.SECONDS))
                    .as("the other's watch has all")
                    .isTrue();
        }
    }

    @Test
    void aServerIsKilledUnderLoadAndLeavesTheEndpoints() throws IOException, InterruptedException {
        awaitEndpoints(ControlPlane.advertised(0), ControlPlane.advertised(1));
        try (var load = SteadyLoad.start(plane.client("proxy"))) {
            plane.server(1).signal("KILL");
            long killed = System.nanoTime();
            load.awaitMore(50);
            awaitEndpoints(ControlPlane.advertised(0));
            LOG.info(
                    "API server killed: longest gap between writes {} ms, gone from the endpoints after {} ms",
                    load.longestGap().toMillis(),
                    millisSince(killed));
            plane.startServer(1);
            plane.awaitServer(1);
            awaitEndpoints(ControlPlane.advertised(0), ControlPlane.advertised(1));
            load.awaitMore(20);
            load.verify(second);
            assertThat(load.longestGap()).isLessThan(Duration.ofSeconds(10));
        }
    }

    @Test
    void aServerThatIsToldToStopIsMissedByNobody() throws IOException, InterruptedException {
        try (var load = SteadyLoad.start(plane.client("proxy"))) {
            plane.server(1).signal("TERM");
            LocalCluster.await("the server to announce its end")
                    .ignoreExceptions()
                    .until(() -> Machine.run(
                                    Duration.ofSeconds(10),
                                    Map.of(),
                                    "kubectl",
                                    "--kubeconfig",
                                    plane.kubeconfig("server-1").toString(),
                                    "get",
                                    "--raw",
                                    "/readyz")
                            .output()
                            .contains("shutdown"));
            assertThat(second.resource(map("written-while-stopping")).create()).isNotNull();
            awaitEndpoints(ControlPlane.advertised(0));
            assertThat(plane.server(1).awaitExit(Duration.ofSeconds(40)))
                    .as("by the signal, in order")
                    .isEqualTo(143);
            load.awaitMore(30);
            LOG.info(
                    "API server stopped: longest gap between writes {} ms",
                    load.longestGap().toMillis());
            plane.startServer(1);
            plane.awaitServer(1);
            load.verify(first);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void anEtcdMemberIsKilledUnderLoad(boolean leader) throws IOException, InterruptedException {
        int member = leader ? plane.leader() : (plane.leader() + 1) % 3;
        try (var load = SteadyLoad.start(plane.client("proxy"))) {
            plane.member(member).signal("KILL");
            load.awaitMore(50);
            LOG.info(
                    "etcd {} killed: longest gap between writes {} ms",
                    leader ? "leader" : "follower",
                    load.longestGap().toMillis());
            plane.startMember(member);
            load.awaitMore(20);
            load.verify(second);
            assertThat(load.longestGap()).isLessThan(Duration.ofSeconds(15));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"scheduler", "controller-manager"})
    void oneLeadsAndAnotherTakesOver(String component) throws IOException, InterruptedException {
        Duration lease = Duration.ofSeconds(6);
        Duration margin = Duration.ofSeconds(4);
        try (var a = replica(component, lease)) {
            String holderA = awaitHolder(component, "");
            try (var b = replica(component, lease)) {
                b.await("campaigns for the lease");
                a.signal("STOP");
                long stopped = System.nanoTime();
                String holderB = awaitHolder(component, holderA);
                LOG.info("{} paused: another leads after {} ms", component, millisSince(stopped));
                assertThat(millisSince(stopped)).isLessThan(lease.plus(margin).toMillis());
                a.signal("CONT");
                a.await("leadership lost");
                assertThat(holder(component)).as("who wakes up changes nothing").isEqualTo(holderB);

                b.signal("KILL");
                long killed = System.nanoTime();
                assertThat(awaitHolder(component, holderB)).isEqualTo(holderA);
                LOG.info("{} killed: another leads after {} ms", component, millisSince(killed));
                assertThat(millisSince(killed)).isLessThan(lease.plus(margin).toMillis());
            }
            try (var c = replica(component, lease)) {
                c.await("campaigns for the lease");
                a.signal("TERM");
                long asked = System.nanoTime();
                awaitHolder(component, holderA);
                LOG.info("{} stopped: another leads after {} ms", component, millisSince(asked));
                assertThat(millisSince(asked)).as("the lease is given back").isLessThan(lease.toMillis());
            }
        }
    }

    private static Background replica(String component, Duration lease) throws IOException {
        return Background.start(
                Map.of(),
                Machine.home().resolve("jube").toString(),
                "run",
                component,
                "--kubeconfig=" + plane.kubeconfig("proxy"),
                "--secure-port=0",
                "--leader-elect-lease-duration=" + lease.toSeconds() + "s",
                "--leader-elect-renew-deadline=4s",
                "--leader-elect-retry-period=1s");
    }

    private static String holder(String component) {
        String name = component.equals("scheduler") ? "kube-scheduler" : "kube-controller-manager";
        var lease = first.leases().inNamespace("kube-system").withName(name).get();
        return lease == null || lease.getSpec().getHolderIdentity() == null
                ? ""
                : lease.getSpec().getHolderIdentity();
    }

    /// Waits until another than the one given holds the lease.
    private static String awaitHolder(String component, String before) {
        return LocalCluster.await("a new leader")
                .until(() -> holder(component), holder -> !holder.isEmpty() && !holder.equals(before));
    }

    private static long millisSince(long nanos) {
        return Duration.ofNanos(System.nanoTime() - nanos).toMillis();
    }
}
