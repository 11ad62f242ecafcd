package io.jubernetes.controllermanager.quota;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.ResourceQuota;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceClaim;
import io.jubernetes.controllermanager.testing.Written;
import java.time.Instant;
import java.util.List;
import java.util.OptionalLong;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class QuotaUsageTest {
    private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");

    private static String used(String spec, QuotaUsage.Contents contents) {
        var quota = Written.as(ResourceQuota.class, "{spec: " + spec + "}");
        return new TreeMap<>(QuotaUsage.of(quota.getSpec(), contents, NOW)).toString();
    }

    private static QuotaUsage.Contents pods(String... yaml) {
        return new QuotaUsage.Contents(
                Written.all(Pod.class, yaml), List.of(), List.of(), List.of(), _ -> OptionalLong.empty());
    }

    private static final String HARD =
            "hard: {pods: 9, count/pods: 9, requests.cpu: 9, cpu: 9, limits.memory: 9Gi, requests.example.com/gpu: 3}";

    @Test
    void podsAskForTheirContainersAndSidecarsOrTheLargestStart() {
        String pod = """
                metadata: {name: a}
                spec:
                  initContainers:
                  - {name: init, resources: {requests: {cpu: 900m}}}
                  - {name: side, restartPolicy: Always, resources: {requests: {cpu: 100m}, limits: {memory: 1Gi}}}
                  - {name: init2, resources: {requests: {cpu: 100m}}}
                  containers:
                  - {name: a, resources: {requests: {cpu: 200m, example.com/gpu: 2}, limits: {memory: 1Gi, example.com/gpu: 2}}}
                  - {name: b, resources: {requests: {cpu: 300m}}}
                """;
        assertThat(used("{" + HARD + "}", pods(pod)))
                .isEqualTo("{count/pods=1, cpu=900m, limits.memory=2Gi, pods=1, requests.cpu=900m,"
                        + " requests.example.com/gpu=2}");
    }

    @ParameterizedTest(name = "{0}: {1} of {2}")
    @CsvSource(
            delimiter = '|',
            value = {
                "running | 1 | {metadata: {name: a}, spec: {containers: []}, status: {phase: Running}}",
                "ended | 0 | {metadata: {name: a}, spec: {containers: []}, status: {phase: Succeeded}}",
                "going | 1 | {metadata: {name: a, deletionTimestamp: '2025-12-31T23:59:50Z',"
                        + " deletionGracePeriodSeconds: 30}, spec: {containers: []}}",
                "stuck | 0 | {metadata: {name: a, deletionTimestamp: '2025-12-31T23:59:00Z',"
                        + " deletionGracePeriodSeconds: 30}, spec: {containers: []}}",
            })
    void podsThatEndedOrShouldHaveDoNotCount(String what, int number, String pod) {
        assertThat(used("{hard: {pods: 9, count/pods: 9}}", pods(pod)))
                .isEqualTo("{count/pods=1, pods=" + number + "}");
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            value = {
                "scopes: [Terminating] | 1",
                "scopes: [NotTerminating] | 3",
                "scopes: [BestEffort] | 3",
                "scopes: [NotBestEffort] | 1",
                "scopes: [NotTerminating, NotBestEffort] | 1",
                "scopes: [PriorityClass] | 2",
                "scopes: [CrossNamespacePodAffinity] | 1",
                "scopeSelector: {matchExpressions: [{scopeName: PriorityClass, operator: In, values: [high]}]} | 1",
                "scopeSelector: {matchExpressions: [{scopeName: PriorityClass, operator: NotIn, values: [high]}]} | 3",
                "scopeSelector: {matchExpressions: [{scopeName: PriorityClass, operator: DoesNotExist}]} | 2",
                "scopes: [VolumeAttributesClass] | 0",
            })
    void scopesChoosePods(String scope, int number) {
        var contents = pods(
                "{metadata: {name: a}, spec: {activeDeadlineSeconds: 5, priorityClassName: high, containers: []}}",
                "{metadata: {name: b}, spec: {priorityClassName: low, containers: [{name: c, resources: {requests:"
                        + " {cpu: 1}}}]}}",
                "{metadata: {name: c}, spec: {containers: []}}",
                "{metadata: {name: d}, spec: {containers: [], affinity: {podAntiAffinity:"
                        + " {requiredDuringSchedulingIgnoredDuringExecution: [{namespaces: [x], topologyKey: t}]}}}}");
        assertThat(used("{hard: {pods: 9}, " + scope + "}", contents)).isEqualTo("{pods=" + number + "}");
    }

    @Test
    void servicesAndClaimsCountForTheirKinds() {
        var contents = new QuotaUsage.Contents(
                List.of(),
                Written.all(
                        Service.class,
                        "{spec: {type: ClusterIP, ports: [{port: 1}]}}",
                        "{spec: {type: NodePort, ports: [{port: 1}, {port: 2}]}}",
                        "{spec: {type: LoadBalancer, ports: [{port: 1}]}}",
                        "{spec: {type: LoadBalancer, allocateLoadBalancerNodePorts: false, ports: [{port: 1, nodePort:"
                                + " 30000}, {port: 2}]}}"),
                Written.all(
                        PersistentVolumeClaim.class,
                        "{metadata: {name: a}, spec: {storageClassName: fast, resources: {requests: {storage: 1Gi}}}}",
                        "{metadata: {name: b}, spec: {resources: {requests: {storage: 2Gi}}}, status:"
                                + " {allocatedResources: {storage: 3Gi}}}"),
                Written.all(
                        ResourceClaim.class,
                        "{spec: {devices: {requests: [{name: a, exactly: {deviceClassName: gpu, count: 2}}, {name: b,"
                                + " firstAvailable: [{name: x, deviceClassName: gpu}, {name: y, deviceClassName: gpu,"
                                + " count: 3}]}]}}}"),
                name -> name.equals("secrets") ? OptionalLong.of(4) : OptionalLong.empty());
        assertThat(used(
                        "{hard: {services: 9, services.nodeports: 9, services.loadbalancers: 9, count/services: 9,"
                                + " requests.storage: 9Gi, persistentvolumeclaims: 9,"
                                + " fast.storageclass.storage.k8s.io/requests.storage: 9Gi,"
                                + " fast.storageclass.storage.k8s.io/persistentvolumeclaims: 9, secrets: 9,"
                                + " count/secrets: 9, count/nothings.example.com: 1, odd: 1,"
                                + " gpu.deviceclass.resource.k8s.io/devices: 9}}",
                        contents))
                .isEqualTo(
                        "{count/secrets=4, count/services=4, fast.storageclass.storage.k8s.io/persistentvolumeclaims=1,"
                                + " fast.storageclass.storage.k8s.io/requests.storage=1Gi, gpu.deviceclass.resource.k8s.io/devices=5,"
                                + " persistentvolumeclaims=2, requests.storage=4Gi, secrets=4, services=4,"
                                + " services.loadbalancers=2, services.nodeports=4}");
    }
}
