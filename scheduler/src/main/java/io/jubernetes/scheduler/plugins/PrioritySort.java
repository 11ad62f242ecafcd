package io.jubernetes.scheduler.plugins;

import io.jubernetes.scheduler.framework.QueueSortPlugin;
import java.util.Comparator;

/// Higher priority first, then first come first served.
public final class PrioritySort implements QueueSortPlugin {
    @Override
    public String name() {
        return "PrioritySort";
    }

    @Override
    public Comparator<Queued> order() {
        return Comparator.<Queued>comparingInt(queued -> queued.pod().priority())
                .reversed()
                .thenComparing(Queued::since);
    }
}
