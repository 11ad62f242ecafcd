package io.jubernetes.kubelet;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.EphemeralContainerBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodStatus;
import java.time.Duration;
import java.time.Instant;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// The rarer turns in a pod's life, on the real engine.
class PodExtrasTest {
    private static TestNode node;

    @BeforeAll
    static void start() throws Exception {
        TestDocker.require();
        node = new TestNode("extras", "10.244.203.0/24");
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

    @Test
    void aDebuggerSeesTheProcessesOfItsTarget() throws Exception {
        Pod pod = run("""
                metadata: {name: debugged}
                spec:
                  terminationGracePeriodSeconds: 1
                  containers: [{name: main, image: IMG, command: [sleep, "4321"]}]
                """);
        node.await(pod, TestNode::isReady);
        Pod debugged = new PodBuilder(pod)
                .editSpec()
                .addToEphemeralContainers(new EphemeralContainerBuilder()
                        .withName("debugger")
                        .withImage(TestDocker.IMAGE)
                        .withCommand("sh", "-c", "ps; exec sleep 1000")
                        .withTargetContainerName("main")
                        .build())
                .endSpec()
                .build();
        node.engine().workers().set(debugged);
        PodStatus status = node.await(
                debugged,
                current -> !current.getEphemeralContainerStatuses().isEmpty()
                        && current.getEphemeralContainerStatuses()
                                        .getFirst()
                                        .getState()
                                        .getRunning()
                                != null);
        assertThat(TestNode.isReady(status)).isTrue();
        assertThat(node.exec(debugged, "debugger", "ps")).contains("sleep 4321");
        assertThat(status.getEphemeralContainerStatuses().getFirst().getReady()).isFalse();
        node.delete(debugged, 1);
    }

    @Test
    void sidecarsLeaveAfterTheMainContainersInReverseOrder() {
        Pod pod = run("""
                metadata: {name: sidecars}
                spec:
                  terminationGracePeriodSeconds: 20
                  initContainers:
                  - {name: one, image: IMG, restartPolicy: Always, command: [sh, -c, &run "trap 'exit 0' TERM; while true; do sleep 0.1; done"]}
                  - {name: two, image: IMG, restartPolicy: Always, command: [sh, -c, *run]}
                  containers:
                  - {name: main, image: IMG, command: [sh, -c, "trap 'sleep 1; exit 0' TERM; while true; do sleep 0.1; done"]}
                """);
        node.await(pod, TestNode::isReady);
        node.delete(pod, 20);
        PodStatus status = node.await(pod, current -> "Succeeded".equals(current.getPhase()));
        Instant main = finished(status.getContainerStatuses().getFirst());
        Instant one = finished(status.getInitContainerStatuses().get(0));
        Instant two = finished(status.getInitContainerStatuses().get(1));
        assertThat(two).isAfterOrEqualTo(main);
        assertThat(one).isAfterOrEqualTo(two);
        assertThat(status.getInitContainerStatuses())
                .allSatisfy(
                        sidecar -> assertThat(sidecar.getState().getTerminated().getExitCode())
                                .isZero());
    }

    private static Instant finished(ContainerStatus status) {
        return Instant.parse(status.getState().getTerminated().getFinishedAt());
    }

    @Test
    void aProbeCanCutTheGracePeriodShort() throws Exception {
        Pod pod = run("""
                metadata: {name: probegrace}
                spec:
                  terminationGracePeriodSeconds: 500
                  containers:
                  - name: main
                    image: IMG
                    command: [sh, -c, "trap '' TERM; while true; do sleep 0.1; done"]
                    livenessProbe: {exec: {command: ["false"]}, periodSeconds: 1, failureThreshold: 1, terminationGracePeriodSeconds: 2}
                """);
        PodStatus status = node.await(
                pod, current -> current.getContainerStatuses().getFirst().getRestartCount() > 0);
        assertThat(status.getContainerStatuses()
                        .getFirst()
                        .getLastState()
                        .getTerminated()
                        .getExitCode())
                .isEqualTo(137);
        node.delete(pod, 1);
    }

    @Test
    void hooksRunBeforeTheEnd() throws Exception {
        Pod pod = run("""
                metadata: {name: hooks}
                spec:
                  terminationGracePeriodSeconds: 10
                  containers:
                  - name: main
                    image: IMG
                    command: [sh, -c, "trap 'cat /tmp/said > /dev/termination-log; exit 0' TERM; while true; do sleep 0.1; done"]
                    lifecycle:
                      postStart: {exec: {command: [sh, -c, "echo hello > /tmp/said"]}}
                      preStop: {exec: {command: [sh, -c, "echo goodbye >> /tmp/said"]}}
                """);
        node.await(pod, TestNode::isReady);
        node.delete(pod, 10);
        PodStatus status = node.await(pod, current -> "Succeeded".equals(current.getPhase()));
        assertThat(status.getContainerStatuses()
                        .getFirst()
                        .getState()
                        .getTerminated()
                        .getMessage())
                .isEqualTo("hello\ngoodbye\n");
    }

    @Test
    void aHookThatSleepsHoldsTheEndBack() {
        Pod pod = run("""
                metadata: {name: sleephook}
                spec:
                  terminationGracePeriodSeconds: 10
                  containers:
                  - name: main
                    image: IMG
                    command: [sh, -c, "trap 'exit 0' TERM; while true; do sleep 0.1; done"]
                    lifecycle: {preStop: {sleep: {seconds: 2}}}
                """);
        node.await(pod, TestNode::isReady);
        Instant from = Instant.now();
        node.delete(pod, 10);
        node.await(pod, current -> "Succeeded".equals(current.getPhase()));
        assertThat(Duration.between(from, Instant.now())).isBetween(Duration.ofSeconds(2), Duration.ofSeconds(8));
    }

    @Test
    void aForbiddenSettingIsRefusedForGood() {
        Pod pod = run("""
                metadata: {name: badsysctl}
                spec:
                  securityContext: {sysctls: [{name: kernel.msgmax, value: "65536"}]}
                  containers: [{name: main, image: IMG, command: [sleep, "1000"]}]
                """);
        PodStatus status = node.await(pod, current -> "Failed".equals(current.getPhase()));
        assertThat(status.getReason()).isEqualTo("SysctlForbidden");
        assertThat(status.getMessage())
                .isEqualTo("Pod was rejected: forbidden sysctl: \"kernel.msgmax\" not allowlisted");
        assertThat(status.getContainerStatuses()).isEmpty();
        node.delete(pod, 1);
        Awaitility.await()
                .until(() -> node.engine().workers().pods().stream()
                        .noneMatch(other -> other.getMetadata().getName().equals("badsysctl")));
    }

    @Test
    void aPathWithoutItsVariableWaitsForIt() throws Exception {
        String yaml = """
                metadata: {name: subpath}
                spec:
                  terminationGracePeriodSeconds: 1
                  containers:
                  - name: main
                    image: IMG
                    command: [sh, -c, "touch /sub/here; exec sleep 1000"]
                    env: [{name: PART, valueFrom: {fieldRef: {fieldPath: "metadata.annotations['part']"}}}]
                    volumeMounts:
                    - {name: data, mountPath: /sub, subPathExpr: "dir/$(PART)"}
                    - {name: data, mountPath: /all}
                  volumes: [{name: data, emptyDir: {}}]
                """;
        Pod pod = run(yaml);
        PodStatus status = node.await(
                pod,
                current -> !current.getContainerStatuses().isEmpty()
                        && "CreateContainerConfigError"
                                .equals(current.getContainerStatuses()
                                        .getFirst()
                                        .getState()
                                        .getWaiting()
                                        .getReason()));
        assertThat(status.getContainerStatuses()
                        .getFirst()
                        .getState()
                        .getWaiting()
                        .getMessage())
                .isEqualTo("missing value for PART");
        Pod named = new PodBuilder(pod)
                .editMetadata()
                .addToAnnotations("part", "mine")
                .endMetadata()
                .build();
        node.engine().workers().set(named);
        node.await(named, TestNode::isReady);
        assertThat(node.exec(named, "main", "ls", "/all/dir/mine")).isEqualTo("here\n");
        node.delete(named, 1);
    }
}
