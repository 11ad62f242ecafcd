package io.jubernetes.kubelet.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.jubernetes.common.component.StartupException;
import io.jubernetes.common.meta.ObjectKey;
import io.jubernetes.kubelet.TestDocker;
import io.jubernetes.kubelet.TestNode;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Images from a registry that wants a password, in the words that users see.
class ImagePullTest {
    @TempDir
    private static Path directory;

    private static TestNode node;
    private static TestRegistry registry;

    @BeforeAll
    static void start() throws Exception {
        TestDocker.require();
        registry = new TestRegistry(Files.createDirectory(directory.resolve("registry")));
        node = new TestNode("pulls", "10.244.210.0/24");
        node.cluster.secrets.put(
                new ObjectKey("default", "registry"),
                new SecretBuilder()
                        .addToData(
                                ".dockerconfigjson",
                                Base64.getEncoder()
                                        .encodeToString(registry.dockerConfig().getBytes(StandardCharsets.UTF_8)))
                        .build());
    }

    @AfterAll
    static void stop() throws Exception {
        if (node != null) {
            node.close();
        }
        if (registry != null) {
            registry.close();
        }
    }

    /// @param more of the spec
    private static Pod run(String name, String image, String more) {
        return node.run("""
                metadata: {name: %s}
                spec:
                  terminationGracePeriodSeconds: 1
                  containers: [{name: main, image: "%s", command: [sleep, "1000"]}]
                %s
                """.formatted(name, image, more.indent(2)));
    }

    private static List<String> events(String pod) {
        return node.cluster.events.stream()
                .filter(event -> event.startsWith(pod + " "))
                .toList();
    }

    private static void awaitWaiting(Pod pod, String reason) {
        node.await(
                pod,
                status -> !status.getContainerStatuses().isEmpty()
                        && status.getContainerStatuses().getFirst().getState().getWaiting() != null
                        && reason.equals(status.getContainerStatuses()
                                .getFirst()
                                .getState()
                                .getWaiting()
                                .getReason()));
    }

    @Test
    void theSecretOpensTheRegistry() throws Exception {
        String image = registry.push("team/private:1");
        Pod stranger = run("stranger", image, "");
        awaitWaiting(stranger, "ImagePullBackOff");
        assertThat(events("stranger"))
                .anyMatch(event -> event.equals("stranger NORMAL Pulling: Pulling image \"" + image + "\""))
                .anyMatch(event -> event.startsWith("stranger WARNING Failed: Failed to pull image \"" + image + "\": ")
                        && event.contains("no basic auth credentials"))
                .anyMatch(event -> event.equals("stranger NORMAL BackOff: Back-off pulling image \"" + image + "\""));
        node.end(stranger);

        Pod friend = run("friend", image, "imagePullSecrets: [{name: registry}]");
        node.await(friend, TestNode::isReady);
        assertThat(events("friend"))
                .anyMatch(event -> event.matches("friend NORMAL Pulled: Successfully pulled image \"" + image
                        + "\" in \\S+ \\(\\S+ including waiting\\)\\. Image size: \\d+ bytes\\."));
        node.end(friend);
    }

    @Test
    void anUnknownImageIsSaidAndDoesNotHurtOthers() {
        Pod unknown = run("nowhere", registry.address() + "/team/nothing:9", "imagePullSecrets: [{name: registry}]");
        awaitWaiting(unknown, "ImagePullBackOff");
        assertThat(events("nowhere")).anyMatch(event -> event.contains("manifest unknown"));
        Pod other = run("beside", TestDocker.IMAGE, "");
        node.await(other, TestNode::isReady);
        node.end(other);
        node.end(unknown);
    }

    @Test
    void anImageIsAVolume() throws Exception {
        String image = registry.push("team/data:1");
        Pod pod = node.run("""
                metadata: {name: volume}
                spec:
                  terminationGracePeriodSeconds: 1
                  imagePullSecrets: [{name: registry}]
                  containers:
                  - name: main
                    image: %s
                    command: [sleep, "1000"]
                    volumeMounts: [{name: data, mountPath: /data}, {name: data, mountPath: /programs, subPath: bin}]
                  volumes: [{name: data, image: {reference: "%s", pullPolicy: IfNotPresent}}]
                """.formatted(TestDocker.IMAGE, image));
        node.await(pod, TestNode::isReady);
        assertThat(node.exec(pod, "main", "ls", "/data/bin/busybox")).isEqualTo("/data/bin/busybox\n");
        assertThat(node.exec(pod, "main", "ls", "/programs/busybox")).isEqualTo("/programs/busybox\n");
        assertThat(node.exec(pod, "main", "sh", "-c", "touch /data/x 2>&1")).contains("Read-only file system");
        assertThat(node.exec(pod, "main", "sh", "-c", "/data/bin/busybox true 2>&1"))
                .contains("Permission denied");
        String id =
                TestDocker.docker("image", "inspect", "-f", "{{.Id}}", image).strip();
        assertThat(node.engine().usedImages()).contains(id);
        node.end(pod);
        Pod missing = node.run("""
                metadata: {name: novolume}
                spec:
                  containers:
                  - {name: main, image: %s, command: [sleep, "1"], volumeMounts: [{name: data, mountPath: /data}]}
                  volumes: [{name: data, image: {reference: "%s/team/nothing:1"}}]
                """.formatted(TestDocker.IMAGE, registry.address()));
        awaitWaiting(missing, "ImagePullBackOff");
        node.end(missing);
    }

    @Test
    void aProgramKnowsTheCredentials() throws Exception {
        String image = registry.push("cloud/app:1");
        Path programs = Files.createDirectory(directory.resolve("programs"));
        Path program = Files.writeString(programs.resolve("cloud"), """
                #!/bin/sh
                cat > %s.question
                echo asked >> %s.count
                echo '{"kind":"CredentialProviderResponse","apiVersion":"credentialprovider.kubelet.k8s.io/v1",'
                echo '"cacheKeyType":"Registry","cacheDuration":"1h","auth":{"%s":{"username":"'$USER_NAME'","password":"U*U"}}}'
                """.formatted(
                        programs.resolve("cloud"), programs.resolve("cloud"), registry.address()));
        Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwx------"));
        Path config = Files.writeString(directory.resolve("providers.yaml"), """
                apiVersion: kubelet.config.k8s.io/v1
                kind: CredentialProviderConfig
                providers:
                - name: cloud
                  apiVersion: credentialprovider.kubelet.k8s.io/v1
                  matchImages: ["127.*.*.1:%s/cloud"]
                  defaultCacheDuration: 1m
                  env: [{name: USER_NAME, value: %s}]
                """.formatted(
                        registry.address().split(":")[1], TestRegistry.USER));
        node.credentials = CredentialProviders.load(config, programs, Clock.systemUTC());
        node.restart();
        Pod pod = run("cloudy", image, "");
        node.await(pod, TestNode::isReady);
        assertThat(programs.resolve("cloud.question"))
                .content()
                .contains("\"kind\":\"CredentialProviderRequest\"", "\"image\":\"" + image + "\"");
        String second = registry.push("cloud/other:1");
        Pod other = run("cloudy2", second, "");
        node.await(other, TestNode::isReady);
        assertThat(programs.resolve("cloud.count"))
                .as("the answer is for the registry")
                .hasContent("asked");
        node.end(pod);
        node.end(other);
    }

    @Test
    void aMissingProgramIsSaid() throws Exception {
        Path config = Files.writeString(directory.resolve("missing.yaml"), """
                kind: CredentialProviderConfig
                providers: [{name: nobody, apiVersion: credentialprovider.kubelet.k8s.io/v1, matchImages: [a.com]}]
                """);
        assertThatThrownBy(() -> CredentialProviders.load(config, directory, Clock.systemUTC()))
                .isInstanceOf(StartupException.class)
                .hasMessageContaining("did not exist");
    }
}
