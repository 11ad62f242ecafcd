package io.jubernetes.kubelet.probe;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Probe;
import io.jubernetes.kubelet.cluster.PodEvents;
import io.jubernetes.kubelet.pod.Containers;
import io.jubernetes.kubelet.pod.PodState;
import io.jubernetes.kubelet.probe.ProbeTracker.Result;
import io.jubernetes.kubelet.runtime.ContainerInfo;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// Makes one probe of one container of a pod again and again, whichever container of that name runs.
final class ProbeWorker {
    private static final int TRIES = 3;

    /// What a container was found to be.
    record Finding(String containerId, Result result) {}

    private final ProbeKind kind;
    private final Pod pod;
    private final Container container;
    private final Probe probe;
    private final Supplier<PodState> state;
    private final List<String> hostIps;
    private final Supplier<Boolean> started;
    private final ProbeRunner runner;
    private final PodEvents events;
    private final Clock clock;
    private final Runnable changed;
    private final ProbeTracker tracker;
    private final Semaphore signal = new Semaphore(0);
    private final Thread thread;
    private volatile @Nullable Finding finding;
    private volatile boolean stopped;

    /// What all probes of a kubelet share.
    record Shared(ProbeRunner runner, PodEvents events, Clock clock, List<String> hostIps) {}

    /// @param started whether the container's startup probe has succeeded
    /// @param changed called when the finding changes
    ProbeWorker(
            ProbeKind kind,
            Pod pod,
            Container container,
            Probe probe,
            Supplier<PodState> state,
            Supplier<Boolean> started,
            Shared shared,
            Runnable changed) {
        this.kind = kind;
        this.pod = pod;
        this.container = container;
        this.probe = probe;
        this.state = state;
        this.started = started;
        this.runner = shared.runner();
        this.events = shared.events();
        this.clock = shared.clock();
        this.hostIps = shared.hostIps();
        this.changed = changed;
        this.tracker = new ProbeTracker(
                kind, atLeast(probe.getSuccessThreshold(), 1, 1), atLeast(probe.getFailureThreshold(), 3, 1));
        LastReport.wellContainer(kind, pod, container.getName()).ifPresent(id -> {
            tracker.resume();
            finding = new Finding(id, Result.SUCCESS);
        });
        this.thread = Thread.ofVirtual()
                .name("probe-" + kind.text() + "-" + pod.getMetadata().getName() + "/" + container.getName())
                .unstarted(this::run);
    }

    private static int atLeast(@Nullable Integer value, int byDefault, int least) {
        return value == null ? byDefault : Math.max(least, value);
    }

    void start() {
        thread.start();
    }

    void stop() {
        stopped = true;
        thread.interrupt();
    }

    /// Probe now, do not wait for the period's end.
    void wake() {
        signal.release();
    }

    /// What is known of a container; empty when this worker has not seen it yet.
    Optional<Result> result(String containerId) {
        Finding known = finding;
        return known != null && known.containerId().equals(containerId)
                ? Optional.of(known.result())
                : Optional.empty();
    }

    private void run() {
        Duration period = Duration.ofSeconds(atLeast(probe.getPeriodSeconds(), 10, 1));
        try {
            while (!stopped) {
                Duration pause = turn().orElse(period);
                if (signal.tryAcquire(pause.toNanos(), TimeUnit.NANOSECONDS)) {
                    signal.drainPermits();
                }
            }
        } catch (InterruptedException e) {
            // Stopped.
        }
    }

    /// @return how long to wait when it is not the period
    private Optional<Duration> turn() throws InterruptedException {
        PodState now = state.get();
        Optional<ContainerInfo> newest = now.newest(container.getName());
        if (newest.isEmpty()) {
            return Optional.empty();
        }
        ContainerInfo target = newest.get();
        Finding known = finding;
        if (known == null || !known.containerId().equals(target.id())) {
            tracker.reset();
            finding = new Finding(target.id(), tracker.result());
        } else if (kind != ProbeKind.READINESS && known.result() == Result.FAILURE) {
            // It will be killed; the next one is another container.
            return Optional.empty();
        }
        if (!target.running()) {
            return Optional.empty();
        }
        Instant since = target.startedAt() == null ? target.createdAt() : target.startedAt();
        Integer delay = probe.getInitialDelaySeconds();
        Instant first = since.plusSeconds(delay == null ? 0 : delay);
        Duration wait = Duration.between(clock.instant(), first);
        if (wait.isPositive()) {
            return Optional.of(wait);
        }
        boolean up = started.get();
        if (kind == ProbeKind.STARTUP ? up : !up) {
            return Optional.empty();
        }
        probe(target, now);
        return Optional.empty();
    }

    private void probe(ContainerInfo target, PodState now) throws InterruptedException {
        String address = now.sandbox()
                .map(sandbox -> sandbox.hostNetwork() || sandbox.ip() == null ? hostIps.getFirst() : sandbox.ip())
                .orElse("");
        if (address.isEmpty()) {
            return;
        }
        Outcome outcome = Outcome.error("");
        for (int i = 0; i < TRIES && outcome.kind() == Outcome.Kind.ERROR; i++) {
            outcome = runner.run(probe, container, target.id(), address);
        }
        if (Thread.interrupted()) {
            throw new InterruptedException();
        }
        // A container that ended under the probe is not unhealthy, it is gone.
        boolean still = state.get()
                .newest(container.getName())
                .filter(newest -> newest.id().equals(target.id()) && newest.running())
                .isPresent();
        if (!still) {
            return;
        }
        if (outcome.kind() != Outcome.Kind.SUCCESS) {
            String verb = outcome.kind() == Outcome.Kind.ERROR ? " probe errored: " : " probe failed: ";
            events.event(
                    pod,
                    Containers.fieldPath(pod, container),
                    PodEvents.Type.WARNING,
                    "Unhealthy",
                    kind.text() + verb + outcome.output());
        }
        tracker.add(outcome.kind()).ifPresent(result -> {
            finding = new Finding(target.id(), result);
            changed.run();
        });
    }
}
