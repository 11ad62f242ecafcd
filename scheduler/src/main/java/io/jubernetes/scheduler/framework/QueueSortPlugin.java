package io.jubernetes.scheduler.framework;

import java.time.Instant;
import java.util.Comparator;

/// Orders the pods that are ready to be scheduled; exactly one is enabled.
public interface QueueSortPlugin extends Plugin {
    /// A pod in the queue.
    ///
    /// @param since when it came into the queue first
    record Queued(PodInfo pod, Instant since) {}

    /// The pod that compares lower goes first.
    Comparator<Queued> order();
}
