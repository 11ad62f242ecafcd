package io.jubernetes.controllermanager.endpointslicemirroring;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Endpoints;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.jubernetes.controllermanager.testing.Written;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MirrorPlanTest {
    private static Endpoints endpoints(String subsets) {
        return Written.as(Endpoints.class, """
                apiVersion: v1
                kind: Endpoints
                metadata: {namespace: ns, name: ext, uid: e, labels: {a: b}, annotations: {kubectl.kubernetes.io/last-applied-configuration: x, keep: y}}
                subsets: [%s]
                """.formatted(subsets));
    }

    private static final String TWO_FAMILIES =
            "{addresses: [{ip: 10.0.0.1, hostname: h}, {ip: 'fd00::1'}], notReadyAddresses: [{ip: 10.0.0.2}],"
                    + " ports: [{port: 80, name: http}]}";

    @Test
    void eachFamilyHasASlice() {
        MirrorPlan plan = MirrorPlan.of(endpoints(TWO_FAMILIES), List.of(), 1000);
        assertThat(plan.create()).extracting(EndpointSlice::getAddressType).containsExactly("IPv4", "IPv6");
        EndpointSlice slice = plan.create().getFirst();
        assertThat(slice.getMetadata().getGenerateName()).isEqualTo("ext-");
        assertThat(slice.getMetadata().getLabels())
                .containsEntry("a", "b")
                .containsEntry("kubernetes.io/service-name", "ext")
                .containsEntry("endpointslice.kubernetes.io/managed-by", "endpointslicemirroring-controller.k8s.io");
        assertThat(slice.getMetadata().getAnnotations()).containsOnlyKeys("keep");
        assertThat(slice.getEndpoints()).hasSize(2);
        assertThat(slice.getEndpoints().get(0).getHostname()).isEqualTo("h");
        assertThat(slice.getEndpoints().get(1).getConditions().getReady()).isFalse();
    }

    @Test
    void whatIsRightIsLeftAlone() {
        Endpoints endpoints = endpoints(TWO_FAMILIES);
        List<EndpointSlice> there = MirrorPlan.of(endpoints, List.of(), 1000).create();
        MirrorPlan again = MirrorPlan.of(endpoints, there, 1000);
        assertThat(again.create()).isEmpty();
        assertThat(again.update()).isEmpty();
        assertThat(again.delete()).isEmpty();
        MirrorPlan emptied = MirrorPlan.of(endpoints(""), there, 1000);
        assertThat(emptied.delete()).hasSize(2);
    }

    @Test
    void changesGoIntoTheSliceThatIsThere() {
        List<EndpointSlice> there =
                MirrorPlan.of(endpoints(TWO_FAMILIES), List.of(), 1000).create();
        MirrorPlan plan =
                MirrorPlan.of(endpoints("{addresses: [{ip: 10.0.0.9}], ports: [{port: 80, name: http}]}"), there, 1000);
        assertThat(plan.update())
                .singleElement()
                .satisfies(slice -> assertThat(slice.getEndpoints().getFirst().getAddresses())
                        .containsExactly("10.0.0.9"));
        assertThat(plan.delete()).extracting(EndpointSlice::getAddressType).containsExactly("IPv6");
    }

    @Test
    void noMoreThanTheLimitIsMirrored() {
        MirrorPlan plan = MirrorPlan.of(endpoints(TWO_FAMILIES), List.of(), 2);
        assertThat(plan.skipped()).isEqualTo(1);
        assertThat(plan.create()).hasSize(2);
    }

    @ParameterizedTest(name = "{0}, {1}: {2}")
    @CsvSource(
            delimiter = '|',
            value = {
                "metadata: {} | spec: {} | true",
                "metadata: {} | spec: {selector: {a: b}} | false",
                "metadata: {labels: {endpointslice.kubernetes.io/skip-mirror: 'true'}} | spec: {} | false",
                "metadata: {annotations: {control-plane.alpha.kubernetes.io/leader: x}} | spec: {} | false",
            })
    void endpointsWrittenByHandAreMirrored(String endpoints, String service, boolean mirrored) {
        assertThat(MirroringController.isMirrored(
                        Written.as(Endpoints.class, "{" + endpoints + "}"),
                        Written.as(Service.class, "{" + service + "}")))
                .isEqualTo(mirrored);
    }
}
