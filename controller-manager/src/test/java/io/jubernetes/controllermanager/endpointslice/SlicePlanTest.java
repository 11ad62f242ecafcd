package io.jubernetes.controllermanager.endpointslice;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.IntOrString;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceBuilder;
import io.fabric8.kubernetes.api.model.discovery.v1.Endpoint;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SlicePlanTest {
    private static final int MAX = 10;
    private final List<EndpointSlice> slices = new ArrayList<>();
    private int made;

    private static Service service(String... families) {
        return new ServiceBuilder()
                .withNewMetadata()
                .withNamespace("ns")
                .withName("web")
                .withUid("svc")
                .addToLabels("team", "a")
                .endMetadata()
                .withNewSpec()
                .withClusterIP("10.0.0.1")
                .withIpFamilies(families)
                .addToSelector("app", "web")
                .addNewPort()
                .withName("http")
                .withPort(80)
                .withTargetPort(new IntOrString("web"))
                .endPort()
                .endSpec()
                .build();
    }

    private static Pod pod(int number, boolean ready, int port) {
        return new PodBuilder()
                .withNewMetadata()
                .withNamespace("ns")
                .withName("p" + number)
                .withUid("p" + number)
                .endMetadata()
                .withNewSpec()
                .withNodeName("n")
                .addNewContainer()
                .addNewPort()
                .withName("web")
                .withContainerPort(port)
                .endPort()
                .endContainer()
                .endSpec()
                .withNewStatus()
                .withPhase("Running")
                .addNewPodIP("10.1.0." + number)
                .addNewPodIP("fd00::" + Integer.toHexString(number))
                .addNewCondition()
                .withType("Ready")
                .withStatus(ready ? "True" : "False")
                .endCondition()
                .endStatus()
                .build();
    }

    private SlicePlan apply(Service service, List<Pod> pods) {
        SlicePlan plan = SlicePlan.of(service, ServiceEndpoints.of(service, pods, _ -> Optional.empty()), slices, MAX);
        plan.create()
                .forEach(slice -> slices.add(slice.toBuilder()
                        .editMetadata()
                        .withName("s" + made++)
                        .endMetadata()
                        .build()));
        plan.update()
                .forEach(slice -> slices.replaceAll(each ->
                        each.getMetadata().getName().equals(slice.getMetadata().getName()) ? slice : each));
        slices.removeAll(plan.delete());
        return plan;
    }

    private static boolean isEmpty(SlicePlan plan) {
        return plan.create().isEmpty()
                && plan.update().isEmpty()
                && plan.delete().isEmpty();
    }

    @Test
    void aServiceWithoutPodsHasOneEmptySliceAFamily() {
        apply(service("IPv4", "IPv6"), List.of());
        assertThat(slices).extracting(EndpointSlice::getAddressType).containsExactlyInAnyOrder("IPv4", "IPv6");
        assertThat(isEmpty(apply(service("IPv4", "IPv6"), List.of()))).isTrue();
        apply(service("IPv4", "IPv6"), List.of(pod(1, true, 80)));
        assertThat(slices)
                .hasSize(2)
                .allSatisfy(slice -> assertThat(slice.getEndpoints()).hasSize(1));
        assertThat(slices.getFirst().getMetadata().getLabels())
                .containsEntry("kubernetes.io/service-name", "web")
                .containsEntry("endpointslice.kubernetes.io/managed-by", "endpointslice-controller.k8s.io")
                .containsEntry("team", "a");
    }

    @Test
    void podsWithDifferentPortsBehindOneNameHaveSlicesOfTheirOwn() {
        apply(service("IPv4"), List.of(pod(1, true, 80), pod(2, true, 8080)));
        assertThat(slices.stream().map(slice -> slice.getPorts().getFirst().getPort()))
                .containsExactlyInAnyOrder(80, 8080);
    }

    @Test
    void conditionsTellReadinessAndTermination() {
        Pod leaving = pod(2, true, 80).toBuilder()
                .editMetadata()
                .withDeletionTimestamp("2026-01-01T00:00:00Z")
                .endMetadata()
                .build();
        apply(service("IPv4"), List.of(pod(1, false, 80), leaving));
        assertThat(slices.getFirst().getEndpoints())
                .extracting(endpoint -> endpoint.getConditions().getReady()
                        + " " + endpoint.getConditions().getServing()
                        + " " + endpoint.getConditions().getTerminating())
                .containsExactly("false false false", "false true true");
    }

    @Test
    void unreadyPodsAreReadyForAServiceThatPublishesThem() {
        Service service = service("IPv4").toBuilder()
                .editSpec()
                .withPublishNotReadyAddresses(true)
                .endSpec()
                .build();
        apply(service, List.of(pod(1, false, 80)));
        Endpoint endpoint = slices.getFirst().getEndpoints().getFirst();
        assertThat(endpoint.getConditions().getReady()).isTrue();
        assertThat(endpoint.getConditions().getServing()).isFalse();
    }

    @Test
    void oneChangedPodIsOneWrite() {
        var pods = new ArrayList<Pod>();
        for (int i = 0; i < 35; i++) {
            pods.add(pod(i, true, 80));
        }
        apply(service("IPv4"), pods);
        assertThat(slices).hasSize(4);
        pods.set(17, pod(17, false, 80));
        SlicePlan plan = apply(service("IPv4"), pods);
        assertThat(plan.update()).hasSize(1);
        assertThat(plan.create()).isEmpty();
    }

    /// Every pod is in exactly one slice, no slice is too full, and a second look changes nothing.
    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void slicesHoldWhatPodsOffer(long seed) {
        var random = new Random(seed);
        Service service = service("IPv4");
        for (int round = 0; round < 60; round++) {
            var pods = new ArrayList<Pod>();
            for (int i = 0; i < 60; i++) {
                if (random.nextInt(3) > 0) {
                    pods.add(pod(i, random.nextBoolean(), random.nextInt(10) == 0 ? 81 : 80));
                }
            }
            if (round % 20 == 19) {
                pods.clear();
            }
            apply(service, pods);
            var seen = new HashSet<String>();
            for (EndpointSlice slice : slices) {
                assertThat(slice.getEndpoints()).hasSizeLessThanOrEqualTo(MAX);
                slice.getEndpoints()
                        .forEach(endpoint -> assertThat(
                                        seen.add(endpoint.getTargetRef().getName()))
                                .isTrue());
            }
            assertThat(seen).hasSize(pods.size());
            assertThat(slices).isNotEmpty();
            assertThat(isEmpty(apply(service, pods))).isTrue();
        }
    }
}
