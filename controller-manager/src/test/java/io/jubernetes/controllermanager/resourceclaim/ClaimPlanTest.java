package io.jubernetes.controllermanager.resourceclaim;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceClaim;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceSlice;
import io.jubernetes.controllermanager.testing.Written;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ClaimPlanTest {
    private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");
    private static final String GENERATED =
            "annotations: {resource.kubernetes.io/pod-claim-name: gpu}, ownerReferences: [{apiVersion: v1, kind: Pod,"
                    + " name: p, uid: p, controller: true}]";

    @ParameterizedTest(name = "generated {0}, reserved for {1}, owner {2}: {3}")
    @CsvSource(
            delimiter = '|',
            value = {
                "false | here | none | reserved 1",
                "false | gone | none | reserved 0, deallocate",
                "false | here, gone | none | reserved 1",
                "false | '' | none | reserved 0",
                "true | here | Running | reserved 1",
                "true | gone | Succeeded | reserved 0, deallocate, delete",
                "true | gone | none | reserved 0, deallocate, delete",
                "true | '' | Pending | reserved 0",
                "true | '' | none | reserved 0, deallocate, delete",
            })
    void claimsAreGivenBackWhenNobodyUsesThem(boolean generated, String reserved, String owner, String wanted) {
        var references = new StringBuilder();
        for (String name : reserved.isEmpty() ? new String[0] : reserved.split(", ", -1)) {
            references.append("{resource: pods, name: ").append(name).append(", uid: x}, ");
        }
        var claim = Written.as(
                ResourceClaim.class,
                "{metadata: {name: c, %s}, status: {allocation: {}, reservedFor: [%s]}}"
                        .formatted(generated ? GENERATED : "", references));
        Optional<Pod> pod = owner.equals("none")
                ? Optional.empty()
                : Optional.of(Written.as(Pod.class, "{metadata: {name: p}, status: {phase: " + owner + "}}"));
        ClaimPlan plan = ClaimPlan.of(claim, each -> each.getName().equals("gone"), pod);
        assertThat("reserved " + plan.reservedFor().size() + (plan.deallocate() ? ", deallocate" : "")
                        + (plan.delete() ? ", delete" : ""))
                .isEqualTo(wanted);
    }

    @ParameterizedTest(name = "{0} tolerated by {1}: {2}")
    @CsvSource(
            delimiter = '|',
            nullValues = "stays",
            value = {
                "effect: NoExecute | '' | 2025-12-31T00:00:00Z",
                "effect: NoSchedule | '' | stays",
                "effect: NoExecute | {operator: Exists} | stays",
                "effect: NoExecute | {operator: Exists, key: other} | 2025-12-31T00:00:00Z",
                "effect: NoExecute | {key: k, operator: Equal, value: v, tolerationSeconds: 60} | 2025-12-31T00:01:00Z",
                "effect: NoExecute | {key: k, value: w} | 2025-12-31T00:00:00Z",
            })
    void taintsOfDevicesDriveTheirUsersAway(String taint, String toleration, String time) {
        var claim = Written.as(
                ResourceClaim.class,
                "{status: {allocation: {devices: {results: [{driver: d, pool: p, device: x, tolerations: [" + toleration
                        + "]}]}}}}");
        List<ResourceSlice> slices = Written.all(
                ResourceSlice.class,
                "{spec: {driver: d, pool: {name: p, generation: 2}, devices: [{name: x, taints: [{key: k, value: v, "
                        + taint + ", timeAdded: '2025-12-31T00:00:00Z'}]}]}}",
                "{spec: {driver: d, pool: {name: p, generation: 1}, devices: [{name: x}]}}");
        assertThat(DeviceTaints.evictionTime(claim, slices, NOW))
                .isEqualTo(Optional.ofNullable(time).map(Instant::parse));
    }
}
