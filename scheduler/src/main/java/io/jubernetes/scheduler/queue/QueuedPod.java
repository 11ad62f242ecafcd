package io.jubernetes.scheduler.queue;

import io.jubernetes.scheduler.framework.PodInfo;
import io.jubernetes.scheduler.framework.QueueSortPlugin.Queued;
import java.time.Instant;
import java.util.Set;

/// A pod on its way through the queue. Only the scheduling thread touches it.
public final class QueuedPod {
    enum Place {
        READY,
        BACKING_OFF,
        PARKED,
        GATED,
        IN_FLIGHT
    }

    private final Instant since;
    private final long sequence;
    private PodInfo pod;
    Place place = Place.IN_FLIGHT;
    int attempts;
    /// Until when it must not be tried again.
    Instant backoffUntil = Instant.EPOCH;
    Instant parkedAt = Instant.EPOCH;
    /// Whether the last try failed by an error and not for want of a node.
    boolean failedByError;
    /// The plugins that turned it down or hold it back; empty when none is to blame, then anything may help.
    Set<String> rejectedBy = Set.of();

    QueuedPod(PodInfo pod, Instant since, long sequence) {
        this.pod = pod;
        this.since = since;
        this.sequence = sequence;
    }

    public PodInfo pod() {
        return pod;
    }

    void pod(PodInfo state) {
        pod = state;
    }

    /// When it came into the queue first.
    public Instant since() {
        return since;
    }

    /// How often it was tried, the running try included.
    public int attempts() {
        return attempts;
    }

    long sequence() {
        return sequence;
    }

    Queued sortKey() {
        return new Queued(pod, since);
    }
}
