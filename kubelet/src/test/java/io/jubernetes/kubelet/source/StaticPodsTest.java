package io.jubernetes.kubelet.source;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StaticPodsTest {
    private static final String MANIFEST =
            "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec: {containers: [{name: c, image: i}]}\n";

    @Test
    void aManifestBecomesAPodOfThisNode() throws Exception {
        byte[] bytes = MANIFEST.getBytes(StandardCharsets.UTF_8);
        Pod pod = StaticPods.read(bytes, "file", "/a", "node1", Instant.EPOCH);
        assertThat(pod.getMetadata().getName()).isEqualTo("web-node1");
        assertThat(pod.getMetadata().getNamespace()).isEqualTo("default");
        assertThat(pod.getSpec().getNodeName()).isEqualTo("node1");
        assertThat(StaticPods.isStatic(pod)).isTrue();
        assertThat(StaticPods.isMirror(pod)).isFalse();
        String uid = pod.getMetadata().getUid();
        assertThat(StaticPods.read(bytes, "file", "/a", "node1", Instant.MAX)
                        .getMetadata()
                        .getUid())
                .isEqualTo(uid);
        assertThat(StaticPods.read(bytes, "file", "/b", "node1", Instant.EPOCH)
                        .getMetadata()
                        .getUid())
                .isNotEqualTo(uid);
        assertThat(StaticPods.read(bytes, "file", "/a", "node2", Instant.EPOCH)
                        .getMetadata()
                        .getUid())
                .isNotEqualTo(uid);
    }

    @Test
    void filesComeAndGo(@TempDir Path directory) throws Exception {
        List<String> told = new CopyOnWriteArrayList<>();
        var sink = new PodSink() {
            @Override
            public void set(Pod pod) {
                told.add("+" + pod.getMetadata().getName());
            }

            @Override
            public void remove(String uid) {
                told.add("-");
            }
        };
        Files.writeString(directory.resolve("bad.yaml"), "kind: Service\n");
        Files.writeString(directory.resolve(".hidden"), MANIFEST);
        try (var source = new FilePodSource(directory, "n", sink, Duration.ofSeconds(20), Clock.systemUTC())) {
            source.start();
            assertThat(source.uids()).isEmpty();
            Files.writeString(directory.resolve("web.yaml"), MANIFEST);
            Awaitility.await().until(() -> told.equals(List.of("+web-n")));
            Files.writeString(directory.resolve("web.yaml"), MANIFEST.replace("image: i", "image: j"));
            Awaitility.await().until(() -> told.equals(List.of("+web-n", "-", "+web-n")));
            Files.delete(directory.resolve("web.yaml"));
            Awaitility.await().until(() -> told.size() == 4 && told.getLast().equals("-"));
        }
    }
}
