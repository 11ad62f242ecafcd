package io.jubernetes.kubelet;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodStatus;
import io.jubernetes.common.meta.ObjectKey;
import io.jubernetes.kubelet.runtime.LogOptions;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// Pods on the real engine, from appearance to removal.
class PodLifecycleTest {
    private static TestNode node;

    @BeforeAll
    static void start() throws Exception {
        TestDocker.require();
        node = new TestNode("lifecycle", "10.244.201.0/24");
    }

    @AfterAll
    static void stop() throws Exception {
        if (node != null) {
            node.close();
        }
    }

    @Test
    void runsAPodAndRemovesIt() throws Exception {
        Pod pod = node.run("""
                metadata: {name: simple}
                spec:
                  terminationGracePeriodSeconds: 5
                  containers:
                  - name: main
                    image: %s
                    command: [sh, -c, "trap 'exit 0' TERM; echo hello; echo oops >&2; while true; do sleep 0.1; done"]
                """.formatted(TestDocker.IMAGE));
        PodStatus status = node.await(pod, TestNode::isReady);
        assertThat(status.getPhase()).isEqualTo("Running");
        assertThat(status.getPodIP()).startsWith("10.244.201.");
        assertThat(status.getContainerStatuses()).hasSize(1);
        assertThat(status.getContainerStatuses().getFirst().getContainerID()).startsWith("docker://");

        var output = new TestDocker.Collected();
        try (var log = node.runtime.logs(
                node.containerId(pod, "main"),
                new LogOptions(false, false, OptionalLong.empty(), Optional.empty(), true, true, false))) {
            log.pump(output);
        }
        assertThat(output.out()).isEqualTo("hello\n");
        assertThat(output.err()).isEqualTo("oops\n");

        node.delete(pod, 5);
        org.awaitility.Awaitility.await()
                .atMost(Duration.ofSeconds(20))
                .until(() -> node.engine()
                        .states()
                        .get(pod.getMetadata().getUid())
                        .all()
                        .isEmpty());
        assertThat(node.cluster.status("simple").getPhase()).isEqualTo("Succeeded");
        assertThat(node.root.resolve("pods").resolve(pod.getMetadata().getUid()))
                .doesNotExist();
    }

    @Test
    void initContainersRunInOrderAndShareVolumes() throws Exception {
        node.cluster.configMaps.put(
                new ObjectKey("default", "config"),
                new ConfigMapBuilder()
                        .withNewMetadata()
                        .withName("config")
                        .endMetadata()
                        .withData(Map.of("key", "value-one"))
                        .build());
        Pod pod = node.run("""
                metadata: {name: init, labels: {app: web}}
                spec:
                  serviceAccountName: robot
                  initContainers:
                  - {name: first, image: IMG, command: [sh, -c, "echo 1 > /data/f"], volumeMounts: [{name: data, mountPath: /data}]}
                  - {name: second, image: IMG, command: [sh, -c, "echo 2 >> /data/f"], volumeMounts: [{name: data, mountPath: /data}]}
                  containers:
                  - name: main
                    image: IMG
                    command: [sh, -c, "exec sleep 1000"]
                    env:
                    - {name: FROM_MAP, valueFrom: {configMapKeyRef: {name: config, key: key}}}
                    - {name: IP, valueFrom: {fieldRef: {fieldPath: status.podIP}}}
                    - {name: BOTH, value: "$(FROM_MAP)-$(IP)"}
                    volumeMounts:
                    - {name: data, mountPath: /data}
                    - {name: config, mountPath: /etc/config}
                    - {name: token, mountPath: /var/run/token}
                    - {name: config, mountPath: /etc/one, subPath: key}
                    - {name: memory, mountPath: /memory}
                  volumes:
                  - {name: data, emptyDir: {}}
                  - {name: memory, emptyDir: {medium: Memory, sizeLimit: 10Mi}}
                  - {name: config, configMap: {name: config}}
                  - name: token
                    projected:
                      sources:
                      - serviceAccountToken: {path: token, expirationSeconds: 600}
                      - configMap: {name: config, items: [{key: key, path: dir/renamed}]}
                      - downwardAPI: {items: [{path: labels, fieldRef: {fieldPath: metadata.labels}}]}
                """.replace("IMG", TestDocker.IMAGE));
        PodStatus status = node.await(pod, TestNode::isReady);
        assertThat(status.getInitContainerStatuses()).allMatch(init -> init.getReady());
        assertThat(node.exec(pod, "main", "cat", "/data/f")).isEqualTo("1\n2\n");
        assertThat(node.exec(pod, "main", "cat", "/etc/config/key")).isEqualTo("value-one");
        assertThat(node.exec(pod, "main", "cat", "/etc/one")).isEqualTo("value-one");
        assertThat(node.exec(pod, "main", "cat", "/var/run/token/token")).contains("robot-init");
        assertThat(node.exec(pod, "main", "cat", "/var/run/token/dir/renamed")).isEqualTo("value-one");
        assertThat(node.exec(pod, "main", "cat", "/var/run/token/labels")).isEqualTo("app=\"web\"");
        assertThat(node.exec(pod, "main", "env")).contains("BOTH=value-one-" + status.getPodIP());
        assertThat(node.exec(pod, "main", "mount")).contains("tmpfs on /memory");
        assertThat(node.exec(pod, "main", "cat", "/etc/resolv.conf")).contains("nameserver 10.96.0.10", "ndots:5");
        assertThat(node.exec(pod, "main", "cat", "/etc/hosts")).contains(status.getPodIP() + "\tinit");
        node.delete(pod, 1);
    }

    @Test
    void restartsWhatCrashesAndBacksOff() {
        Pod pod = node.run("""
                metadata: {name: crash}
                spec:
                  containers:
                  - {name: main, image: IMG, command: [sh, -c, "echo bye > /dev/termination-log; exit 3"]}
                """.replace("IMG", TestDocker.IMAGE));
        PodStatus status = node.await(
                pod,
                current -> !current.getContainerStatuses().isEmpty()
                        && current.getContainerStatuses().getFirst().getState().getWaiting() != null
                        && "CrashLoopBackOff"
                                .equals(current.getContainerStatuses()
                                        .getFirst()
                                        .getState()
                                        .getWaiting()
                                        .getReason()));
        var container = status.getContainerStatuses().getFirst();
        assertThat(container.getRestartCount()).isEqualTo(1);
        assertThat(container.getLastState().getTerminated().getExitCode()).isEqualTo(3);
        assertThat(container.getLastState().getTerminated().getMessage()).isEqualTo("bye\n");
        assertThat(status.getPhase()).isEqualTo("Running");
        node.delete(pod, 1);
    }

    @Test
    void aJobsPodSucceeds() {
        Pod pod = node.run("""
                metadata: {name: job}
                spec:
                  restartPolicy: Never
                  containers:
                  - {name: main, image: IMG, command: ["true"]}
                """.replace("IMG", TestDocker.IMAGE));
        PodStatus status = node.await(pod, current -> "Succeeded".equals(current.getPhase()));
        assertThat(status.getContainerStatuses()
                        .getFirst()
                        .getState()
                        .getTerminated()
                        .getReason())
                .isEqualTo("Completed");
        node.delete(pod, 1);
    }

    @Test
    void aMissingImageIsSaid() {
        Pod pod = node.run("""
                metadata: {name: noimage}
                spec:
                  containers:
                  - {name: main, image: "127.0.0.1:1/none:1"}
                """);
        node.await(
                pod,
                current -> !current.getContainerStatuses().isEmpty()
                        && current.getContainerStatuses().getFirst().getState().getWaiting() != null
                        && "ImagePullBackOff"
                                .equals(current.getContainerStatuses()
                                        .getFirst()
                                        .getState()
                                        .getWaiting()
                                        .getReason()));
        assertThat(node.cluster.history.get("noimage"))
                .anyMatch(status -> status.getContainerStatuses().stream()
                        .anyMatch(container -> container.getState().getWaiting() != null
                                && "ErrImagePull"
                                        .equals(container
                                                .getState()
                                                .getWaiting()
                                                .getReason())));
        node.delete(pod, 1);
    }

    @Test
    void aBadCommandIsSaid() {
        Pod pod = node.run("""
                metadata: {name: badcommand}
                spec:
                  containers:
                  - {name: main, image: IMG, command: [/no/such/program]}
                """.replace("IMG", TestDocker.IMAGE));
        PodStatus status = node.await(
                pod,
                current -> !current.getContainerStatuses().isEmpty()
                        && current.getContainerStatuses().getFirst().getState().getWaiting() != null
                        && "RunContainerError"
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
                .contains("/no/such/program");
        node.delete(pod, 1);
    }

    @Test
    void probesDecideReadinessAndRestart() {
        Pod pod = node.run("""
                metadata: {name: probes}
                spec:
                  terminationGracePeriodSeconds: 1
                  containers:
                  - name: main
                    image: IMG
                    command: [sh, -c, "mkdir /www; echo ok > /www/index.html; exec httpd -f -p 8080 -h /www"]
                    ports: [{name: web, containerPort: 8080}]
                    startupProbe: {tcpSocket: {port: 8080}, periodSeconds: 1, failureThreshold: 20}
                    readinessProbe: {httpGet: {path: /index.html, port: web}, periodSeconds: 1}
                    livenessProbe: {exec: {command: [test, "!", -e, /tmp/sick]}, periodSeconds: 1, failureThreshold: 1}
                """.replace("IMG", TestDocker.IMAGE));
        node.await(pod, TestNode::isReady);
        String first = node.containerId(pod, "main");
        org.assertj.core.api.Assertions.assertThatCode(() -> node.exec(pod, "main", "touch", "/tmp/sick"))
                .doesNotThrowAnyException();
        node.await(pod, current -> current.getContainerStatuses().getFirst().getRestartCount() == 1);
        node.await(pod, TestNode::isReady);
        assertThat(node.containerId(pod, "main")).isNotEqualTo(first);
        node.delete(pod, 1);
    }

    @Test
    void aRestartedKubeletLeavesPodsAlone() throws Exception {
        Pod pod = node.run("""
                metadata: {name: survivor}
                spec:
                  containers:
                  - {name: main, image: IMG, command: [sleep, "1000"]}
                """.replace("IMG", TestDocker.IMAGE));
        node.await(pod, TestNode::isReady);
        String before = node.containerId(pod, "main");
        node.restart();
        node.cluster.statuses.remove("survivor");
        node.engine().workers().set(pod);
        PodStatus status = node.await(pod, TestNode::isReady);
        assertThat(node.containerId(pod, "main")).isEqualTo(before);
        assertThat(status.getContainerStatuses().getFirst().getRestartCount()).isZero();
        node.delete(pod, 1);
    }

    @Test
    void aLostSandboxIsMadeAgain() throws Exception {
        Pod pod = node.run("""
                metadata: {name: lostsandbox}
                spec:
                  terminationGracePeriodSeconds: 1
                  containers:
                  - {name: main, image: IMG, command: [sleep, "1000"]}
                """.replace("IMG", TestDocker.IMAGE));
        node.await(pod, TestNode::isReady);
        String sandbox = node.engine()
                .states()
                .get(pod.getMetadata().getUid())
                .sandbox()
                .orElseThrow()
                .id();
        TestDocker.docker("kill", sandbox);
        node.await(
                pod,
                current ->
                        current.getContainerStatuses().getFirst().getRestartCount() == 1 && TestNode.isReady(current));
        node.delete(pod, 1);
    }
}
