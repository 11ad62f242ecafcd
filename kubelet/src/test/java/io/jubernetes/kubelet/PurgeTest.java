package io.jubernetes.kubelet;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.jubernetes.kubelet.runtime.docker.DockerEndpoint;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/// What nobody wants any more is removed, and only that.
class PurgeTest {
    private static final String POD = """
            metadata: {name: NAME}
            spec:
              terminationGracePeriodSeconds: 1
              containers: [{name: main, image: IMG, command: [sleep, "1000"], volumeMounts: [{name: m, mountPath: /m}]}]
              volumes: [{name: m, emptyDir: {medium: Memory}}]
            """.replace("IMG", TestDocker.IMAGE);

    @Test
    void orphansAreRemovedAndOthersKept() throws Exception {
        TestDocker.require();
        try (var node = new TestNode("orphans", "10.244.205.0/24")) {
            Pod orphan = node.run(POD.replace("NAME", "orphan"));
            Pod kept = node.run(POD.replace("NAME", "kept"));
            node.await(orphan, TestNode::isReady);
            node.await(kept, TestNode::isReady);
            String before = node.containerId(kept, "main");
            node.restart();
            node.engine().workers().set(kept);
            node.engine().workers().removeOrphans(List.of(kept.getMetadata().getUid()));
            Awaitility.await()
                    .atMost(Duration.ofSeconds(20))
                    .until(() -> !node.root
                            .resolve("pods")
                            .resolve(orphan.getMetadata().getUid())
                            .toFile()
                            .exists());
            assertThat(TestDocker.docker("ps", "-a", "--format", "{{.Names}}")).doesNotContain("orphan_default");
            assertThat(node.containerId(kept, "main")).isEqualTo(before);
        }
    }

    @Test
    void purgeLeavesNothing() throws Exception {
        TestDocker.require();
        try (var node = new TestNode("purge", "10.244.206.0/24")) {
            Pod pod = node.run(POD.replace("NAME", "purged"));
            node.await(pod, TestNode::isReady);
            node.engine().close();
            var docker = DockerEndpoint.of(null, Map.of());
            assertThat(KubeletPurge.purge("purge", node.root, "10.240.0.0/13", docker))
                    .isEqualTo(2);
            assertThat(TestDocker.docker("ps", "-a", "--format", "{{.Names}}")).doesNotContain("purged_default");
            assertThat(TestDocker.docker("network", "ls", "--format", "{{.Name}}"))
                    .doesNotContain("jubernetes-purge-");
            assertThat(node.root.resolve("pods")).isEmptyDirectory();
            assertThat(java.nio.file.Files.readString(java.nio.file.Path.of("/proc/self/mountinfo")))
                    .doesNotContain(node.root.toString());
            assertThat(KubeletPurge.purge("purge", node.root, "10.240.0.0/13", docker))
                    .isZero();
        }
    }
}
