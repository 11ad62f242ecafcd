package io.jubernetes.kubelet;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodStatus;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// What pods' settings come to in real containers.
class PodSettingsTest {
    private static TestNode node;

    @BeforeAll
    static void start() throws Exception {
        TestDocker.require();
        node = new TestNode("settings", "10.244.204.0/24");
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

    private static String get(String host, int port) {
        try (var socket = new Socket(host, port)) {
            socket.setSoTimeout(5_000);
            socket.getOutputStream().write("GET / HTTP/1.0\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            return e.toString();
        }
    }

    private static int freePort() throws IOException {
        try (var socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }

    @Test
    void hostPortsLeadToThePod() throws Exception {
        int port = freePort();
        Pod pod = run("""
                metadata: {name: hostport}
                spec:
                  hostname: front
                  containers:
                  - name: main
                    image: IMG
                    command: [sh, -c, "mkdir /www; hostname > /www/index.html; exec httpd -f -p 80 -h /www"]
                    ports: [{containerPort: 80, hostPort: PORT}]
                """.replace("PORT", Integer.toString(port)));
        PodStatus status = node.await(pod, TestNode::isReady);
        Awaitility.await().until(() -> get("127.0.0.1", port).endsWith("front\n"));
        Awaitility.await().until(() -> get(status.getPodIP(), 80).endsWith("front\n"));
        node.delete(pod, 1);
    }

    @Test
    void podsOnTheHostsNetworkHaveItsAddress() throws Exception {
        Pod pod = run("""
                metadata: {name: hostnet}
                spec:
                  hostNetwork: true
                  hostPID: true
                  containers: [{name: main, image: IMG, command: [sleep, "1000"]}]
                """);
        PodStatus status = node.await(pod, TestNode::isReady);
        assertThat(status.getPodIP()).isEqualTo(status.getHostIP());
        assertThat(node.exec(pod, "main", "cat", "/proc/sys/kernel/hostname"))
                .isEqualTo(java.nio.file.Files.readString(java.nio.file.Path.of("/proc/sys/kernel/hostname")));
        node.delete(pod, 1);
    }

    @Test
    void usersGroupsAndRights() throws Exception {
        Pod pod = run("""
                metadata: {name: rights}
                spec:
                  shareProcessNamespace: true
                  securityContext: {runAsUser: 1000, runAsGroup: 3000, fsGroup: 2000, supplementalGroups: [4000]}
                  containers:
                  - name: main
                    image: IMG
                    command: [sleep, "1000"]
                    resources: {limits: {memory: 64Mi, cpu: 500m}}
                    securityContext:
                      readOnlyRootFilesystem: true
                      allowPrivilegeEscalation: false
                      capabilities: {drop: [ALL], add: [NET_BIND_SERVICE]}
                    volumeMounts: [{name: data, mountPath: /data}]
                  volumes: [{name: data, emptyDir: {}}]
                """);
        node.await(pod, TestNode::isReady);
        assertThat(node.exec(pod, "main", "id"))
                .contains("uid=1000", "gid=3000")
                .contains("2000", "4000");
        assertThat(node.exec(pod, "main", "sh", "-c", "touch /data/f && stat -c %g /data/f"))
                .isEqualTo("2000\n");
        assertThat(node.exec(pod, "main", "touch", "/f")).contains("Read-only file system");
        assertThat(node.exec(pod, "main", "grep", "-E", "CapBnd|NoNewPrivs", "/proc/self/status"))
                .contains("0000000000000400", "NoNewPrivs:\t1");
        assertThat(node.exec(pod, "main", "ps")).contains("/pause");
        String host = TestDocker.docker(
                "inspect",
                "-f",
                "{{.HostConfig.Memory}} {{.HostConfig.CpuQuota}} {{.HostConfig.CpuShares}}",
                node.containerId(pod, "main"));
        assertThat(host.strip()).isEqualTo("67108864 50000 512");
        node.delete(pod, 1);
    }

    @Test
    void rootIsRefusedWhereItMustNotBe() {
        Pod pod = run("""
                metadata: {name: nonroot}
                spec:
                  securityContext: {runAsNonRoot: true}
                  containers: [{name: main, image: IMG, command: [sleep, "1000"]}]
                """);
        PodStatus status = node.await(
                pod,
                current -> current.getContainerStatuses().stream()
                        .anyMatch(container -> container.getState().getWaiting() != null
                                && "CreateContainerConfigError"
                                        .equals(container
                                                .getState()
                                                .getWaiting()
                                                .getReason())));
        assertThat(status.getContainerStatuses()
                        .getFirst()
                        .getState()
                        .getWaiting()
                        .getMessage())
                .startsWith("container has runAsNonRoot and image will run as root");
        node.delete(pod, 1);
    }

    @Test
    void hooksRunBeforeAndAfter() throws Exception {
        Pod pod = run("""
                metadata: {name: hooks}
                spec:
                  terminationGracePeriodSeconds: 10
                  containers:
                  - name: main
                    image: IMG
                    command: [sh, -c, "trap 'echo term; exit 0' TERM; while true; do sleep 0.1; done"]
                    terminationMessagePolicy: FallbackToLogsOnError
                    lifecycle:
                      postStart: {exec: {command: [touch, /started]}}
                      preStop: {exec: {command: [sh, -c, "echo bye > /dev/termination-log"]}}
                """);
        node.await(pod, TestNode::isReady);
        assertThat(node.exec(pod, "main", "ls", "/started")).isEqualTo("/started\n");
        node.delete(pod, 10);
        PodStatus status = node.await(pod, current -> "Succeeded".equals(current.getPhase()));
        assertThat(status.getContainerStatuses()
                        .getFirst()
                        .getState()
                        .getTerminated()
                        .getMessage())
                .isEqualTo("bye\n");
    }

    @Test
    void whatDoesNotListenIsKilledWhenItsGraceIsOver() {
        Pod pod = run("""
                metadata: {name: deaf}
                spec:
                  containers: [{name: main, image: IMG, command: [sh, -c, "trap '' TERM; while true; do sleep 0.1; done"]}]
                """);
        node.await(pod, TestNode::isReady);
        long start = System.nanoTime();
        node.delete(pod, 30);
        node.delete(pod, 1);
        PodStatus status = node.await(pod, current -> "Failed".equals(current.getPhase()));
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(10));
        assertThat(status.getContainerStatuses()
                        .getFirst()
                        .getState()
                        .getTerminated()
                        .getExitCode())
                .isEqualTo(137);
    }

    @Test
    void theEndOfTheLogServesAsLastWords() {
        Pod pod = run("""
                metadata: {name: lastwords}
                spec:
                  restartPolicy: Never
                  containers:
                  - {name: main, image: IMG, command: [sh, -c, "echo one; echo two; exit 4"], terminationMessagePolicy: FallbackToLogsOnError}
                """);
        PodStatus status = node.await(pod, current -> "Failed".equals(current.getPhase()));
        assertThat(status.getContainerStatuses()
                        .getFirst()
                        .getState()
                        .getTerminated()
                        .getMessage())
                .isEqualTo("one\ntwo\n");
        node.delete(pod, 1);
    }

    @Test
    void podsThatTakeTooLongFail() {
        Pod pod = run("""
                metadata: {name: deadline}
                spec:
                  activeDeadlineSeconds: 2
                  terminationGracePeriodSeconds: 1
                  containers: [{name: main, image: IMG, command: [sleep, "1000"]}]
                """);
        PodStatus status = node.await(pod, current -> "Failed".equals(current.getPhase()));
        assertThat(status.getReason()).isEqualTo("DeadlineExceeded");
        node.delete(pod, 1);
    }

    @Test
    void missingObjectsAreSaidAndMended() {
        Pod pod = run("""
                metadata: {name: late-config}
                spec:
                  containers: [{name: main, image: IMG, command: [sleep, "1000"], volumeMounts: [{name: v, mountPath: /v}]}]
                  volumes: [{name: v, configMap: {name: late}}]
                """);
        Awaitility.await()
                .until(() -> node.cluster.events.stream()
                        .anyMatch(event -> event.contains("late-config WARNING FailedMount")
                                && event.contains("configmap \"late\" not found")));
        node.cluster.configMaps.put(
                new io.jubernetes.common.meta.ObjectKey("default", "late"),
                new io.fabric8.kubernetes.api.model.ConfigMapBuilder().build());
        node.await(pod, TestNode::isReady);
        node.delete(pod, 1);
    }

    @Test
    void sidecarsStartFirstAndEndLast() {
        Pod pod = run("""
                metadata: {name: sidecar}
                spec:
                  restartPolicy: Never
                  terminationGracePeriodSeconds: 2
                  initContainers:
                  - {name: side, image: IMG, restartPolicy: Always, command: [sleep, "1000"], startupProbe: {exec: {command: ["true"]}, periodSeconds: 1}}
                  containers: [{name: main, image: IMG, command: [sleep, "2"]}]
                """);
        PodStatus running = node.await(pod, TestNode::isReady);
        assertThat(running.getInitContainerStatuses().getFirst().getStarted()).isTrue();
        node.await(pod, current -> "Succeeded".equals(current.getPhase()));
        node.delete(pod, 1);
    }
}
