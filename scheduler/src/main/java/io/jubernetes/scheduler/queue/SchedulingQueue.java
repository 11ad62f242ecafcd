package io.jubernetes.scheduler.queue;

import io.jubernetes.scheduler.framework.ClusterEvent;
import io.jubernetes.scheduler.framework.PodInfo;
import io.jubernetes.scheduler.framework.QueueSortPlugin.Queued;
import io.jubernetes.scheduler.framework.Wakeup;
import io.jubernetes.scheduler.queue.QueuedPod.Place;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// Decides which pod is tried next. A pod that fitted nowhere is parked until an event may help it, by the
/// plugins that turned it down; then it waits out its back-off of 1 to 10 seconds, unless nothing else is to be
/// done. A pod whose try failed by an error always waits out its back-off. Pods parked for five minutes are
/// tried again anyway.
///
/// Holds one entry a pod, so it is bounded by the cluster's waiting pods. Not thread-safe: the scheduling thread
/// alone uses it.
public final class SchedulingQueue {
    private static final Duration LONG_PARKED = Duration.ofMinutes(5);

    /// How long a pod waits after a try.
    ///
    /// @param first after the first one; it doubles with each
    /// @param max at most
    public record Backoff(Duration first, Duration max) {
        public static final Backoff DEFAULT = new Backoff(Duration.ofSeconds(1), Duration.ofSeconds(10));

        Duration after(int attempts) {
            long millis = first.toMillis() << Math.clamp(attempts - 1, 0, 20);
            return millis > max.toMillis() ? max : Duration.ofMillis(millis);
        }
    }

    /// Finds what may help the pods that a plugin turned down.
    @FunctionalInterface
    public interface Wakeups {
        List<Wakeup> of(PodInfo pod, String plugin);
    }

    /// Pods that were turned down by the same plugins and so wait for the same events.
    private record Reason(String profile, Set<String> rejectedBy) {}

    private final InstantSource clock;
    private final Backoff backoff;
    private final Function<PodInfo, @Nullable String> heldBackBy;
    private final Wakeups wakeups;
    private final Map<String, QueuedPod> byUid = new HashMap<>();
    private final TreeSet<QueuedPod> ready;
    private final TreeSet<QueuedPod> backingOff = new TreeSet<>(
            Comparator.<QueuedPod, Instant>comparing(pod -> pod.backoffUntil).thenComparingLong(QueuedPod::sequence));
    private final Set<QueuedPod> parked = new LinkedHashSet<>();

    /// The parked and the gated pods.
    private final Map<Reason, Set<QueuedPod>> waitingFor = new HashMap<>();

    private final Set<QueuedPod> gated = new LinkedHashSet<>();
    private long sequence;

    /// @param heldBackBy the pre-enqueue plugin that holds a pod back, or null
    public SchedulingQueue(
            InstantSource clock,
            Backoff backoff,
            Comparator<Queued> order,
            Function<PodInfo, @Nullable String> heldBackBy,
            Wakeups wakeups) {
        this.clock = clock;
        this.backoff = backoff;
        this.heldBackBy = heldBackBy;
        this.wakeups = wakeups;
        this.ready =
                new TreeSet<>(Comparator.comparing(QueuedPod::sortKey, order).thenComparingLong(QueuedPod::sequence));
    }

    /// A waiting pod appeared or changed.
    ///
    /// @param relevant whether it changed in a way that may make it schedulable
    public void put(PodInfo pod, boolean relevant) {
        QueuedPod queued = byUid.get(pod.uid());
        if (queued == null) {
            queued = new QueuedPod(pod, clock.instant(), sequence++);
            byUid.put(pod.uid(), queued);
            enter(queued);
            return;
        }
        switch (queued.place) {
            case IN_FLIGHT -> queued.pod(pod);
            case READY, BACKING_OFF -> {
                // Its order may depend on what changed.
                takeOut(queued);
                queued.pod(pod);
                putBack(queued);
            }
            case GATED -> {
                takeOut(queued);
                queued.pod(pod);
                enter(queued);
            }
            case PARKED -> {
                queued.pod(pod);
                if (relevant) {
                    takeOut(queued);
                    putBack(queued);
                }
            }
        }
    }

    /// A pod needs no node any more: it has one, or is gone.
    public void remove(String uid) {
        QueuedPod queued = byUid.remove(uid);
        if (queued != null) {
            takeOut(queued);
        }
    }

    /// Takes the next pod to try, or null when none should be tried now. It is in flight until it is given back by
    /// [#park] or [#retryLater] or is removed.
    public @Nullable QueuedPod poll() {
        flush();
        QueuedPod next = ready.pollFirst();
        if (next == null) {
            next = backingOff.stream()
                    .filter(pod -> !pod.failedByError)
                    .findFirst()
                    .orElse(null);
            if (next == null) {
                return null;
            }
            backingOff.remove(next);
        }
        next.place = Place.IN_FLIGHT;
        next.attempts++;
        return next;
    }

    /// Gives a pod back that fits nowhere.
    ///
    /// @param rejectedBy the plugins that turned it down
    public void park(QueuedPod pod, Set<String> rejectedBy) {
        if (isGone(pod)) {
            return;
        }
        Instant now = clock.instant();
        pod.failedByError = false;
        pod.rejectedBy = Set.copyOf(rejectedBy);
        pod.backoffUntil = now.plus(backoff.after(pod.attempts));
        pod.parkedAt = now;
        pod.place = Place.PARKED;
        parked.add(pod);
        await(pod);
    }

    /// Gives a pod back whose try failed by an error, such as a refused binding.
    public void retryLater(QueuedPod pod) {
        if (isGone(pod)) {
            return;
        }
        pod.failedByError = true;
        pod.rejectedBy = Set.of();
        pod.backoffUntil = clock.instant().plus(backoff.after(pod.attempts));
        pod.place = Place.BACKING_OFF;
        backingOff.add(pod);
    }

    /// Wakes the parked pods that an event may help, and lets in those that nothing holds back any more.
    ///
    /// @return how many were woken
    public int onEvent(ClusterEvent event) {
        var woken = new ArrayList<QueuedPod>();
        for (Map.Entry<Reason, Set<QueuedPod>> group : waitingFor.entrySet()) {
            QueuedPod any = group.getValue().iterator().next();
            List<Wakeup> interested = interested(any, event);
            // Whole groups wait for other things, however many pods they have.
            if (any.rejectedBy.isEmpty() || !interested.isEmpty()) {
                for (QueuedPod pod : group.getValue()) {
                    if (any.rejectedBy.isEmpty() || mayHelp(pod, interested, event)) {
                        woken.add(pod);
                    }
                }
            }
        }
        woken.forEach(this::wake);
        return (int) woken.stream().filter(pod -> pod.place != Place.GATED).count();
    }

    /// Has a parked pod tried again whatever turned it down.
    public void wake(String uid) {
        QueuedPod pod = byUid.get(uid);
        if (pod != null && pod.place == Place.PARKED) {
            wake(pod);
        }
    }

    private void wake(QueuedPod pod) {
        boolean held = pod.place == Place.GATED;
        takeOut(pod);
        if (held) {
            enter(pod);
        } else {
            putBack(pod);
        }
    }

    /// Whether a change of the waiting pod itself may help it.
    public boolean mayHelp(String uid, ClusterEvent event) {
        QueuedPod pod = byUid.get(uid);
        return pod != null && (pod.rejectedBy.isEmpty() || mayHelp(pod, interested(pod, event), event));
    }

    /// When [#poll] may have something new to give although nothing happens.
    public Optional<Instant> nextDue() {
        Instant due = null;
        if (!backingOff.isEmpty()) {
            due = backingOff.first().backoffUntil;
        }
        if (!parked.isEmpty()) {
            Instant tired = parked.iterator().next().parkedAt.plus(LONG_PARKED);
            due = due == null || tired.isBefore(due) ? tired : due;
        }
        return Optional.ofNullable(due);
    }

    public int readyCount() {
        return ready.size();
    }

    public int backingOffCount() {
        return backingOff.size();
    }

    public int parkedCount() {
        return parked.size();
    }

    public int gatedCount() {
        return gated.size();
    }

    private static Reason reason(QueuedPod pod) {
        return new Reason(pod.pod().schedulerName(), pod.rejectedBy);
    }

    private boolean isGone(QueuedPod pod) {
        return !pod.equals(byUid.get(pod.pod().uid()));
    }

    private List<Wakeup> interested(QueuedPod pod, ClusterEvent event) {
        var interested = new ArrayList<Wakeup>();
        for (String plugin : pod.rejectedBy) {
            for (Wakeup wakeup : wakeups.of(pod.pod(), plugin)) {
                if (wakeup.resource() == event.resource() && !Collections.disjoint(wakeup.actions(), event.actions())) {
                    interested.add(wakeup);
                }
            }
        }
        return interested;
    }

    private static boolean mayHelp(QueuedPod pod, List<Wakeup> interested, ClusterEvent event) {
        for (Wakeup wakeup : interested) {
            if (wakeup.hint().helps(pod.pod(), event.before(), event.after())) {
                return true;
            }
        }
        return false;
    }

    private void flush() {
        Instant now = clock.instant();
        while (!backingOff.isEmpty() && !backingOff.first().backoffUntil.isAfter(now)) {
            QueuedPod pod = backingOff.pollFirst();
            if (pod != null) {
                pod.place = Place.READY;
                ready.add(pod);
            }
        }
        // In the order they were parked, so the first that is not due ends the search.
        while (!parked.isEmpty()) {
            QueuedPod pod = parked.iterator().next();
            if (pod.parkedAt.plus(LONG_PARKED).isAfter(now)) {
                return;
            }
            takeOut(pod);
            putBack(pod);
        }
    }

    private void enter(QueuedPod pod) {
        String holder = heldBackBy.apply(pod.pod());
        if (holder == null) {
            pod.rejectedBy = Set.of();
            putBack(pod);
        } else {
            pod.place = Place.GATED;
            pod.rejectedBy = Set.of(holder);
            gated.add(pod);
            await(pod);
        }
    }

    private void putBack(QueuedPod pod) {
        if (pod.backoffUntil.isAfter(clock.instant())) {
            pod.place = Place.BACKING_OFF;
            backingOff.add(pod);
        } else {
            pod.place = Place.READY;
            ready.add(pod);
        }
    }

    private void takeOut(QueuedPod pod) {
        switch (pod.place) {
            case READY -> ready.remove(pod);
            case BACKING_OFF -> backingOff.remove(pod);
            case PARKED -> {
                parked.remove(pod);
                awaitNoMore(pod);
            }
            case GATED -> {
                gated.remove(pod);
                awaitNoMore(pod);
            }
            case IN_FLIGHT -> {}
        }
        pod.place = Place.IN_FLIGHT;
    }

    private void await(QueuedPod pod) {
        waitingFor.computeIfAbsent(reason(pod), _ -> new LinkedHashSet<>()).add(pod);
    }

    private void awaitNoMore(QueuedPod pod) {
        waitingFor.computeIfPresent(reason(pod), (_, group) -> {
            group.remove(pod);
            return group.isEmpty() ? null : group;
        });
    }
}
