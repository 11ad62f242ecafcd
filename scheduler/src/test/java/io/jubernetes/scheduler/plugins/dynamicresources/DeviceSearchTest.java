package io.jubernetes.scheduler.plugins.dynamicresources;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.api.model.resource.v1.DeviceClass;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceClaim;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceSlice;
import io.jubernetes.scheduler.FakeCluster;
import io.jubernetes.scheduler.TestObjects;
import io.jubernetes.scheduler.framework.Resources;
import io.jubernetes.scheduler.plugins.dynamicresources.DeviceSearch.Choice;
import io.jubernetes.scheduler.plugins.dynamicresources.DeviceSearch.Outcome;
import io.jubernetes.scheduler.snapshot.NodeTable;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Which devices of the node `a` a claim gets. The driver `gpu.example.com` has the pool `a` there: `gpu-0` and `gpu-1`
/// are of model a100, on NUMA nodes 0 and 1; `gpu-2` is an h100 on NUMA node 1; `gpu-3` is tainted.
class DeviceSearchTest {
    private static final String GPUS = """
            metadata: {name: a}
            spec:
              driver: gpu.example.com
              nodeName: a
              pool: {name: a, generation: 1, resourceSliceCount: 1}
              devices:
              - {name: gpu-0, attributes: {model: {string: a100}, numa: {int: 0}}, capacity: {memory: {value: 40Gi}}}
              - {name: gpu-1, attributes: {model: {string: a100}, numa: {int: 1}}, capacity: {memory: {value: 40Gi}}}
              - {name: gpu-2, attributes: {model: {string: h100}, numa: {int: 1}}, capacity: {memory: {value: 80Gi}}}
              - name: gpu-3
                attributes: {model: {string: broken}}
                taints: [{key: unhealthy, value: "yes", effect: NoSchedule}]
            """;

    /// Two halves of one card, and the whole card.
    private static final String PARTITIONS = """
            metadata: {name: a}
            spec:
              driver: gpu.example.com
              nodeName: a
              pool: {name: a, generation: 1, resourceSliceCount: 1}
              sharedCounters: [{name: card, counters: {memory: {value: 80Gi}}}]
              devices:
              - {name: whole, consumesCounters: [{counterSet: card, counters: {memory: {value: 80Gi}}}]}
              - {name: half-0, consumesCounters: [{counterSet: card, counters: {memory: {value: 40Gi}}}]}
              - {name: half-1, consumesCounters: [{counterSet: card, counters: {memory: {value: 40Gi}}}]}
            """;

    /// A network card whose bandwidth is given away in steps.
    private static final String SHARED = """
            metadata: {name: a}
            spec:
              driver: gpu.example.com
              nodeName: a
              pool: {name: a, generation: 1, resourceSliceCount: 1}
              devices:
              - name: nic
                allowMultipleAllocations: true
                capacity:
                  bandwidth:
                    value: 10G
                    requestPolicy: {default: 1G, validRange: {min: 1G, step: 500M, max: 8G}}
            """;

    private static final String ALLOCATED = """
            metadata: {name: other, namespace: default, uid: other}
            status: {allocation: {devices: {results: [%s]}}}
            """;

    /// @param slice what the driver of the node offers
    /// @param taken devices of that pool that another claim has, as results of its allocation
    /// @param spec of the claim's devices
    record Case(String name, String slice, String taken, String spec, String expected) {
        Case(String name, String spec, String expected) {
            this(name, GPUS, "", spec, expected);
        }

        @Override
        public String toString() {
            return name;
        }
    }

    private static String taken(String device, String more) {
        return "{request: r, driver: gpu.example.com, pool: a, device: " + device + more + "}";
    }

    private static String exactly(String more) {
        return "{requests: [{name: r, exactly: {deviceClassName: gpu" + more + "}}]}";
    }

    private static String selecting(String expression) {
        return exactly(", selectors: [{cel: {expression: \"" + expression + "\"}}]");
    }

    static Stream<Case> cases() {
        return Stream.of(
                new Case("one device", exactly(""), "r=gpu-0"),
                new Case("two devices", exactly(", count: 2"), "r=gpu-0 r=gpu-1"),
                new Case("more than there are", exactly(", count: 4"), "cannot allocate all claims"),
                new Case(
                        "a device with an attribute",
                        selecting("device.attributes['gpu.example.com'].model == 'h100'"),
                        "r=gpu-2"),
                new Case(
                        "a device with enough of something",
                        selecting("device.capacity['gpu.example.com'].memory.compareTo(quantity('50Gi')) > 0"),
                        "r=gpu-2"),
                new Case("a device with a capacity", exactly(", capacity: {requests: {memory: 60Gi}}"), "r=gpu-2"),
                new Case(
                        "a capacity that no device has",
                        exactly(", capacity: {requests: {speed: 1}}"),
                        "cannot allocate all claims"),
                new Case("all devices", exactly(", allocationMode: All"), "r=gpu-0 r=gpu-1 r=gpu-2"),
                new Case(
                        "all of none",
                        exactly(", allocationMode: All, selectors: [{cel: {expression: 'false'}}]"),
                        "cannot allocate all claims"),
                new Case(
                        "all devices when one is taken",
                        GPUS,
                        taken("gpu-1", ""),
                        exactly(", allocationMode: All"),
                        "cannot allocate all claims"),
                new Case("past a taken device", GPUS, taken("gpu-0", ""), exactly(""), "r=gpu-1"),
                new Case(
                        "access for administration in spite of others",
                        GPUS,
                        taken("gpu-0", ""),
                        exactly(", adminAccess: true"),
                        "r=gpu-0"),
                new Case(
                        "a device that somebody administers",
                        GPUS,
                        taken("gpu-0", ", adminAccess: true"),
                        exactly(""),
                        "r=gpu-0"),
                new Case(
                        "a tainted device with a toleration",
                        exactly(", count: 4, tolerations: [{key: unhealthy, operator: Exists}]"),
                        "r=gpu-0 r=gpu-1 r=gpu-2 r=gpu-3"),
                new Case("the first alternative that can be had", """
                        {requests: [{name: r, firstAvailable: [
                          {name: many, deviceClassName: gpu, count: 9},
                          {name: two, deviceClassName: gpu, count: 2},
                          {name: one, deviceClassName: gpu}]}]}
                        """, "r/two=gpu-0 r/two=gpu-1"),
                new Case(
                        "an alternative that leaves enough for the next request",
                        """
                        {requests: [
                          {name: r, firstAvailable: [
                            {name: three, deviceClassName: gpu, count: 3},
                            {name: two, deviceClassName: gpu, count: 2}]},
                          {name: s, exactly: {deviceClassName: gpu}}]}
                        """,
                        "r/two=gpu-0 r/two=gpu-1 s=gpu-2"),
                new Case(
                        "devices that are alike",
                        "{requests: [{name: r, exactly: {deviceClassName: gpu, count: 2}}],"
                                + " constraints: [{matchAttribute: gpu.example.com/numa}]}",
                        "r=gpu-1 r=gpu-2"),
                new Case(
                        "devices that cannot be alike",
                        "{requests: [{name: r, exactly: {deviceClassName: gpu, count: 3}}],"
                                + " constraints: [{matchAttribute: gpu.example.com/model}]}",
                        "cannot allocate all claims"),
                new Case("a constraint for one of two requests", """
                        {requests: [{name: r, exactly: {deviceClassName: gpu}},
                                    {name: s, exactly: {deviceClassName: gpu, count: 2}}],
                         constraints: [{matchAttribute: gpu.example.com/numa, requests: [s]}]}
                        """, "r=gpu-0 s=gpu-1 s=gpu-2"),
                new Case(
                        "devices that differ",
                        "{requests: [{name: r, exactly: {deviceClassName: gpu, count: 2}}],"
                                + " constraints: [{distinctAttribute: gpu.example.com/model}]}",
                        "r=gpu-0 r=gpu-2"),
                new Case("a part of a card", PARTITIONS, taken("half-0", ""), exactly(""), "r=half-1"),
                new Case("parts that fit together", PARTITIONS, "", exactly(", count: 2"), "r=half-0 r=half-1"),
                new Case(
                        "nothing of a card that is taken as a whole",
                        PARTITIONS,
                        taken("whole", ""),
                        exactly(""),
                        "cannot allocate all claims"),
                new Case("a share by default", SHARED, "", exactly(""), "r=nic{bandwidth=1G}"),
                new Case(
                        "a share in steps",
                        SHARED,
                        "",
                        exactly(", capacity: {requests: {bandwidth: 1200M}}"),
                        "r=nic{bandwidth=1500M}"),
                new Case(
                        "more than one may have",
                        SHARED,
                        "",
                        exactly(", capacity: {requests: {bandwidth: 9G}}"),
                        "cannot allocate all claims"),
                new Case(
                        "what others leave",
                        SHARED,
                        taken("nic", ", shareID: x, consumedCapacity: {bandwidth: 8G}"),
                        exactly(", capacity: {requests: {bandwidth: 2G}}"),
                        "r=nic{bandwidth=2G}"),
                new Case(
                        "more than others leave",
                        SHARED,
                        taken("nic", ", shareID: x, consumedCapacity: {bandwidth: 8G}"),
                        exactly(", capacity: {requests: {bandwidth: 3G}}"),
                        "cannot allocate all claims"),
                new Case(
                        "a pool with a mistake",
                        GPUS.replace("gpu-1,", "gpu-0,"),
                        "",
                        exactly(""),
                        "invalid resource pools were encountered"));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void chooses(Case c) throws Exception {
        assertThat(search(c.slice, c.taken, c.spec)).isEqualTo(c.expected);
    }

    static Stream<Case> mistakes() {
        return Stream.of(
                new Case(
                        "a selector that fails on a device",
                        selecting("device.attributes['gpu.example.com'].size > 1"),
                        "claim default/claim: selector #0: CEL runtime error: no such key: size"),
                new Case(
                        "too many devices",
                        exactly(", count: 33"),
                        "claim default/claim: number of requested devices 33 exceeds the claim limit of 32"),
                new Case(
                        "all devices of a pool that is not complete",
                        GPUS.replace("resourceSliceCount: 1", "resourceSliceCount: 2"),
                        "",
                        exactly(", allocationMode: All"),
                        "claim default/claim, request r: asks for all devices, but resource pool gpu.example.com/a is"
                                + " currently being updated"),
                new Case(
                        "a way of counting to come",
                        exactly(", allocationMode: Most"),
                        "claim default/claim, request r: unsupported count mode Most"));
    }

    @ParameterizedTest
    @MethodSource("mistakes")
    void saysWhatIsWrongWithTheClaim(Case c) {
        assertThatThrownBy(() -> search(c.slice, c.taken, c.spec)).hasMessage(c.expected);
    }

    /// Every pair of 60 devices is tried for the second request before it is clear that there is none.
    @Test
    void givesUpWhenItTakesTooLong() throws Exception {
        var devices = new ArrayList<String>();
        for (int i = 0; i < 60; i++) {
            devices.add("{name: d" + i + ", attributes: {number: {int: " + i + "}}}");
        }
        String slice = "{metadata: {name: a}, spec: {driver: gpu.example.com, nodeName: a, pool: {name: a,"
                + " resourceSliceCount: 1}, devices: [" + String.join(", ", devices) + "]}}";
        String spec = "{requests: [{name: r, exactly: {deviceClassName: gpu, count: 20}},"
                + " {name: s, exactly: {deviceClassName: gpu, count: 2}}],"
                + " constraints: [{matchAttribute: gpu.example.com/number, requests: [s]}]}";
        var looks = new int[1];
        assertThat(search(slice, "", spec, () -> looks[0]++ > 10_000))
                .isEqualTo("timed out trying to allocate devices");
    }

    private static String search(String slice, String taken, String spec) throws Exception {
        return search(slice, taken, spec, () -> false);
    }

    private static String search(
            String slice, String taken, String spec, java.util.function.BooleanSupplier isOutOfTime) throws Exception {
        var cluster = new FakeCluster();
        cluster.put(TestObjects.read("{metadata: {name: gpu}, spec: {}}", DeviceClass.class));
        ResourceClaim claim = TestObjects.read(
                "{metadata: {name: claim, namespace: default, uid: claim}, spec: {devices: " + spec + "}}",
                ResourceClaim.class);
        var allocated = new AllocatedDevices();
        allocated.add(TestObjects.read(ALLOCATED.formatted(taken), ResourceClaim.class));
        var nodes = new NodeTable(new Resources());
        nodes.putNode(TestObjects.plainNode("a"));
        DevicePools pools = DevicePools.of(List.of(TestObjects.read(slice, ResourceSlice.class)));
        var search = new DeviceSearch(
                List.of(Demand.of(claim, cluster.lister(DeviceClass.class))),
                pools.on(Objects.requireNonNull(nodes.find("a"))),
                allocated,
                new DeviceSelectors(),
                isOutOfTime);
        return switch (search.run()) {
            case Outcome.Found(var byClaim) ->
                String.join(
                        " ",
                        byClaim.getFirst().stream().map(DeviceSearchTest::text).toList());
            case Outcome.NotFound(var why) -> why;
        };
    }

    private static String text(Choice choice) {
        return choice.wanted().name() + "=" + choice.device().id().device()
                + (choice.taken().isEmpty() ? "" : choice.taken());
    }
}
