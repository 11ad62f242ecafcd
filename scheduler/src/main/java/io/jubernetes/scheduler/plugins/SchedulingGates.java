package io.jubernetes.scheduler.plugins;

import io.jubernetes.scheduler.framework.ClusterEvent.Action;
import io.jubernetes.scheduler.framework.ClusterEvent.Resource;
import io.jubernetes.scheduler.framework.PodInfo;
import io.jubernetes.scheduler.framework.PreEnqueuePlugin;
import io.jubernetes.scheduler.framework.Wakeup;
import java.util.List;
import java.util.Set;

/// Holds pods that still have scheduling gates.
public final class SchedulingGates implements PreEnqueuePlugin {
    @Override
    public String name() {
        return "SchedulingGates";
    }

    @Override
    public boolean mayEnter(PodInfo pod) {
        return pod.pod().getSpec().getSchedulingGates().isEmpty();
    }

    @Override
    public List<Wakeup> wakeups() {
        return List.of(Wakeup.on(Resource.UNSCHEDULED_POD, Set.of(Action.UPDATE_GATES)));
    }
}
