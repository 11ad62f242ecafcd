package io.jubernetes.kubelet;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.PersistentVolumeBuilder;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaimBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodStatus;
import io.fabric8.kubernetes.api.model.Quantity;
import io.jubernetes.kubelet.runtime.RuntimeFailure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// What pods get of the machine, on the real engine: processors, memory, disks.
class PodResourcesTest {
    private static TestNode node;

    @BeforeAll
    static void start() throws Exception {
        TestDocker.require();
        node = new TestNode("resources", "10.244.205.0/24");
    }

    @AfterAll
    static void stop() throws Exception {
        if (node != null) {
            node.close();
        }
    }

    private static Pod run(String yaml) {
        return node.run(yaml.replace("IMG", TestDocker.IMAGE));
    }

    private static Pod withCpu(Pod pod, String cpu) {
        return new PodBuilder(pod)
                .editSpec()
                .editFirstContainer()
                .editResources()
                .addToRequests("cpu", new Quantity(cpu))
                .addToLimits("cpu", new Quantity(cpu))
                .endResources()
                .endContainer()
                .endSpec()
                .build();
    }

    private static Quantity cpuLimit(PodStatus status) {
        return status.getContainerStatuses()
                .getFirst()
                .getResources()
                .getLimits()
                .getOrDefault("cpu", new Quantity("0"));
    }

    private static String docker(Pod pod, String format) throws IOException {
        return TestDocker.docker("inspect", "-f", format, node.containerId(pod, "main"))
                .strip();
    }

    @Test
    void limitsChangeInPlace() throws Exception {
        Pod pod = run("""
                metadata: {name: grows}
                spec:
                  terminationGracePeriodSeconds: 1
                  containers:
                  - name: main
                    image: IMG
                    command: [sleep, "1000"]
                    resources: {requests: {cpu: 100m, memory: 32Mi}, limits: {cpu: 100m, memory: 32Mi}}
                """);
        PodStatus status = node.await(pod, TestNode::isReady);
        assertThat(status.getContainerStatuses().getFirst().getAllocatedResources())
                .containsEntry("cpu", new Quantity("100m"));
        String id = node.containerId(pod, "main");
        assertThat(docker(pod, "{{.HostConfig.CpuQuota}} {{.HostConfig.Memory}}"))
                .isEqualTo("10000 33554432");

        Pod grown = withCpu(pod, "200m");
        node.engine().workers().set(grown);
        node.await(grown, current -> new Quantity("200m").equals(cpuLimit(current)));
        assertThat(docker(grown, "{{.HostConfig.CpuQuota}} {{.HostConfig.CpuShares}}"))
                .isEqualTo("20000 204");
        assertThat(node.containerId(grown, "main")).isEqualTo(id);
        assertThat(TestNode.isReady(node.cluster.status("grows"))).isTrue();
        node.delete(grown, 1);
    }

    @Test
    void aContainerThatWantsItIsRestartedForItsNewLimits() {
        Pod pod = run("""
                metadata: {name: restarts}
                spec:
                  terminationGracePeriodSeconds: 1
                  containers:
                  - name: main
                    image: IMG
                    command: [sleep, "1000"]
                    resizePolicy: [{resourceName: cpu, restartPolicy: RestartContainer}]
                    resources: {requests: {cpu: 100m}, limits: {cpu: 100m}}
                """);
        node.await(pod, TestNode::isReady);
        Pod grown = withCpu(pod, "150m");
        node.engine().workers().set(grown);
        node.await(
                grown,
                current -> current.getContainerStatuses().getFirst().getRestartCount() == 1
                        && TestNode.isReady(current)
                        && new Quantity("150m").equals(cpuLimit(current)));
        node.delete(grown, 1);
    }

    @Test
    void podsHaveCgroupsOfTheirQualityOfService() throws Exception {
        Pod pod = run("""
                metadata: {name: slices}
                spec:
                  terminationGracePeriodSeconds: 1
                  containers: [{name: main, image: IMG, command: [sleep, "1000"], resources: {requests: {cpu: 500m}}}]
                """);
        node.await(pod, TestNode::isReady);
        String uid = pod.getMetadata().getUid();
        assertThat(docker(pod, "{{.HostConfig.CgroupParent}}")).isEqualTo("/kubepods/burstable/pod" + uid);
        Path shares = Path.of("/sys/fs/cgroup/cpu/kubepods/burstable/pod" + uid + "/cpu.shares");
        Path weight = Path.of("/sys/fs/cgroup/kubepods/burstable/pod" + uid + "/cpu.weight");
        if (Files.exists(shares)) {
            assertThat(Files.readAllLines(shares)).containsExactly("512");
        } else {
            assertThat(Files.readAllLines(weight)).containsExactly("20");
        }
        node.delete(pod, 1);
        Awaitility.await().until(() -> !Files.exists(shares.getParent()) && !Files.exists(weight.getParent()));
    }

    private static void bound(String name, Path path, boolean local) {
        var volume = new PersistentVolumeBuilder()
                .withNewMetadata()
                .withName("pv-" + name)
                .endMetadata()
                .withNewSpec()
                .withNewClaimRef()
                .withUid("claim-" + name)
                .endClaimRef()
                .endSpec()
                .build();
        if (local) {
            volume.getSpec().setLocal(new io.fabric8.kubernetes.api.model.LocalVolumeSource(null, path.toString()));
        } else {
            volume.getSpec().setHostPath(new io.fabric8.kubernetes.api.model.HostPathVolumeSource(path.toString(), ""));
        }
        node.cluster.volumes.put("pv-" + name, volume);
        node.cluster.claims.put(
                name,
                new PersistentVolumeClaimBuilder()
                        .withNewMetadata()
                        .withName(name)
                        .withUid("claim-" + name)
                        .endMetadata()
                        .withNewSpec()
                        .withVolumeName("pv-" + name)
                        .endSpec()
                        .withNewStatus()
                        .withPhase("Bound")
                        .endStatus()
                        .build());
    }

    @Test
    void claimsLeadToDirectoriesOfTheNode() throws Exception {
        Path local = Files.createDirectory(node.root.resolve("local"));
        Path host = Files.createDirectory(node.root.resolve("host"));
        bound("local", local, true);
        Pod pod = run("""
                metadata: {name: claims}
                spec:
                  terminationGracePeriodSeconds: 1
                  securityContext: {fsGroup: 4321, runAsUser: 1234}
                  containers:
                  - name: main
                    image: IMG
                    command: [sh, -c, "echo hello > /local/file; exec sleep 1000"]
                    volumeMounts: [{name: local, mountPath: /local}, {name: host, mountPath: /host, readOnly: true}]
                  volumes:
                  - {name: local, persistentVolumeClaim: {claimName: local}}
                  - {name: host, persistentVolumeClaim: {claimName: host}}
                """);
        Awaitility.await()
                .until(() -> node.cluster.events.stream()
                        .anyMatch(event -> event.contains("claims WARNING FailedMount")
                                && event.contains("persistentvolumeclaims \"host\" not found")));
        Files.writeString(host.resolve("file"), "from the node");
        bound("host", host, false);
        node.await(pod, TestNode::isReady);
        assertThat(node.exec(pod, "main", "cat", "/host/file")).isEqualTo("from the node");
        Awaitility.await().until(() -> Files.exists(local.resolve("file")));
        assertThat(node.exec(pod, "main", "stat", "-c", "%u:%g", "/local/file")).isEqualTo("1234:4321\n");
        node.end(pod);
        assertThat(local.resolve("file")).hasContent("hello");
    }

    @Test
    void aClaimThatIsNotBoundIsSaid() throws RuntimeFailure {
        node.cluster.claims.put(
                "pending",
                new PersistentVolumeClaimBuilder()
                        .withNewMetadata()
                        .withName("pending")
                        .endMetadata()
                        .withNewSpec()
                        .endSpec()
                        .withNewStatus()
                        .withPhase("Pending")
                        .endStatus()
                        .build());
        Pod pod = run("""
                metadata: {name: pending}
                spec:
                  containers: [{name: main, image: IMG, command: [sleep, "1000"], volumeMounts: [{name: v, mountPath: /v}]}]
                  volumes: [{name: v, persistentVolumeClaim: {claimName: pending}}]
                """);
        Awaitility.await()
                .until(() -> node.cluster.events.stream()
                        .anyMatch(event -> event.contains("PVC default/pending has non-bound phase (\"Pending\")")));
        node.delete(pod, 1);
    }
}
