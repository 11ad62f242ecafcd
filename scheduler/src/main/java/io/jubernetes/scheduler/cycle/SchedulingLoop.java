package io.jubernetes.scheduler.cycle;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import io.jubernetes.common.controller.Failures;
import io.jubernetes.scheduler.framework.ClusterEvent;
import io.jubernetes.scheduler.framework.ClusterEvent.Action;
import io.jubernetes.scheduler.framework.ClusterEvent.Resource;
import io.jubernetes.scheduler.framework.CycleState;
import io.jubernetes.scheduler.framework.PluginContext;
import io.jubernetes.scheduler.framework.PodInfo;
import io.jubernetes.scheduler.framework.ReservePlugin;
import io.jubernetes.scheduler.framework.Verdict;
import io.jubernetes.scheduler.queue.QueuedPod;
import io.jubernetes.scheduler.queue.SchedulingQueue;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Schedules pods, one after the other, on one thread that owns the node table and the queue. Every other thread
/// posts what happened into its bounded inbox; so there are no locks, and between two events the picture stands
/// still. A chosen node is taken as given at once (the pod is assumed there) while a thread of the pod's own binds
/// it; a failed binding comes back through the inbox.
public final class SchedulingLoop implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(SchedulingLoop.class);
    private static final Duration IDLE_WAIT = Duration.ofSeconds(30);

    private final Shared shared;
    private final Map<String, Profile> profiles;
    private final SchedulingQueue queue;
    private final Selection selection;
    private final AssumedPods assumed;
    private final Intake intake;
    private final BindingCycle binding;
    private final PodReporter reporter;
    private final SchedulerMetrics metrics;
    private final InstantSource clock;
    private final Thread loop = Thread.ofPlatform().name("scheduling-loop").unstarted(this::run);
    private boolean open; // only `loop`
    private volatile boolean closed;

    /// @param context what the profiles' plugins were made with
    /// @param profiles by scheduler name; all have the same queue order
    public SchedulingLoop(
            Shared shared,
            PluginContext context,
            Map<String, Profile> profiles,
            SchedulingQueue.Backoff backoff,
            SchedulerMetrics metrics) {
        this.shared = shared;
        this.profiles = Map.copyOf(profiles);
        this.clock = context.clock();
        this.metrics = metrics;
        this.reporter = new PodReporter(context.client(), context.events(), clock);
        this.selection =
                new Selection(shared.nodes(), context.extenders(), shared.nominations(), metrics, context.random());
        this.assumed = new AssumedPods(shared.nodes(), clock);
        Profile any = profiles.values().iterator().next();
        this.queue = new SchedulingQueue(
                clock,
                backoff,
                any.queueSort().order(),
                pod -> {
                    Profile profile = profiles.get(pod.schedulerName());
                    return profile == null ? "no profile" : profile.heldBackBy(pod);
                },
                (pod, plugin) -> {
                    Profile profile = profiles.get(pod.schedulerName());
                    return profile == null ? java.util.List.of() : profile.wakeups(plugin);
                });
        this.intake = new Intake(
                shared.nodes(), profiles.keySet(), queue, assumed, shared.nominations(), shared.held(), metrics);
        this.binding = new BindingCycle(
                shared.calls(), shared.held(), context.extenders(), reporter, metrics, clock, new Returns());
        metrics.watch(queue, shared.nodes(), assumed);
    }

    /// Starts to take in what happens; pods are scheduled from [#open] on.
    public void start() {
        loop.start();
    }

    /// Starts to schedule, once everything posted so far is taken in: a decision needs the whole picture.
    public void open() {
        shared.inbox().post(() -> open = true);
    }

    /// Stops; bindings under way are interrupted, and found again by the next scheduler.
    @Override
    public void close() {
        closed = true;
        shared.inbox().close();
        loop.interrupt();
        shared.calls().close();
        try {
            if (loop.isAlive() && !loop.join(Duration.ofSeconds(10))) {
                log.warn("the scheduling loop did not stop in time");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /// Tells of a pod's change; waits when the loop is far behind.
    public void onPod(@Nullable Pod before, @Nullable Pod after) {
        shared.inbox().post(() -> intake.podChanged(before, after));
    }

    /// Tells of a node's change; waits when the loop is far behind.
    public void onNode(@Nullable Node before, @Nullable Node after) {
        shared.inbox().post(() -> intake.nodeChanged(before, after));
    }

    /// Tells of any other change that plugins wait for.
    public void onChange(Resource resource, @Nullable Object before, @Nullable Object after) {
        shared.inbox().post(() -> intake.changed(resource, before, after));
    }

    /// Has a parked pod tried again.
    public void wake(String uid) {
        shared.inbox().post(() -> queue.wake(uid));
    }

    private void run() {
        try {
            while (!closed) {
                if (!step()) {
                    shared.inbox().await(open ? untilNextDue() : IDLE_WAIT);
                }
            }
        } catch (InterruptedException _) {
            // close() was called
        }
    }

    /// Takes in what happened and tries one pod.
    ///
    /// @return whether there was anything to do
    boolean step() {
        boolean worked = shared.inbox().drain();
        assumed.expire();
        QueuedPod pod = open ? queue.poll() : null;
        if (pod == null) {
            return worked;
        }
        try {
            schedule(pod);
        } catch (RuntimeException e) {
            log.error("scheduling {} failed", pod.pod(), e);
            metrics.attempt(pod.pod().schedulerName(), "error", Duration.ZERO);
            queue.retryLater(pod);
            String message = Failures.message(e);
            shared.calls().background(() -> reporter.failed(pod.pod(), "SchedulerError", message, null));
        }
        return true;
    }

    private Duration untilNextDue() {
        Duration wait = queue.nextDue()
                .map(due -> Duration.between(clock.instant(), due))
                .orElse(IDLE_WAIT);
        return wait.isNegative() ? Duration.ZERO : wait.compareTo(IDLE_WAIT) > 0 ? IDLE_WAIT : wait;
    }

    private void schedule(QueuedPod queued) {
        PodInfo pod = queued.pod();
        Profile profile = profiles.get(pod.schedulerName());
        if (profile == null || pod.isTerminating()) {
            queue.remove(pod.uid());
            return;
        }
        Instant started = clock.instant();
        long before = System.nanoTime();
        var state = new CycleState();
        Selection.Outcome outcome = selection.select(profile, state, pod);
        metrics.algorithm(before);
        switch (outcome) {
            case Selection.Outcome.Found found -> {
                String node = found.node().name();
                assumed.assume(pod, node);
                shared.nominations().remove(pod.uid());
                var decided = new BindingCycle.Decided(queued, pod, profile, state, node, started);
                ReservePlugin refuser = reserve(decided);
                if (refuser == null) {
                    binding.start(decided);
                } else {
                    giveUp(decided);
                    String message = "running Reserve plugin \"" + refuser.name() + "\" failed";
                    unschedulable(decided.queued(), profile, message, Set.of(refuser.name()), null, started);
                }
            }
            case Selection.Outcome.NoFit(var message, var rejectedBy, var nominated) ->
                unschedulable(queued, profile, message, rejectedBy, nominated, started);
        }
    }

    private static @Nullable ReservePlugin reserve(BindingCycle.Decided decided) {
        for (ReservePlugin plugin : decided.profile().reserves) {
            Verdict verdict = plugin.reserve(decided.state(), decided.pod(), decided.node());
            if (!(verdict instanceof Verdict.Fits)) {
                return plugin;
            }
        }
        return null;
    }

    private void giveUp(BindingCycle.Decided decided) {
        decided.profile()
                .reserves
                .reversed()
                .forEach(plugin -> plugin.unreserve(decided.state(), decided.pod(), decided.node()));
        assumed.forget(decided.pod().uid());
    }

    /// @param nominated see [Selection.Outcome.NoFit]
    private void unschedulable(
            QueuedPod queued,
            Profile profile,
            String message,
            Set<String> rejectedBy,
            @Nullable String nominated,
            Instant started) {
        metrics.attempt(profile.schedulerName(), "unschedulable", Duration.between(started, clock.instant()));
        PodInfo pod = queued.pod();
        if (nominated != null) {
            if (nominated.isEmpty()) {
                shared.nominations().remove(pod.uid());
            } else {
                shared.nominations().put(nominated, pod);
                metrics.preemptionAttempt();
            }
        }
        queue.park(queued, rejectedBy);
        metrics.incoming("unschedulable", "ScheduleAttemptFailure", 1);
        log.debug("{} cannot be scheduled: {}", pod, message);
        shared.calls().background(() -> reporter.failed(pod, "Unschedulable", message, nominated));
    }

    /// What binding threads have to tell.
    private final class Returns implements BindingCycle.Aftermath {
        @Override
        public void bound(PodInfo pod) {
            shared.inbox().post(() -> assumed.bound(pod.uid()));
        }

        @Override
        public void failed(BindingCycle.Decided decided, Set<String> rejectedBy) {
            shared.inbox().post(() -> {
                giveUp(decided);
                if (rejectedBy.isEmpty()) {
                    queue.retryLater(decided.queued());
                } else {
                    queue.park(decided.queued(), rejectedBy);
                }
                intake.happened(new ClusterEvent(
                        Resource.ASSIGNED_POD,
                        Set.of(Action.DELETE),
                        decided.pod().pod(),
                        null));
            });
        }
    }
}
