package io.jubernetes.kubelet.pod;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.Pod;
import io.jubernetes.common.time.Deadline;
import io.jubernetes.kubelet.cluster.PodEvents.Type;
import io.jubernetes.kubelet.runtime.ContainerInfo;
import io.jubernetes.kubelet.runtime.RuntimeFailure;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Ends containers of a pod: the pre-stop hook, the polite signal, and the kill when the grace period is
/// over.
final class Terminator {
    private static final Logger LOG = LoggerFactory.getLogger(Terminator.class);
    /// Even a container whose hook has used up its grace, or that has none, gets this much to leave politely.
    private static final Duration LEAST_GRACE = Duration.ofSeconds(2);

    private final PodTools tools;

    Terminator(PodTools tools) {
        this.tools = tools;
    }

    /// Ends everything that runs, and the sandbox last. All pre-stop hooks begin at once; after its own, a
    /// sidecar waits for the main containers and the sidecars behind it before it is asked to leave.
    void endAll(Pod pod, PodState state, Duration grace) throws RuntimeFailure, InterruptedException {
        List<ContainerInfo> running = state.running();
        var sidecars = Containers.init(pod).stream()
                .filter(Containers::isSidecar)
                .map(Container::getName)
                .toList();
        Map<String, CountDownLatch> ended = new HashMap<>();
        List<Thread> stopping = new ArrayList<>();
        running.forEach(container -> ended.put(container.name(), new CountDownLatch(1)));
        for (ContainerInfo container : running) {
            CountDownLatch own = Objects.requireNonNull(ended.get(container.name()));
            int place = sidecars.indexOf(container.name());
            List<CountDownLatch> turn = place < 0
                    ? List.of()
                    : running.stream()
                            .map(ContainerInfo::name)
                            .filter(other -> {
                                int otherPlace = sidecars.indexOf(other);
                                return otherPlace < 0 || otherPlace > place;
                            })
                            .map(other -> Objects.requireNonNull(ended.get(other)))
                            .toList();
            stopping.add(Thread.ofVirtual().name("stop-" + container.name()).start(() -> {
                try {
                    end(pod, container, state, grace, "Stopping container " + container.name(), turn);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                } finally {
                    own.countDown();
                }
            }));
        }
        try {
            for (Thread thread : stopping) {
                thread.join();
            }
        } catch (InterruptedException e) {
            stopping.forEach(Thread::interrupt);
            throw e;
        }
        for (ContainerInfo sandbox : state.sandboxes()) {
            if (sandbox.running()) {
                tools.runtime().killContainer(sandbox.id());
                refresh(sandbox);
            }
        }
    }

    /// Ends one container and returns when it has ended.
    void end(Pod pod, ContainerInfo running, PodState state, Duration grace, String message)
            throws InterruptedException {
        end(pod, running, state, grace, message, List.of());
    }

    private void end(
            Pod pod, ContainerInfo running, PodState state, Duration grace, String message, List<CountDownLatch> turn)
            throws InterruptedException {
        Optional<Container> container = Containers.named(pod, running.name());
        container.ifPresent(
                known -> tools.events().event(pod, Containers.fieldPath(pod, known), Type.NORMAL, "Killing", message));
        Deadline deadline = Deadline.in(grace);
        var lifecycle = container.map(Container::getLifecycle).orElse(null);
        if (lifecycle != null && lifecycle.getPreStop() != null && grace.isPositive()) {
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
        }
        for (CountDownLatch other : turn) {
            if (!other.await(deadline.remaining().toNanos(), TimeUnit.NANOSECONDS)) {
                break;
            }
        }
        Duration rest = deadline.remaining();
        try {
            tools.runtime().stopContainer(running.id(), rest.compareTo(LEAST_GRACE) < 0 ? LEAST_GRACE : rest);
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
