package io.jubernetes.kubelet.pod;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.Pod;
import io.jubernetes.kubelet.container.ContainerSpecs;
import io.jubernetes.kubelet.container.Resources;
import io.jubernetes.kubelet.runtime.ContainerInfo;
import io.jubernetes.kubelet.runtime.ContainerPhase;
import io.jubernetes.kubelet.runtime.ContainerSpec;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// What is to be done with a pod that shall run: a pure function of its spec, what runs, and what probes say.
///
/// @param killPod stop everything, the sandbox too
/// @param sandboxAttempt the number of the sandbox to be made; empty to keep the one there is
/// @param kill containers to be stopped before anything is started
/// @param resize containers whose limits are to be changed while they run
/// @param start containers to be started, in this order
/// @param initialized whether all init containers have done their work
record PodPlan(
        boolean killPod,
        Optional<Integer> sandboxAttempt,
        List<Kill> kill,
        List<Resize> resize,
        List<Container> start,
        boolean initialized) {
    PodPlan {
        kill = List.copyOf(kill);
        resize = List.copyOf(resize);
        start = List.copyOf(start);
    }

    /// A container to be stopped, and what to tell about it.
    ///
    /// @param grace when the probe that condemned it has a grace period of its own
    record Kill(ContainerInfo container, String message, Optional<Duration> grace) {
        private static final String RESIZE = " resize requires restart";

        static Kill forResize(ContainerInfo container) {
            return new Kill(container, "Container " + container.name() + RESIZE, Optional.empty());
        }

        /// Whether it is stopped only to be started with other limits.
        boolean forResize() {
            return message.endsWith(RESIZE);
        }
    }

    /// A container that runs, and as it is to be.
    record Resize(ContainerInfo container, Container wanted) {}

    /// Whether nothing is left to be done, now or later.
    boolean isOver() {
        return killPod && sandboxAttempt.isEmpty();
    }

    static PodPlan of(Pod pod, PodState state, HealthSource health) {
        return new Planner(pod, state, health).plan();
    }

    /// How a container ends that is killed.
    private static final int KILLED = 137;

    private static final class Planner {
        private final Pod pod;
        private final PodState state;
        private final HealthSource health;
        private final List<Kill> kill = new ArrayList<>();
        private final List<Resize> resize = new ArrayList<>();
        private final List<Container> start = new ArrayList<>();

        Planner(Pod pod, PodState state, HealthSource health) {
            this.pod = pod;
            this.state = state;
            this.health = health;
        }

        PodPlan plan() {
            Optional<ContainerInfo> sandbox = state.sandbox().filter(this::usable);
            return sandbox.isEmpty() ? afresh() : go();
        }

        private boolean usable(ContainerInfo sandbox) {
            boolean hostNetwork = Boolean.TRUE.equals(pod.getSpec().getHostNetwork());
            return sandbox.hostNetwork() == hostNetwork && (hostNetwork || sandbox.ip() != null);
        }

        /// Without a sandbox nothing that ran before runs any more, and everything starts from the first init
        /// container.
        private PodPlan afresh() {
            int attempt = state.sandboxes().isEmpty()
                    ? 0
                    : state.sandboxes().getFirst().attempt() + 1;
            boolean ranBefore = attempt > 0 && !state.containers().isEmpty();
            List<Container> wanted = Containers.main(pod).stream()
                    .filter(container -> !ranBefore || isWanted(container))
                    .toList();
            boolean never = Containers.restartPolicy(pod).equals(Containers.NEVER);
            if (ranBefore && (wanted.isEmpty() || never && !anyInitFirst())) {
                return new PodPlan(true, Optional.empty(), List.of(), List.of(), List.of(), true);
            }
            List<Container> init = Containers.init(pod);
            boolean initDone = init.isEmpty();
            List<Container> first = initDone ? wanted : init.subList(0, 1);
            return new PodPlan(true, Optional.of(attempt), List.of(), List.of(), first, initDone);
        }

        /// Whether the pod had not come past its init containers when its sandbox ended.
        private boolean anyInitFirst() {
            return Containers.main(pod).stream()
                    .noneMatch(container -> state.newest(container.getName()).isPresent());
        }

        private boolean isWanted(Container container) {
            return state.newest(container.getName())
                    .map(info -> !info.exited() || Containers.restarts(pod, container, info, false))
                    .orElse(true);
        }

        private PodPlan go() {
            for (Container container : Containers.ephemeral(pod)) {
                if (isNew(container)) {
                    start.add(container);
                }
            }
            int ephemeralStarts = start.size();
            boolean initialized = initContainers();
            if (!initialized) {
                boolean failed = start.size() == ephemeralStarts && initFailed();
                return new PodPlan(failed, Optional.empty(), kill, resize, failed ? List.of() : start, false);
            }
            int sidecarStarts = start.size();
            int kept = 0;
            for (Container container : Containers.main(pod)) {
                Optional<ContainerInfo> newest = state.newest(container.getName());
                if (newest.isEmpty() || !newest.get().running()) {
                    if (newest.isEmpty()
                            || newest.get().phase() == ContainerPhase.CREATED
                            || Containers.restarts(pod, container, newest.get(), false)) {
                        start.add(container);
                    }
                } else if (keeps(container, newest.get())) {
                    kept++;
                }
            }
            boolean over = kept == 0 && start.size() == sidecarStarts && kill.isEmpty();
            if (over) {
                return new PodPlan(true, Optional.empty(), List.of(), List.of(), List.of(), true);
            }
            return new PodPlan(false, Optional.empty(), kill, resize, start, true);
        }

        /// An ephemeral container is started once: what the API remembers of it counts, too.
        private boolean isNew(Container container) {
            Optional<ContainerInfo> newest = state.newest(container.getName());
            if (newest.isPresent()) {
                return newest.get().phase() == ContainerPhase.CREATED;
            }
            return pod.getStatus() == null
                    || pod.getStatus().getEphemeralContainerStatuses().stream()
                            .filter(status -> container.getName().equals(status.getName()))
                            .noneMatch(status -> status.getContainerID() != null
                                    && !status.getContainerID().isEmpty());
        }

        /// Whether a running container may go on; if not, it is killed, and started again if it may.
        private boolean keeps(Container container, ContainerInfo running) {
            boolean changed = !running.hash().isEmpty() && !running.hash().equals(ContainerSpecs.hash(container));
            ContainerHealth found = health.of(pod, container, running);
            Optional<String> failure = changed ? Optional.empty() : found.failure();
            if (!changed && failure.isEmpty()) {
                return fits(container, running);
            }
            String message = "Container " + container.getName()
                    + (changed ? " definition changed" : " failed " + failure.orElseThrow());
            boolean restart = changed || Containers.restarts(pod, container, KILLED, false);
            Optional<Duration> grace = failure.map(_ -> found.killGrace(container));
            kill.add(new Kill(running, restart ? message + ", will be restarted" : message, grace));
            if (restart) {
                start.add(container);
            }
            return false;
        }

        /// Sees to it that a container's limits are what they should be, in place when it bears that.
        private boolean fits(Container container, ContainerInfo running) {
            ContainerSpec.Limits wanted = Resources.limits(container);
            boolean cpu = wanted.sameCpu(running.limits());
            boolean memory = wanted.sameMemory(running.limits());
            if (cpu && memory) {
                return true;
            }
            if (!cpu && restartsFor(container, Resources.CPU) || !memory && restartsFor(container, Resources.MEMORY)) {
                kill.add(Kill.forResize(running));
                start.add(container);
                return false;
            }
            resize.add(new Resize(running, container));
            return true;
        }

        private static boolean restartsFor(Container container, String resource) {
            return container.getResizePolicy().stream()
                    .anyMatch(policy -> resource.equals(policy.getResourceName())
                            && "RestartContainer".equals(policy.getRestartPolicy()));
        }

        /// Goes through the init containers in order; collects what is to be started; whether all are done.
        private boolean initContainers() {
            boolean mainRan = !anyInitFirst();
            for (Container container : Containers.init(pod)) {
                boolean sidecar = Containers.isSidecar(container);
                Optional<ContainerInfo> newest = state.newest(container.getName());
                if (mainRan && !sidecar) {
                    continue;
                }
                if (newest.isEmpty() || newest.get().phase() == ContainerPhase.CREATED) {
                    start.add(container);
                    if (!mainRan) {
                        return false;
                    }
                } else if (newest.get().running()) {
                    if (sidecar) {
                        boolean kept = keeps(container, newest.get());
                        if (!mainRan
                                && (!kept
                                        || !health.of(pod, container, newest.get())
                                                .started())) {
                            return false;
                        }
                    } else {
                        return false;
                    }
                } else if (Containers.restarts(pod, container, newest.get(), true)) {
                    start.add(container);
                    if (!mainRan) {
                        return false;
                    }
                } else if (newest.get().exitCode() != 0) {
                    return false;
                }
            }
            return true;
        }

        /// Whether an init container has failed for good.
        private boolean initFailed() {
            return Containers.init(pod).stream()
                    .anyMatch(container -> state.newest(container.getName())
                            .filter(ContainerInfo::exited)
                            .filter(info -> info.exitCode() != 0)
                            .filter(info -> !Containers.restarts(pod, container, info, true))
                            .isPresent());
        }
    }
}
