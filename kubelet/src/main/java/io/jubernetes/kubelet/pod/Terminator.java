package io.jubernetes.kubelet.pod;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.Pod;
import io.jubernetes.common.time.Deadline;
import io.jubernetes.kubelet.cluster.PodEvents.Type;
import io.jubernetes.kubelet.runtime.ContainerInfo;
import io.jubernetes.kubelet.runtime.RuntimeFailure;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Ends containers of a pod: the pre-stop hook, the polite signal, and the kill when the grace period is
/// over.
final class Terminator {
    private static final Logger LOG = LoggerFactory.getLogger(Terminator.class);
    /// Even a container whose hook has used up its grace gets this much to leave politely.
    private static final Duration LEAST_AFTER_HOOK = Duration.ofSeconds(2);

    private final PodTools tools;

    Terminator(PodTools tools) {
        this.tools = tools;
    }

    /// Ends everything that runs: the main containers together, then sidecars one by one from the last to the
    /// first, then the sandbox.
    void endAll(Pod pod, PodState state, Duration grace) throws RuntimeFailure, InterruptedException {
        Deadline deadline = Deadline.in(grace);
        var sidecars = new ArrayList<ContainerInfo>();
        var others = new ArrayList<ContainerInfo>();
        List<String> order =
                Containers.init(pod).stream().map(Container::getName).toList();
        for (ContainerInfo running : state.running()) {
            boolean sidecar = Containers.init(pod).stream()
                    .anyMatch(
                            container -> container.getName().equals(running.name()) && Containers.isSidecar(container));
            (sidecar ? sidecars : others).add(running);
        }
        endTogether(pod, others, state, grace);
        sidecars.sort(java.util.Comparator.comparingInt((ContainerInfo info) -> order.indexOf(info.name()))
                .reversed());
        for (ContainerInfo sidecar : sidecars) {
            end(pod, sidecar, state, deadline.remaining(), "Stopping container " + sidecar.name());
        }
        for (ContainerInfo sandbox : state.sandboxes()) {
            if (sandbox.running()) {
                tools.runtime().killContainer(sandbox.id());
                refresh(sandbox);
            }
        }
    }

    private void endTogether(Pod pod, List<ContainerInfo> containers, PodState state, Duration grace)
            throws InterruptedException {
        if (containers.size() == 1) {
            end(
                    pod,
                    containers.getFirst(),
                    state,
                    grace,
                    "Stopping container " + containers.getFirst().name());
            return;
        }
        List<Thread> stopping = containers.stream()
                .map(container -> Thread.ofVirtual()
                        .name("stop-" + container.name())
                        .start(() -> {
                            try {
                                end(pod, container, state, grace, "Stopping container " + container.name());
                            } catch (InterruptedException e) {
                                Thread.currentThread().interrupt();
                            }
                        }))
                .toList();
        try {
            for (Thread thread : stopping) {
                thread.join();
            }
        } catch (InterruptedException e) {
            stopping.forEach(Thread::interrupt);
            throw e;
        }
    }

    /// Ends one container and returns when it has ended.
    void end(Pod pod, ContainerInfo running, PodState state, Duration grace, String message)
            throws InterruptedException {
        Optional<Container> container = Containers.named(pod, running.name());
        container.ifPresent(
                known -> tools.events().event(pod, Containers.fieldPath(pod, known), Type.NORMAL, "Killing", message));
        Duration left = grace;
        var lifecycle = container.map(Container::getLifecycle).orElse(null);
        if (lifecycle != null && lifecycle.getPreStop() != null && grace.isPositive()) {
            Deadline deadline = Deadline.in(grace);
            String ip = state.podIps().stream().findFirst().orElse("127.0.0.1");
            tools.hooks()
                    .run(lifecycle.getPreStop(), container.get(), running.id(), ip, deadline)
                    .ifPresent(failure -> tools.events()
                            .event(
                                    pod,
                                    Containers.fieldPath(pod, container.get()),
                                    Type.WARNING,
                                    "FailedPreStopHook",
                                    "PreStopHook failed"));
            Duration rest = deadline.remaining();
            left = rest.compareTo(LEAST_AFTER_HOOK) < 0 ? LEAST_AFTER_HOOK : rest;
        }
        try {
            tools.runtime().stopContainer(running.id(), left);
            refresh(running);
        } catch (RuntimeFailure e) {
            if (Thread.currentThread().isInterrupted()) {
                throw new InterruptedException();
            }
            // Tried again at the worker's next turn.
            LOG.warn("cannot stop container {} of {}: {}", running.name(), running.pod(), e.getMessage());
        }
    }

    private void refresh(ContainerInfo container) throws RuntimeFailure {
        try {
            tools.states().refresh(container.id());
        } catch (RuntimeFailure.NotFound e) {
            tools.states().removed(container.pod().uid(), container.id());
        }
    }

    /// Removes the pod's containers and sandboxes from the runtime.
    void removeAll(PodState state) throws RuntimeFailure {
        for (ContainerInfo container : state.all()) {
            tools.runtime().removeContainer(container.id());
            tools.states().removed(container.pod().uid(), container.id());
        }
    }

    /// Removes containers that nobody will ask for: all but the newest two of a name, and sandboxes that
    /// ended.
    void removeOld(PodState state) throws RuntimeFailure {
        var old = new ArrayList<ContainerInfo>();
        state.containers().values().forEach(list -> list.stream().skip(2).forEach(old::add));
        state.sandboxes().stream().skip(1).forEach(old::add);
        for (ContainerInfo container : old) {
            if (!container.running()) {
                tools.runtime().removeContainer(container.id());
                tools.states().removed(container.pod().uid(), container.id());
            }
        }
    }
}
