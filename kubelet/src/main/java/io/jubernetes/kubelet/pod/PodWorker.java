package io.jubernetes.kubelet.pod;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodStatus;
import io.jubernetes.kubelet.cluster.PodEvents.Type;
import io.jubernetes.kubelet.container.DownwardFields.Addresses;
import io.jubernetes.kubelet.container.Resources;
import io.jubernetes.kubelet.container.StartFailure;
import io.jubernetes.kubelet.runtime.ContainerInfo;
import io.jubernetes.kubelet.runtime.PodRef;
import io.jubernetes.kubelet.runtime.RuntimeFailure;
import io.jubernetes.kubelet.volume.VolumeFailure;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Runs one pod from its appearance to its end. Its thread alone changes anything; others hand it the newest
/// version of the pod and wake it. Each turn looks at what is and does what is missing, so a turn too many
/// does no harm.
final class PodWorker {
    private static final Logger LOG = LoggerFactory.getLogger(PodWorker.class);
    private static final Duration RESYNC = Duration.ofSeconds(60);
    private static final Duration FIRST_RETRY = Duration.ofSeconds(1);
    private static final Duration LONGEST_RETRY = Duration.ofSeconds(10);
    private static final long DEFAULT_GRACE = 30;

    private enum Stage {
        /// Everything the pod wants shall run.
        SYNC,
        /// Everything of it is being stopped.
        TERMINATING,
        /// Nothing of it runs any more, or will.
        TERMINATED
    }

    private final PodTools tools;
    private final ContainerStarter starter;
    private final Terminator terminator;
    private final String uid;
    private final Runnable ended;
    private final Thread thread;
    private final Semaphore signal = new Semaphore(0);
    private volatile Pod latest;
    private volatile boolean gone;
    private volatile @Nullable PodEviction eviction;

    // From here on only the worker's thread reads and writes.
    private final Map<String, Waiting> waiting = new HashMap<>();
    private final CrashPauses crashes;
    private final Instant startTime;
    private Stage stage = Stage.SYNC;
    private Optional<PodStatuses.Failure> failure = Optional.empty();
    private @Nullable PodStatus published;
    private @Nullable Map<String, Path> volumes;
    private Instant volumesAt = Instant.MIN;
    private boolean filesEnsured;
    private int failures;
    private volatile @Nullable Thread termination;
    private Duration terminationGrace = Duration.ZERO;
    private boolean tornDown;
    private boolean admitted;
    private @Nullable PodStatus rejected;
    private final Resizer resizer;

    /// @param ended called when the pod is gone and nothing of it is left
    PodWorker(PodTools tools, Pod pod, Runnable ended) {
        this.tools = tools;
        this.starter = new ContainerStarter(tools);
        this.terminator = new Terminator(tools);
        this.resizer = new Resizer(tools);
        this.crashes = new CrashPauses(tools, waiting);
        this.uid = pod.getMetadata().getUid();
        this.latest = pod;
        this.ended = ended;
        this.startTime = tools.clock().instant();
        this.thread = Thread.ofVirtual()
                .name("pod-" + pod.getMetadata().getNamespace() + "/"
                        + pod.getMetadata().getName())
                .unstarted(this::run);
    }

    void start() {
        thread.start();
    }

    /// Ends the thread and leaves everything as it is; for the kubelet's own end.
    void abandon() {
        thread.interrupt();
        Thread ending = termination;
        if (ending != null) {
            ending.interrupt();
        }
    }

    /// The pod as last seen.
    Pod pod() {
        return latest;
    }

    void update(Pod pod) {
        latest = pod;
        wake();
    }

    /// The source no longer has the pod.
    void gone() {
        gone = true;
        tools.admission().discount(uid);
        wake();
    }

    /// The node has to end it.
    void evict(PodEviction decision) {
        eviction = decision;
        wake();
    }

    void wake() {
        if (signal.availablePermits() == 0) {
            signal.release();
        }
    }

    private void run() {
        try {
            while (true) {
                Duration pause = turn();
                if (pause.isNegative()) {
                    ended.run();
                    return;
                }
                signal.tryAcquire(pause.toNanos(), TimeUnit.NANOSECONDS);
                signal.drainPermits();
            }
        } catch (InterruptedException e) {
            // The kubelet ends; the pod goes on.
        }
    }

    /// One look at everything.
    ///
    /// @return how long to wait for the next unless something happens; negative when the pod is over
    private Duration turn() throws InterruptedException {
        try {
            return switch (stage) {
                case SYNC -> sync();
                case TERMINATING -> awaitTermination();
                case TERMINATED -> afterwards();
            };
        } catch (RuntimeFailure | IOException e) {
            LOG.warn("pod {}: {}", PodRef.of(latest), e.getMessage());
            return retry();
        } catch (RuntimeException e) {
            LOG.error("pod {}: unexpected failure", PodRef.of(latest), e);
            return retry();
        }
    }

    private Duration retry() {
        long longest = Math.min(FIRST_RETRY.toMillis() << Math.min(failures, 10), LONGEST_RETRY.toMillis());
        failures++;
        return Duration.ofMillis(longest / 2 + ThreadLocalRandom.current().nextLong(longest / 2 + 1));
    }

    private static Duration resync() {
        return RESYNC.plusMillis(ThreadLocalRandom.current().nextLong(-6_000, 6_000));
    }

    private Duration sync() throws InterruptedException, RuntimeFailure, IOException {
        Pod pod = latest;
        if (!admitted && !isEnding(pod)) {
            boolean runsAlready = !tools.states().get(uid).all().isEmpty();
            var rejection = tools.admission().admit(pod, runsAlready);
            if (rejection.isPresent()) {
                return reject(pod, rejection.get());
            }
            admitted = true;
        }
        if (isEnding(pod)) {
            return terminate(grace(pod));
        }
        PodEviction decision = eviction;
        if (decision != null) {
            failure =
                    Optional.of(new PodStatuses.Failure(decision.reason(), decision.message(), decision.disruption()));
            return terminate(decision.grace());
        }
        Optional<Duration> lifetime = lifetime(pod);
        if (lifetime.isPresent() && !lifetime.get().isPositive()) {
            String message = "Pod was active on the node longer than the specified deadline";
            tools.events().event(pod, Type.NORMAL, "DeadlineExceeded", message);
            failure = Optional.of(new PodStatuses.Failure("DeadlineExceeded", message, false));
            return terminate(grace(pod));
        }
        PodState state = tools.states().get(uid);
        pod = resizer.apply(pod, state);
        PodPlan plan = PodPlan.of(pod, state, tools.probes());
        publish(pod, false);
        if (plan.isOver()) {
            return terminate(grace(pod));
        }
        Duration next = carryOut(pod, plan, state);
        publish(pod, false);
        Duration pause = next.compareTo(resync()) < 0 ? next : resync();
        return lifetime.isPresent() && lifetime.get().compareTo(pause) < 0 ? lifetime.get() : pause;
    }

    /// Whether the pod shall not run any more.
    private boolean isEnding(Pod pod) {
        return gone
                || pod.getMetadata().getDeletionTimestamp() != null
                || pod.getStatus() != null
                        && PodPhase.isTerminal(String.valueOf(pod.getStatus().getPhase()));
    }

    /// The node does not take the pod: it has failed before anything of it was made.
    private Duration reject(Pod pod, Admission.Rejection rejection) {
        tools.events().event(pod, Type.WARNING, rejection.reason(), rejection.message());
        PodStatus old = pod.getStatus() == null ? new PodStatus() : pod.getStatus();
        PodStatus status = old.toBuilder()
                .withPhase(PodPhase.FAILED)
                .withReason(rejection.reason())
                .withMessage("Pod was rejected: " + rejection.message())
                .withQosClass(Resources.qos(pod).text())
                .withObservedGeneration(pod.getMetadata().getGeneration())
                .withStartTime(ContainerStatuses.time(startTime))
                .build();
        rejected = status;
        tools.status().update(pod, status);
        stage = Stage.TERMINATED;
        return Duration.ZERO;
    }

    /// What is left of the time the pod may be active.
    private Optional<Duration> lifetime(Pod pod) {
        Long limit = pod.getSpec().getActiveDeadlineSeconds();
        if (limit == null) {
            return Optional.empty();
        }
        String started = pod.getStatus() == null ? null : pod.getStatus().getStartTime();
        Instant from = started == null ? startTime : Instant.parse(started);
        return Optional.of(Duration.between(tools.clock().instant(), from.plusSeconds(limit)));
    }

    /// @return when to look again
    private Duration carryOut(Pod pod, PodPlan plan, PodState state)
            throws InterruptedException, RuntimeFailure, IOException {
        boolean idle = plan.kill().isEmpty()
                && plan.resize().isEmpty()
                && plan.start().isEmpty()
                && plan.sandboxAttempt().isEmpty();
        Map<String, Path> paths;
        try {
            paths = volumes(pod, state, idle);
        } catch (VolumeFailure e) {
            tools.events().event(pod, Type.WARNING, "FailedMount", e.getMessage());
            return retry();
        }
        for (PodPlan.Kill kill : plan.kill()) {
            terminator.end(pod, kill.container(), state, kill.grace().orElse(grace(pod)), kill.message());
        }
        resizer.carryOut(pod, plan);
        if (plan.sandboxAttempt().isPresent()
                || !plan.start().isEmpty() && !tools.claims().arePrepared(pod)) {
            prepareClaims(pod);
        }
        ContainerInfo sandbox;
        if (plan.sandboxAttempt().isPresent()) {
            sandbox = newSandbox(pod, plan.sandboxAttempt().get(), state);
        } else {
            sandbox = state.sandbox().orElseThrow();
            if (!filesEnsured) {
                starter.ensureFiles(pod, sandbox);
            }
        }
        filesEnsured = true;
        tools.probes().start(pod);
        Duration next = startContainers(pod, plan, sandbox, paths);
        terminator.removeOld(tools.states().get(uid));
        return next;
    }

    private void prepareClaims(Pod pod) throws IOException {
        try {
            tools.claims().prepare(pod);
        } catch (IOException e) {
            tools.events()
                    .event(
                            pod,
                            Type.WARNING,
                            "FailedPrepareDynamicResources",
                            "Failed to prepare dynamic resources: " + e.getMessage());
            throw e;
        }
    }

    private ContainerInfo newSandbox(Pod pod, int attempt, PodState state)
            throws InterruptedException, RuntimeFailure, IOException {
        if (state.anythingRuns()) {
            terminator.endAll(pod, state, grace(pod));
        }
        if (attempt > 0) {
            tools.events()
                    .event(
                            pod,
                            Type.NORMAL,
                            "SandboxChanged",
                            "Pod sandbox changed, it will be killed and re-created.");
        }
        try {
            ContainerInfo sandbox = starter.sandbox(pod, attempt);
            publish(pod, false);
            return sandbox;
        } catch (RuntimeFailure e) {
            tools.events()
                    .event(
                            pod,
                            Type.WARNING,
                            "FailedCreatePodSandBox",
                            "Failed to create pod sandbox: " + e.getMessage());
            throw e;
        }
    }

    private Duration startContainers(Pod pod, PodPlan plan, ContainerInfo sandbox, Map<String, Path> paths)
            throws InterruptedException {
        Duration next = RESYNC.multipliedBy(2);
        boolean failed = false;
        for (Container container : plan.start()) {
            if (gone || latest.getMetadata().getDeletionTimestamp() != null) {
                return Duration.ZERO;
            }
            PodState state = tools.states().get(uid);
            try {
                Optional<Duration> pause = crashes.pause(pod, container, state);
                if (pause.isPresent()) {
                    next = pause.get().compareTo(next) < 0 ? pause.get() : next;
                    continue;
                }
                starter.start(pod, container, sandbox, state, paths);
                waiting.remove(container.getName());
                publish(pod, false);
            } catch (StartFailure e) {
                failed = true;
                waiting.put(container.getName(), new Waiting(e.reason(), e.getMessage()));
                LOG.info(
                        "pod {} container {}: {}: {}", PodRef.of(pod), container.getName(), e.reason(), e.getMessage());
            }
        }
        if (!failed) {
            failures = 0;
            return next;
        }
        Duration retry = retry();
        return retry.compareTo(next) < 0 ? retry : next;
    }

    private Map<String, Path> volumes(Pod pod, PodState state, boolean idle) throws VolumeFailure {
        Instant now = tools.clock().instant();
        Map<String, Path> known = volumes;
        if (known != null && idle && Duration.between(volumesAt, now).compareTo(RESYNC.dividedBy(2)) < 0) {
            return known;
        }
        var addresses = new Addresses(state.podIps(), tools.node().hostIps());
        Map<String, Path> fresh =
                tools.volumes().setUp(pod, addresses, tools.node().allocatable());
        volumes = fresh;
        volumesAt = now;
        return fresh;
    }

    private static Duration grace(Pod pod) {
        Long deletion = pod.getMetadata().getDeletionTimestamp() == null
                ? null
                : pod.getMetadata().getDeletionGracePeriodSeconds();
        Long own = pod.getSpec().getTerminationGracePeriodSeconds();
        long seconds = deletion != null ? deletion : own != null ? own : DEFAULT_GRACE;
        return Duration.ofSeconds(Math.max(1, seconds));
    }

    private Duration terminate(Duration grace) {
        stage = Stage.TERMINATING;
        terminationGrace = grace;
        tools.probes().stopKilling(uid);
        Pod pod = latest;
        PodState state = tools.states().get(uid);
        if (!state.anythingRuns()) {
            return Duration.ZERO;
        }
        publish(pod, false);
        termination = Thread.ofVirtual().name(thread.getName() + "-end").start(() -> {
            try {
                terminator.endAll(pod, state, grace);
            } catch (RuntimeFailure e) {
                if (Thread.currentThread().isInterrupted()) {
                    return;
                }
                LOG.warn("pod {}: cannot be stopped yet: {}", PodRef.of(pod), e.getMessage());
            } catch (InterruptedException e) {
                // A shorter grace period takes over.
            } finally {
                wake();
            }
        });
        return resync();
    }

    private Duration awaitTermination() throws InterruptedException, RuntimeFailure, IOException {
        Thread ending = termination;
        Pod pod = latest;
        if (ending != null && ending.isAlive()) {
            boolean shorter = pod.getMetadata().getDeletionTimestamp() != null
                    && grace(pod).compareTo(terminationGrace) < 0;
            if (!shorter) {
                publish(pod, false);
                // The thread wakes this one when it ends, a moment before it is no longer alive.
                return ending.join(Duration.ofMillis(1)) ? Duration.ZERO : resync();
            }
            ending.interrupt();
            ending.join();
            return terminate(grace(pod));
        }
        PodState state = tools.states().get(uid);
        if (state.anythingRuns()) {
            // Something could not be stopped, or was not known to run: see what the runtime says and try again.
            for (ContainerInfo container : state.all()) {
                if (container.running()) {
                    refresh(container);
                }
            }
            if (tools.states().get(uid).anythingRuns()) {
                Duration pause = retry();
                Thread.sleep(pause);
                return terminate(terminationGrace);
            }
        }
        // Before the pod is told to be over: the scheduler may give its devices to others then.
        tools.claims().unprepare(uid);
        stage = Stage.TERMINATED;
        failures = 0;
        tools.admission().forget(uid);
        tools.probes().stop(uid);
        return Duration.ZERO;
    }

    private void refresh(ContainerInfo container) throws RuntimeFailure {
        try {
            tools.states().refresh(container.id());
        } catch (RuntimeFailure.NotFound e) {
            tools.states().removed(uid, container.id());
        }
    }

    private Duration afterwards() throws RuntimeFailure, IOException {
        Pod pod = latest;
        PodStatus status = publish(pod, true);
        boolean deleting = gone || pod.getMetadata().getDeletionTimestamp() != null;
        if (deleting && !tornDown) {
            tools.volumes().tearDown(uid);
            tornDown = true;
        }
        if (!gone) {
            tools.status().finished(pod, status);
            return resync();
        }
        terminator.removeAll(tools.states().get(uid));
        tools.cgroups().remove(uid);
        tools.images().forget(uid);
        tools.crashes().forgetPrefix(uid + "_");
        tools.status().forget(uid);
        return Duration.ofNanos(-1);
    }

    /// Works out the pod's status and hands it on when it has changed.
    private PodStatus publish(Pod pod, boolean over) {
        if (rejected != null) {
            return rejected;
        }
        PodStatus status = PodStatuses.of(new PodStatuses.Input(
                PodStatuses.withNewer(pod, published),
                tools.states().get(uid),
                tools.probes(),
                Map.copyOf(waiting),
                over,
                failure,
                resizer.state(),
                tools.node().hostIps(),
                startTime,
                tools.clock().instant()));
        if (!status.equals(published)) {
            published = status;
            tools.status().update(pod, status);
        }
        return status;
    }
}
