package io.jubernetes.kubelet.pod;

import io.fabric8.kubernetes.api.model.Pod;
import io.jubernetes.kubelet.container.Resources;
import io.jubernetes.kubelet.runtime.PodRef;
import io.jubernetes.kubelet.runtime.RuntimeFailure;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Changes what a running pod may use. Only the pod's worker uses it.
final class Resizer {
    private static final Logger LOG = LoggerFactory.getLogger(Resizer.class);

    private final PodTools tools;
    private final Allocation allocation;
    private Optional<String> error = Optional.empty();
    private boolean running;

    Resizer(PodTools tools) {
        this.tools = tools;
        this.allocation = new Allocation(tools.admission());
    }

    /// The pod with what it is given.
    Pod apply(Pod wanted, PodState state) {
        return allocation.apply(wanted, state);
    }

    PodStatuses.Resizing state() {
        return new PodStatuses.Resizing(allocation.pending(), running, error);
    }

    /// Changes the limits of running containers as planned; what was stopped for it is started anew by others.
    void carryOut(Pod pod, PodPlan plan) {
        error = Optional.empty();
        running = plan.kill().stream().anyMatch(PodPlan.Kill::forResize);
        if (plan.resize().isEmpty() && !running) {
            return;
        }
        // The pod's own limits grow before those of its containers, and shrink after them.
        tools.cgroups().ensure(pod);
        for (PodPlan.Resize one : plan.resize()) {
            try {
                tools.runtime().updateContainer(one.container().id(), Resources.limits(one.wanted()));
                var _ = tools.states().refresh(one.container().id());
            } catch (RuntimeFailure e) {
                error = Optional.of(e.getMessage());
                running = true;
                LOG.warn(
                        "pod {}: cannot resize {}: {}",
                        PodRef.of(pod),
                        one.container().name(),
                        e.getMessage());
            }
        }
        tools.cgroups().ensure(pod);
    }
}
