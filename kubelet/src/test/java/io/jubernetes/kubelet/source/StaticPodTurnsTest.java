package io.jubernetes.kubelet.source;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.jubernetes.kubelet.FakeCluster;
import org.junit.jupiter.api.Test;

/// Manifests that give the same name.
class StaticPodTurnsTest {
    private final RecordedPods running = new RecordedPods();
    private final FakeCluster cluster = new FakeCluster();
    private final StaticPodTurns turns = new StaticPodTurns(running, cluster);

    private static Pod pod(String name, String uid) {
        return new PodBuilder()
                .withNewMetadata()
                .withName(name)
                .withNamespace("default")
                .withUid(uid)
                .addToAnnotations(StaticPods.SOURCE, "file")
                .endMetadata()
                .build();
    }

    @Test
    void theSecondOfANameWaitsForTheEndOfTheFirst() {
        turns.set(pod("web", "1"));
        turns.set(pod("web", "2"));
        turns.set(pod("db", "3"));
        assertThat(running.pods).containsOnlyKeys("1", "3");
        assertThat(cluster.events)
                .containsExactly("web WARNING FailedValidation: Error validating pod web_default(2) from file due to"
                        + " duplicate pod name \"web\", ignoring");
        turns.remove("1");
        assertThat(running.pods).containsOnlyKeys("3");
        turns.ended("1");
        assertThat(running.pods).containsOnlyKeys("2", "3");
    }

    @Test
    void aChangedManifestIsNoDuplicate() {
        turns.set(pod("web", "1"));
        turns.remove("1");
        turns.set(pod("web", "2"));
        assertThat(running.pods).isEmpty();
        turns.ended("1");
        assertThat(running.pods).containsOnlyKeys("2");
        assertThat(cluster.events).isEmpty();
    }

    @Test
    void aWaitingPodThatGoesNeverRuns() {
        turns.set(pod("web", "1"));
        turns.set(pod("web", "2"));
        turns.remove("2");
        turns.remove("1");
        turns.ended("1");
        assertThat(running.pods).isEmpty();
    }
}
