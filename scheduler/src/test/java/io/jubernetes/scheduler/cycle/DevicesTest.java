package io.jubernetes.scheduler.cycle;

import static io.jubernetes.scheduler.TestObjects.read;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.ConditionBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.resource.v1.DeviceClass;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceClaim;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceClaimBuilder;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceSlice;
import io.jubernetes.scheduler.ClaimApi;
import io.jubernetes.scheduler.TestObjects;
import io.jubernetes.scheduler.config.SchedulerConfiguration;
import io.jubernetes.scheduler.framework.ClusterEvent.Resource;
import java.io.IOException;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Pods that ask for devices, on the nodes a and b, each with one device of the class `gpu`, the one of b being better.
class DevicesTest {
    private static final String SLICE = """
            metadata: {name: %1$s}
            spec:
              driver: gpu.example.com
              nodeName: %1$s
              pool: {name: %1$s, generation: 1, resourceSliceCount: 1}
              devices: [{name: gpu-0, attributes: {fast: {bool: %2$s}}}]
            """;
    private static final String CLAIM = """
            metadata: {name: %s, namespace: default, uid: uid-%s, resourceVersion: "1"}
            spec: {devices: {requests: [{name: r, exactly: {deviceClassName: gpu}}]}}
            """;

    private ClaimApi api;
    private World world;

    @BeforeEach
    void start() throws IOException {
        api = new ClaimApi();
        world = new World(1, SchedulerConfiguration.defaults(), List.of(), api.url());
        world.with(TestObjects.plainNode("a"), TestObjects.plainNode("b"));
        world.cluster.put(
                read(
                        "{metadata: {name: gpu}, spec: {config: [{opaque: {driver: gpu.example.com}}]}}",
                        DeviceClass.class),
                read(SLICE.formatted("a", false), ResourceSlice.class),
                read(SLICE.formatted("b", true), ResourceSlice.class));
    }

    @AfterEach
    void stop() {
        world.close();
        api.close();
    }

    private static ResourceClaim claim(String name) {
        return read(CLAIM.formatted(name, name), ResourceClaim.class);
    }

    /// The claim on node a's device.
    private static ResourceClaim allocated(String name, String consumers) {
        ResourceClaim status = read("""
                status:
                  reservedFor: [%s]
                  allocation:
                    nodeSelector: {nodeSelectorTerms: [{matchFields: [{key: metadata.name, operator: In, values: [a]}]}]}
                    devices: {results: [{request: r, driver: gpu.example.com, pool: a, device: gpu-0}]}
                """.formatted(consumers), ResourceClaim.class);
        return new ResourceClaimBuilder(claim(name))
                .withStatus(status.getStatus())
                .build();
    }

    private static Pod user(String name, String claim) {
        return TestObjects.pod(name, "1", "1Gi")
                .editSpec()
                .addNewResourceClaim()
                .withName("device")
                .withResourceClaimName(claim)
                .endResourceClaim()
                .endSpec()
                .build();
    }

    private ResourceClaim give(ResourceClaim claim) {
        ResourceClaim stored = api.put(claim);
        world.cluster.put(stored);
        return stored;
    }

    record Case(String name, List<ResourceClaim> claims, String expected) {
        @Override
        public String toString() {
            return name;
        }
    }

    private static String none(String reason, String afterwards) {
        return "0/2 nodes are available: " + reason + ". " + afterwards
                + ", preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling.";
    }

    private static ResourceClaim changed(String yaml) {
        return read(CLAIM.formatted("c", "c").replace("name: c,", "name: c, " + yaml), ResourceClaim.class);
    }

    static Stream<Case> cases() {
        return Stream.of(
                new Case(
                        "a claim that is not there",
                        List.of(),
                        none("resourceclaim \"c\" not found", "no new claims to deallocate")),
                new Case(
                        "a claim that is going",
                        List.of(changed("deletionTimestamp: '2026-01-01T00:00:00Z',")),
                        none("resourceclaim \"c\" is being deleted", "no new claims to deallocate")),
                new Case("a claim with a device elsewhere", List.of(allocated("c", "")), "-> a"),
                new Case(
                        "a claim of a class that is not there",
                        List.of(read(CLAIM.formatted("c", "c").replace("gpu", "fpga"), ResourceClaim.class)),
                        none("request r: device class fpga does not exist", "no new claims to deallocate")),
                new Case("the device that is left", List.of(claim("c"), allocated("other", "")), "-> b"),
                new Case(
                        "more devices than a node has",
                        List.of(read(CLAIM.formatted("c", "c").replace("gpu}", "gpu, count: 2}"), ResourceClaim.class)),
                        none("2 cannot allocate all claims", "still not schedulable")),
                new Case(
                        "a shared claim with room",
                        List.of(allocated("c", "{resource: pods, name: other, uid: other}")),
                        "-> a"),
                new Case(
                        "a shared claim without",
                        List.of(allocated(
                                "c",
                                String.join(
                                        ", ",
                                        Stream.iterate(0, i -> i + 1)
                                                .limit(256)
                                                .map(i -> "{resource: pods, name: o, uid: u" + i + "}")
                                                .toList()))),
                        none("resourceclaim in use", "no new claims to deallocate")),
                new Case("the better alternative", List.of(read("""
                                        metadata: {name: c, namespace: default, uid: uid-c}
                                        spec:
                                          devices:
                                            requests:
                                            - name: r
                                              firstAvailable:
                                              - name: fast
                                                deviceClassName: gpu
                                                selectors: [{cel: {expression: "device.attributes['gpu.example.com'].fast"}}]
                                              - {name: any, deviceClassName: gpu}
                                        """, ResourceClaim.class)), "-> b"));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void decides(Case c) {
        c.claims().forEach(world.cluster::put);
        assertThat(world.explain(user("p", "c"))).isEqualTo(c.expected());
    }

    @Test
    void writesTheAllocationBeforeThePodIsBound() throws InterruptedException {
        give(claim("c"));
        give(allocated("other", ""));
        world.preBind(world.reserve(user("p", "c")));

        ResourceClaim written = api.claim("c");
        assertThat(written.getMetadata().getFinalizers()).contains("resource.kubernetes.io/delete-protection");
        var allocation = written.getStatus().getAllocation();
        assertThat(allocation.getDevices().getResults()).singleElement().satisfies(result -> {
            assertThat(result.getRequest()).isEqualTo("r");
            assertThat(result.getDriver() + "/" + result.getPool() + "/" + result.getDevice())
                    .isEqualTo("gpu.example.com/b/gpu-0");
        });
        assertThat(allocation.getDevices().getConfig()).singleElement().satisfies(config -> {
            assertThat(config.getSource()).isEqualTo("FromClass");
            assertThat(config.getRequests()).isEmpty();
        });
        assertThat(allocation
                        .getNodeSelector()
                        .getNodeSelectorTerms()
                        .getFirst()
                        .getMatchFields()
                        .getFirst()
                        .getValues())
                .containsExactly("b");
        assertThat(written.getStatus().getReservedFor()).singleElement().satisfies(consumer -> {
            assertThat(consumer.getResource()).isEqualTo("pods");
            assertThat(consumer.getName()).isEqualTo("p");
            assertThat(consumer.getUid()).isEqualTo("uid-p");
        });
    }

    @Test
    void countsWhatIsDecidedAndWhatIsWrittenThoughTheWatchShowsNeither() throws InterruptedException {
        give(claim("c"));
        give(claim("d"));
        give(claim("e"));
        var first = world.reserve(user("p", "c"));
        assertThat(world.explain(user("q", "c")))
                .contains("resource claim default/c is in the process of being allocated");
        var second = world.reserve(user("q", "d"));
        assertThat(List.of(first.node(), second.node())).containsExactlyInAnyOrder("a", "b");
        assertThat(world.explain(user("r", "e"))).contains("2 cannot allocate all claims");
        world.preBind(first);
        world.preBind(second);
        assertThat(world.explain(user("r", "e"))).contains("2 cannot allocate all claims");
        assertThat(world.explain(user("s", "c"))).isEqualTo("-> " + first.node());
    }

    @Test
    void whatIsNotBoundIsGivenBack() throws InterruptedException {
        give(claim("c"));
        give(allocated("other", ""));
        var decided = world.reserve(user("p", "c"));
        world.preBind(decided);
        world.unreserve(decided);
        world.runCalls();
        assertThat(api.claim("c").getStatus().getReservedFor()).isEmpty();
        // The allocation stays, for the pod is tried again.
        assertThat(api.claim("c").getStatus().getAllocation()).isNotNull();

        give(claim("d"));
        world.cluster.put(api.put(claim("other")));
        var undone = world.reserve(user("q", "d"));
        world.unreserve(undone);
        assertThat(world.explain(user("q", "d"))).startsWith("-> ");
    }

    @Test
    void triesAgainWhenSomebodyElseWroteTheClaim() throws InterruptedException {
        give(claim("c"));
        var decided = world.reserve(user("p", "c"));
        api.put(new ResourceClaimBuilder(claim("c"))
                .editMetadata()
                .addToLabels("changed", "meanwhile")
                .endMetadata()
                .build());
        world.preBind(decided);
        assertThat(api.claim("c").getStatus().getAllocation()).isNotNull();
        assertThat(api.claim("c").getMetadata().getLabels()).containsEntry("changed", "meanwhile");
    }

    @Test
    void doesNotOverwriteTheAllocationOfASecondScheduler() {
        give(claim("c"));
        var decided = world.reserve(user("p", "c"));
        api.put(allocated("c", ""));
        assertThatThrownBy(() -> world.preBind(decided))
                .hasMessage("claim default/c got allocated elsewhere in the meantime");
    }

    @Test
    void takesBackTheDevicesOfAnUnusedClaimThatKeepThePodFromAllNodes() {
        give(allocated("c", ""));
        world.with(TestObjects.node("a", "4", "8Gi")
                .editSpec()
                .withUnschedulable(true)
                .endSpec()
                .build());
        assertThat(world.explain(user("p", "c")))
                .isEqualTo(none(
                        "1 node(s) were unschedulable, 1 resourceclaim not available on the node",
                        "deallocation of ResourceClaim completed"));
        world.runCalls();
        assertThat(api.claim("c").getStatus().getAllocation()).isNull();
        // The watch has not shown it yet.
        assertThat(world.explain(user("p", "c"))).isEqualTo("-> b");
    }

    @Test
    void devicesThatComeFreeWakeThePodsThatWaitForThem() {
        ResourceClaim held = give(allocated("held", "{resource: pods, name: o, uid: o}"));
        world.cluster.put(read(
                "{metadata: {name: b}, spec: {driver: gpu.example.com, nodeName: b, pool: {name: b}}}",
                ResourceSlice.class));
        Pod pod = fromTemplate();
        try (SchedulingLoop loop = world.loop()) {
            loop.open();
            loop.onPod(null, pod);
            work(loop);
            ResourceClaim made = give(madeFor(pod));
            loop.onChange(Resource.RESOURCE_CLAIM, null, made);
            loop.onPod(pod, named(pod));
            work(loop);
            assertThat(api.claim("c").getStatus()).isNull();

            ResourceClaim free =
                    api.put(new ResourceClaimBuilder(held).withStatus(null).build());
            world.cluster.put(free);
            loop.onChange(Resource.RESOURCE_CLAIM, held, free);
            work(loop);
            await().until(() -> api.claim("c").getStatus() != null);
        }
    }

    private static void work(SchedulingLoop loop) {
        boolean worked = true;
        while (worked) {
            worked = loop.step();
        }
    }

    private static Pod fromTemplate() {
        return TestObjects.pod("p", "1", "1Gi")
                .editSpec()
                .addNewResourceClaim()
                .withName("device")
                .withResourceClaimTemplateName("template")
                .endResourceClaim()
                .endSpec()
                .build();
    }

    private static Pod named(Pod pod) {
        return pod.edit()
                .withNewStatus()
                .addNewResourceClaimStatus("device", "c")
                .endStatus()
                .build();
    }

    private static ResourceClaim madeFor(Pod pod) {
        return new ResourceClaimBuilder(claim("c"))
                .editMetadata()
                .addNewOwnerReference()
                .withController(true)
                .withUid(pod.getMetadata().getUid())
                .endOwnerReference()
                .endMetadata()
                .build();
    }

    @Test
    void waitsUntilTheControllerHasMadeTheClaim() {
        Pod pod = fromTemplate();
        assertThat(world.heldBackBy(pod)).isEqualTo("DynamicResources");
        Pod named = named(pod);
        assertThat(world.heldBackBy(named)).isEqualTo("DynamicResources");
        world.cluster.put(claim("c"));
        assertThat(world.explain(named))
                .contains("ResourceClaim default/c was not created for pod default/p (pod is not owner)");
        world.cluster.put(madeFor(pod));
        assertThat(world.heldBackBy(named)).isNull();
        assertThat(world.explain(named)).startsWith("-> ");
    }

    @Test
    void givesTheDevicesBackWhenTheyDoNotBecomeReady() {
        world.cluster.put(
                read(
                        SLICE.formatted("a", false)
                                .replace(
                                        "{name: gpu-0,",
                                        "{name: gpu-0, bindingConditions: [attached],"
                                                + " bindingFailureConditions: [broken],"),
                        ResourceSlice.class),
                read(
                        "{metadata: {name: b}, spec: {driver: gpu.example.com, nodeName: b, pool: {name: b}}}",
                        ResourceSlice.class));
        give(claim("c"));
        var decided = world.reserve(user("p", "c"));
        // The driver is quick: its word is there when the claim is read after the allocation.
        api.onAllocation(
                "c",
                claim -> new ResourceClaimBuilder(claim)
                        .editStatus()
                        .addNewDevice()
                        .withDriver("gpu.example.com")
                        .withPool("a")
                        .withDevice("gpu-0")
                        .addToConditions(new ConditionBuilder()
                                .withType("broken")
                                .withStatus("True")
                                .build())
                        .endDevice()
                        .endStatus()
                        .build());
        assertThatThrownBy(() -> world.preBind(decided)).hasMessageContaining("has condition broken");
        assertThat(api.claim("c").getStatus().getAllocation()).isNull();
    }
}
