package io.jubernetes.common.controller;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.jubernetes.common.meta.ObjectKey;
import io.jubernetes.common.testing.MemoryCache;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class OwnWritesTest {
    private static final ObjectKey OWNER = new ObjectKey("ns", "set");
    private final AtomicLong now = new AtomicLong();
    private final MemoryCache<Pod> cache = new MemoryCache<>();
    private final OwnWrites<Pod> writes = new OwnWrites<>(cache, now::get);

    private static Pod pod(String name, long revision) {
        return new PodBuilder()
                .withNewMetadata()
                .withNamespace("ns")
                .withName(name)
                .withUid(name)
                .withResourceVersion(Long.toString(revision))
                .endMetadata()
                .build();
    }

    @Test
    void aCreationIsPendingUntilTheCacheReachesItsRevision() {
        writes.wrote(OWNER, pod("a", 10));
        writes.wrote(OWNER, pod("b", 9));
        assertThat(writes.behind(OWNER)).isTrue();
        assertThat(writes.behind(new ObjectKey("ns", "other"))).isFalse();
        cache.revision(9);
        assertThat(writes.behind(OWNER)).isTrue();
        cache.revision(10);
        assertThat(writes.behind(OWNER)).isFalse();
    }

    @Test
    void aDeletionIsPendingUntilTheObjectIsGoneOrTerminating() {
        cache.put(pod("a", 1));
        cache.put(pod("b", 2));
        writes.deleted(OWNER, pod("a", 1));
        writes.deleted(OWNER, pod("b", 2));
        cache.remove(new ObjectKey("ns", "a"));
        assertThat(writes.behind(OWNER)).isTrue();
        cache.put(pod("b", 3).toBuilder()
                .editMetadata()
                .withDeletionTimestamp("2026-01-01T00:00:00Z")
                .endMetadata()
                .build());
        assertThat(writes.behind(OWNER)).isFalse();
    }

    @Test
    void whatIsNeverSeenIsGivenUp() {
        writes.wrote(OWNER, pod("a", 10));
        now.addAndGet(Duration.ofMinutes(6).toNanos());
        assertThat(writes.behind(OWNER)).isFalse();
    }
}
