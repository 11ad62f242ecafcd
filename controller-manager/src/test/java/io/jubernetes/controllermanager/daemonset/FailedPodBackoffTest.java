package io.jubernetes.controllermanager.daemonset;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.apps.DaemonSet;
import io.jubernetes.controllermanager.testing.Written;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class FailedPodBackoffTest {
    private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");
    private static final DaemonSet SET = Written.as(DaemonSet.class, "{metadata: {name: ds, uid: ds, generation: 1}}");

    private static Pod pod(String uid) {
        return Written.as(Pod.class, "{metadata: {uid: " + uid + "}, spec: {nodeName: n}}");
    }

    @Test
    void theFirstGoesAtOnceAndEachFurtherOneLater() {
        var backoff = new FailedPodBackoff();
        assertThat(backoff.failed(SET, pod("a"), NOW)).isTrue();
        assertThat(backoff.isWaiting(SET, pod("a"), NOW)).isFalse();
        assertThat(backoff.failed(SET, pod("b"), NOW)).isFalse();
        assertThat(backoff.isWaiting(SET, pod("b"), NOW)).isTrue();
        assertThat(backoff.untilNext(SET, List.of(pod("b")), NOW)).isGreaterThanOrEqualTo(Duration.ofSeconds(1));
        Instant later = NOW.plusSeconds(1);
        assertThat(backoff.failed(SET, pod("b"), later)).isTrue();
        assertThat(backoff.isWaiting(SET, pod("c"), later.plusMillis(1900))).isTrue();
        assertThat(backoff.isWaiting(SET, pod("c"), later.plusSeconds(2))).isFalse();
    }

    @Test
    void aLongQuietTimeEndsIt() {
        var backoff = new FailedPodBackoff();
        Instant at = NOW;
        for (int i = 0; i < 20; i++) {
            assertThat(backoff.failed(SET, pod("p" + i), at)).isTrue();
            at = at.plus(Duration.ofMinutes(15));
        }
        assertThat(backoff.isWaiting(SET, pod("x"), at.minusSeconds(1))).isTrue();
        at = at.plus(Duration.ofHours(1));
        assertThat(backoff.failed(SET, pod("y"), at)).isTrue();
        assertThat(backoff.isWaiting(SET, pod("z"), at.plusSeconds(1))).isFalse();
    }
}
