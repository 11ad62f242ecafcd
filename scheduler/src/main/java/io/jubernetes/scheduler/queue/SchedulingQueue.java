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
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// Decides which pod is tried next. A pod that fitted nowhere is parked until an event may help it, by the plugins
/// that turned it down; then it waits out its back-off of 1 to 10 seconds, unless nothing else is to be done. A
/// pod whose try
/// failed by an error always waits out its back-off. Pods parked for five minutes are tried again anyway.
///
/// Holds one entry a pod, so it is bounded by the cluster's waiting pods. Not thread-safe: the scheduling thread
/// alone uses it.
public final class SchedulingQueue {
    private static final Duration FIRST_BACKOFF = Duration.ofSeconds(1);
    private static final Duration MAX_BACKOFF = Duration.ofSeconds(10);
    private static final Duration LONG_PARKED = Duration.ofMinutes(5);

    private final InstantSource clock;
    private final Predicate<PodInfo> mayEnter;
    private final Function<String, List<Wakeup>> wakeupsOf;
    private final Map<String, QueuedPod> byUid = new HashMap<>();
    private final TreeSet<QueuedPod> ready;
    private final TreeSet<QueuedPod> backingOff = new TreeSet<>(
            Comparator.<QueuedPod, Instant>comparing(pod -> pod.backoffUntil).thenComparingLong(QueuedPod::sequence));
    private final Set<QueuedPod> parked = new LinkedHashSet<>();
    private int gated;
    private long sequence;

    /// @param mayEnter whether no pre-enqueue plugin holds the pod back
    /// @param wakeupsOf what may help the pods that a plugin turned down
    public SchedulingQueue(
            InstantSource clock,
            Comparator<Queued> order,
            Predicate<PodInfo> mayEnter,
            Function<String, List<Wakeup>> wakeupsOf) {
        this.clock = clock;
        this.mayEnter = mayEnter;
        this.wakeupsOf = wakeupsOf;
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
        pod.backoffUntil = now.plus(backoff(pod.attempts));
        pod.parkedAt = now;
        pod.place = Place.PARKED;
        parked.add(pod);
    }

    /// Gives a pod back whose try failed by an error, such as a refused binding.
    public void retryLater(QueuedPod pod) {
        if (isGone(pod)) {
            return;
        }
        pod.failedByError = true;
        pod.rejectedBy = Set.of();
        pod.backoffUntil = clock.instant().plus(backoff(pod.attempts));
        pod.place = Place.BACKING_OFF;
        backingOff.add(pod);
    }

    /// Wakes the parked pods that an event may help.
    public void onEvent(ClusterEvent event) {
        var woken = new ArrayList<QueuedPod>();
        for (QueuedPod pod : parked) {
            if (mayHelp(pod, event)) {
                woken.add(pod);
            }
        }
        for (QueuedPod pod : woken) {
            takeOut(pod);
            putBack(pod);
        }
    }

    /// Whether a change of the waiting pod itself may help it.
    public boolean mayHelp(String uid, ClusterEvent event) {
        QueuedPod pod = byUid.get(uid);
        return pod != null && mayHelp(pod, event);
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
        return gated;
    }

    private boolean isGone(QueuedPod pod) {
        return !pod.equals(byUid.get(pod.pod().uid()));
    }

    private boolean mayHelp(QueuedPod pod, ClusterEvent event) {
        if (pod.rejectedBy.isEmpty()) {
            return true;
        }
        for (String plugin : pod.rejectedBy) {
            for (Wakeup wakeup : wakeupsOf.apply(plugin)) {
                if (wakeup.resource() == event.resource()
                        && wakeup.actions().stream().anyMatch(event.actions()::contains)
                        && wakeup.hint().helps(pod.pod(), event.before(), event.after())) {
                    return true;
                }
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
        if (mayEnter.test(pod.pod())) {
            putBack(pod);
        } else {
            pod.place = Place.GATED;
            gated++;
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
            case PARKED -> parked.remove(pod);
            case GATED -> gated--;
            case IN_FLIGHT -> {}
        }
        pod.place = Place.IN_FLIGHT;
    }

    private static Duration backoff(int attempts) {
        long millis = FIRST_BACKOFF.toMillis() << Math.clamp(attempts - 1, 0, 20);
        return Duration.ofMillis(Math.min(millis, MAX_BACKOFF.toMillis()));
    }
}
