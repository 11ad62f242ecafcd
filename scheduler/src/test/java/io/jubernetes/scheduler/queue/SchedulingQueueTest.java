package io.jubernetes.scheduler.queue;

import static org.assertj.core.api.Assertions.assertThat;

import io.jubernetes.scheduler.TestObjects;
import io.jubernetes.scheduler.framework.ClusterEvent;
import io.jubernetes.scheduler.framework.ClusterEvent.Action;
import io.jubernetes.scheduler.framework.ClusterEvent.Resource;
import io.jubernetes.scheduler.framework.PodInfo;
import io.jubernetes.scheduler.framework.Resources;
import io.jubernetes.scheduler.framework.Wakeup;
import io.jubernetes.scheduler.plugins.PrioritySort;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class SchedulingQueueTest {
    private static final ClusterEvent NODE_ADDED = new ClusterEvent(Resource.NODE, Set.of(Action.ADD), null, null);
    private static final ClusterEvent NODE_LABELS =
            new ClusterEvent(Resource.NODE, Set.of(Action.UPDATE_LABELS), null, null);

    private Instant now = Instant.parse("2026-01-01T00:00:00Z");
    private final Resources resources = new Resources();

    /// A pre-enqueue plugin that holds all pods back, if there is one.
    private @Nullable String holder;

    private final Map<String, List<Wakeup>> wakeups = Map.of(
            "Fit", List.of(Wakeup.on(Resource.NODE, Set.of(Action.ADD))),
            "Claims", List.of(Wakeup.on(Resource.NODE, Set.of(Action.ADD))),
            "Never", List.of());
    private final SchedulingQueue queue = new SchedulingQueue(
            () -> now,
            SchedulingQueue.Backoff.DEFAULT,
            new PrioritySort().order(),
            pod -> pod.pod().getSpec().getSchedulingGates().isEmpty() ? holder : "SchedulingGates",
            (_, name) -> wakeups.getOrDefault(name, List.of()));

    private PodInfo pod(String name, int priority) {
        return PodInfo.of(
                TestObjects.pod(name, "1", "1Gi")
                        .editSpec()
                        .withPriority(priority)
                        .endSpec()
                        .build(),
                resources);
    }

    private QueuedPod take(String name) {
        QueuedPod pod = Objects.requireNonNull(queue.poll());
        assertThat(pod.pod().key().name()).isEqualTo(name);
        return pod;
    }

    @Test
    void higherPriorityGoesFirstThenFirstCome() {
        queue.put(pod("low", 0), true);
        now = now.plusSeconds(1);
        queue.put(pod("low2", 0), true);
        queue.put(pod("high", 10), true);
        take("high");
        take("low");
        take("low2");
        assertThat(queue.poll()).isNull();
    }

    @Test
    void aParkedPodIsWokenOnlyByWhatMayHelpIt() {
        queue.put(pod("a", 0), true);
        queue.park(take("a"), Set.of("Fit"));
        assertThat(queue.poll()).isNull();
        queue.onEvent(NODE_LABELS);
        assertThat(queue.poll()).isNull();
        queue.onEvent(NODE_ADDED);
        take("a");
    }

    @Test
    void withNobodyToBlameAnythingMayHelp() {
        queue.put(pod("a", 0), true);
        queue.park(take("a"), Set.of());
        queue.onEvent(NODE_LABELS);
        take("a");
    }

    @Test
    void aWokenPodLetsOthersGoFirstWhileItsBackOffRuns() {
        queue.put(pod("a", 10), true);
        queue.park(take("a"), Set.of("Fit"));
        queue.put(pod("b", 0), true);
        queue.onEvent(NODE_ADDED);
        assertThat(queue.backingOffCount()).isEqualTo(1);
        take("b");
        take("a");
    }

    @Test
    void anErrorIsWaitedOutWithGrowingTimes() {
        queue.put(pod("a", 0), true);
        for (long seconds : new long[] {1, 2, 4, 8, 10, 10}) {
            queue.retryLater(take("a"));
            now = now.plusSeconds(seconds).minusMillis(1);
            assertThat(queue.poll()).isNull();
            assertThat(queue.nextDue()).contains(now.plusMillis(1));
            now = now.plusMillis(1);
        }
        take("a");
    }

    @Test
    void aLongParkedPodIsTriedAgain() {
        queue.put(pod("a", 0), true);
        queue.park(take("a"), Set.of("Never"));
        now = now.plusSeconds(299);
        assertThat(queue.poll()).isNull();
        now = now.plusSeconds(1);
        take("a");
    }

    @Test
    void aGatedPodWaitsForItsGatesToGo() {
        var gated = TestObjects.pod("a", "1", "1Gi")
                .editSpec()
                .addNewSchedulingGate("hold")
                .endSpec()
                .build();
        queue.put(PodInfo.of(gated, resources), true);
        assertThat(queue.gatedCount()).isEqualTo(1);
        assertThat(queue.poll()).isNull();
        queue.put(pod("a", 0), true);
        take("a");
        assertThat(queue.gatedCount()).isZero();
    }

    @Test
    void aGatedPodIsLookedAtAgainWhenWhatHoldsItBackSaysSo() {
        holder = "Claims";
        queue.put(pod("a", 0), true);
        holder = null;
        queue.onEvent(NODE_LABELS);
        assertThat(queue.gatedCount()).isEqualTo(1);
        queue.onEvent(NODE_ADDED);
        assertThat(queue.gatedCount()).isZero();
        take("a");
    }

    @Test
    void aRemovedPodDoesNotComeBack() {
        queue.put(pod("a", 0), true);
        QueuedPod inFlight = take("a");
        queue.remove("uid-a");
        queue.park(inFlight, Set.of());
        queue.retryLater(inFlight);
        now = now.plusSeconds(1000);
        assertThat(queue.poll()).isNull();
        assertThat(queue.parkedCount()).isZero();
    }
}
