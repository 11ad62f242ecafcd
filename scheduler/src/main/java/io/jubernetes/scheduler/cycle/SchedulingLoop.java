package io.jubernetes.scheduler.cycle;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.jubernetes.common.controller.EventRecorder;
import io.jubernetes.common.controller.Failures;
import io.jubernetes.common.time.Deadline;
import io.jubernetes.scheduler.framework.BindPlugin;
import io.jubernetes.scheduler.framework.ClusterEvent;
import io.jubernetes.scheduler.framework.ClusterEvent.Action;
import io.jubernetes.scheduler.framework.ClusterEvent.Resource;
import io.jubernetes.scheduler.framework.CycleState;
import io.jubernetes.scheduler.framework.PermitPlugin;
import io.jubernetes.scheduler.framework.PodInfo;
import io.jubernetes.scheduler.framework.PostBindPlugin;
import io.jubernetes.scheduler.framework.PreBindPlugin;
import io.jubernetes.scheduler.framework.ReservePlugin;
import io.jubernetes.scheduler.framework.Verdict;
import io.jubernetes.scheduler.queue.QueuedPod;
import io.jubernetes.scheduler.queue.SchedulingQueue;
import io.jubernetes.scheduler.snapshot.NodeTable;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.EnumSet;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Schedules pods, one after the other, on one thread that owns the node table and the queue. Every other thread
/// posts what happened into its bounded inbox; so there are no locks, and between two events the picture stands
/// still. A chosen
/// node is taken as given at once (the pod is assumed there) while a thread of the pod's own binds it; a failed
/// binding comes back through the inbox.
public final class SchedulingLoop implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(SchedulingLoop.class);
    private static final int INBOX = 8192;
    private static final int CONCURRENT_CALLS = 64;
    private static final Duration BINDING_LIMIT = Duration.ofMinutes(2);
    private static final Duration IDLE_WAIT = Duration.ofSeconds(30);

    private final NodeTable nodes;
    private final Map<String, Profile> profiles;
    private final SchedulingQueue queue;
    private final Selection selection;
    private final AssumedPods assumed;
    private final PodReporter reporter;
    private final SchedulerMetrics metrics;
    private final InstantSource clock;
    private final WaitingPods waitingPods = new WaitingPods();
    private final BlockingQueue<Runnable> inbox = new ArrayBlockingQueue<>(INBOX);
    private final ExecutorService calls = Executors.newThreadPerTaskExecutor(
            Thread.ofVirtual().name("binding-", 0).factory());
    private final Semaphore callSlots = new Semaphore(CONCURRENT_CALLS);
    private final Thread loop = Thread.ofPlatform().name("scheduling-loop").unstarted(this::run);
    private boolean open; // only `loop`
    private volatile boolean closed;

    /// @param nodes the table the profiles' plugins look at; the loop fills it
    /// @param profiles by scheduler name; all have the same queue order
    public SchedulingLoop(
            KubernetesClient client,
            NodeTable nodes,
            Map<String, Profile> profiles,
            EventRecorder events,
            MeterRegistry meters,
            InstantSource clock,
            RandomGenerator random) {
        this.nodes = nodes;
        this.profiles = Map.copyOf(profiles);
        this.clock = clock;
        this.reporter = new PodReporter(client, events, clock);
        this.selection = new Selection(nodes, random);
        this.assumed = new AssumedPods(nodes, clock);
        Profile any = profiles.values().iterator().next();
        this.queue = new SchedulingQueue(clock, any.queueSort().order(), this::mayEnter, any.wakeups());
        this.metrics = new SchedulerMetrics(meters, queue);
    }

    /// Starts to take in what happens; pods are scheduled from [#open] on.
    public void start() {
        loop.start();
    }

    /// Starts to schedule, once everything posted so far is taken in: a decision needs the whole picture.
    public void open() {
        post(() -> open = true);
    }

    /// Stops; bindings under way are interrupted, and found again by the next scheduler.
    @Override
    public void close() {
        closed = true;
        loop.interrupt();
        calls.shutdownNow();
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
        post(() -> podChanged(before, after));
    }

    /// Tells of a node's change; waits when the loop is far behind.
    public void onNode(@Nullable Node before, @Nullable Node after) {
        post(() -> nodeChanged(before, after));
    }

    private void post(Runnable message) {
        try {
            while (!closed && !inbox.offer(message, 1, TimeUnit.SECONDS)) {
                log.debug("the scheduling loop is behind");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void run() {
        try {
            while (!closed) {
                if (!step()) {
                    Duration wait = open ? untilNextDue() : IDLE_WAIT;
                    Runnable message = inbox.poll(wait.toMillis() + 1, TimeUnit.MILLISECONDS);
                    if (message != null) {
                        runSafely(message);
                    }
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
        boolean worked = false;
        for (Runnable message = inbox.poll(); message != null; message = inbox.poll()) {
            runSafely(message);
            worked = true;
        }
        assumed.expire();
        QueuedPod pod = open ? queue.poll() : null;
        if (pod == null) {
            return worked;
        }
        try {
            schedule(pod);
        } catch (RuntimeException e) {
            log.error("scheduling {} failed", pod.pod(), e);
            queue.retryLater(pod);
        }
        return true;
    }

    private static void runSafely(Runnable message) {
        try {
            message.run();
        } catch (RuntimeException e) {
            log.error("an event could not be taken in", e);
        }
    }

    private Duration untilNextDue() {
        Duration wait = queue.nextDue()
                .map(due -> Duration.between(clock.instant(), due))
                .orElse(IDLE_WAIT);
        return wait.isNegative() ? Duration.ZERO : wait.compareTo(IDLE_WAIT) > 0 ? IDLE_WAIT : wait;
    }

    private boolean mayEnter(PodInfo pod) {
        Profile profile = profiles.get(pod.schedulerName());
        return profile != null && profile.mayEnter(pod);
    }

    private void podChanged(@Nullable Pod before, @Nullable Pod after) {
        if (before != null && after != null && !uid(before).equals(uid(after))) {
            podChanged(before, null);
            podChanged(null, after);
            return;
        }
        if (after == null || isFinished(after)) {
            Pod gone = before == null ? after : before;
            if (gone != null) {
                podGone(gone);
            }
            return;
        }
        PodInfo pod = PodInfo.of(after, nodes.resources());
        Optional<String> node = pod.nodeName();
        if (node.isPresent()) {
            podHasNode(before, pod, node.get());
        } else if (pod.isTerminating()) {
            queue.remove(pod.uid());
        } else if (profiles.containsKey(pod.schedulerName()) && !assumed.contains(pod.uid())) {
            boolean relevant = before == null || isRelevantChange(before, after);
            if (before == null) {
                metrics.incoming("active", "PodAdd");
            }
            queue.put(pod, relevant && mayHelpItself(pod, before, after));
        }
    }

    private boolean mayHelpItself(PodInfo pod, @Nullable Pod before, Pod after) {
        var event = new ClusterEvent(Resource.UNSCHEDULED_POD, Set.of(Action.UPDATE_SPEC), before, after);
        return queue.mayHelp(pod.uid(), event);
    }

    private void podHasNode(@Nullable Pod before, PodInfo pod, String node) {
        assumed.confirm(pod.uid(), node);
        queue.remove(pod.uid());
        nodes.putPod(node, pod);
        if (before == null || isUnassigned(before)) {
            queue.onEvent(new ClusterEvent(Resource.ASSIGNED_POD, Set.of(Action.ADD), null, pod.pod()));
        } else if (isRelevantChange(before, pod.pod())) {
            queue.onEvent(new ClusterEvent(
                    Resource.ASSIGNED_POD, Set.of(Action.UPDATE_SPEC, Action.UPDATE_LABELS), before, pod.pod()));
        }
    }

    private void podGone(Pod gone) {
        queue.remove(uid(gone));
        waitingPods.refuse(uid(gone), "the pod was deleted");
        boolean freed = assumed.forget(uid(gone));
        String node = gone.getSpec().getNodeName();
        if (node != null && !node.isEmpty()) {
            nodes.removePod(node, uid(gone));
            freed = true;
        }
        if (freed) {
            queue.onEvent(new ClusterEvent(Resource.ASSIGNED_POD, Set.of(Action.DELETE), gone, null));
        }
    }

    private void nodeChanged(@Nullable Node before, @Nullable Node after) {
        if (after == null) {
            if (before != null) {
                nodes.removeNode(before.getMetadata().getName());
            }
            return;
        }
        nodes.putNode(after);
        EnumSet<Action> actions = before == null ? EnumSet.of(Action.ADD) : NodeChanges.between(before, after);
        if (!actions.isEmpty()) {
            queue.onEvent(new ClusterEvent(Resource.NODE, actions, before, after));
        }
    }

    private void schedule(QueuedPod queued) {
        PodInfo pod = queued.pod();
        Profile profile = profiles.get(pod.schedulerName());
        if (profile == null || pod.isTerminating()) {
            queue.remove(pod.uid());
            return;
        }
        Instant started = clock.instant();
        var state = new CycleState();
        switch (selection.select(profile, state, pod)) {
            case Selection.Outcome.Found found -> {
                String node = found.node().name();
                assumed.assume(pod, node);
                String refusal = reserve(profile, state, pod, node);
                if (refusal != null) {
                    unschedulable(queued, profile, refusal, Set.of(), null, started);
                    return;
                }
                calls.execute(() -> bind(queued, pod, profile, state, node, started));
            }
            case Selection.Outcome.NoFit(var message, var rejectedBy, var nominated) ->
                unschedulable(queued, profile, message, rejectedBy, nominated, started);
        }
    }

    private @Nullable String reserve(Profile profile, CycleState state, PodInfo pod, String node) {
        for (ReservePlugin plugin : profile.reserves) {
            if (!(plugin.reserve(state, pod, node) instanceof Verdict.Fits)) {
                giveUp(profile, state, pod, node);
                return "running Reserve plugin \"" + plugin.name() + "\" failed";
            }
        }
        return null;
    }

    private void giveUp(Profile profile, CycleState state, PodInfo pod, String node) {
        profile.reserves.reversed().forEach(plugin -> plugin.unreserve(state, pod, node));
        assumed.forget(pod.uid());
    }

    private void unschedulable(
            QueuedPod queued,
            Profile profile,
            String message,
            Set<String> rejectedBy,
            @Nullable String nominated,
            Instant started) {
        metrics.attempt(profile.schedulerName(), "unschedulable", Duration.between(started, clock.instant()));
        queue.park(queued, rejectedBy);
        PodInfo pod = queued.pod();
        log.debug("{} cannot be scheduled: {}", pod, message);
        calls.execute(() -> withSlot(() -> reporter.failed(pod, "Unschedulable", message, nominated)));
    }

    /// Runs on the pod's own thread.
    private void bind(QueuedPod queued, PodInfo pod, Profile profile, CycleState state, String node, Instant started) {
        Deadline deadline = Deadline.in(BINDING_LIMIT);
        try {
            permit(profile, state, pod, node);
            callSlots.acquire();
            try {
                for (PreBindPlugin plugin : profile.preBinds) {
                    plugin.preBind(state, pod, node, deadline);
                }
                for (BindPlugin plugin : profile.binds) {
                    if (plugin.bind(state, pod, node, deadline)) {
                        break;
                    }
                }
            } finally {
                callSlots.release();
            }
            for (PostBindPlugin plugin : profile.postBinds) {
                plugin.postBind(state, pod, node);
            }
            Instant now = clock.instant();
            metrics.attempt(profile.schedulerName(), "scheduled", Duration.between(started, now));
            metrics.bound(queued.attempts(), Duration.between(queued.since(), now));
            reporter.scheduled(pod, node);
            post(() -> assumed.bound(pod.uid()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException e) {
            if (!closed) {
                bindingFailed(queued, pod, profile, state, node, started, e);
            }
        }
    }

    private void permit(Profile profile, CycleState state, PodInfo pod, String node) throws InterruptedException {
        for (PermitPlugin plugin : profile.permits) {
            Optional<String> refusal = switch (plugin.permit(state, pod, node)) {
                case PermitPlugin.Permission.Allowed _ -> Optional.empty();
                case PermitPlugin.Permission.Refused(var reason) -> Optional.of(reason);
                case PermitPlugin.Permission.Hold(var atMost) -> waitingPods.await(pod.uid(), atMost.toMillis());
            };
            if (refusal.isPresent()) {
                throw new IllegalStateException(plugin.name() + ": " + refusal.get());
            }
        }
    }

    private void bindingFailed(
            QueuedPod queued,
            PodInfo pod,
            Profile profile,
            CycleState state,
            String node,
            Instant started,
            RuntimeException failure) {
        metrics.attempt(profile.schedulerName(), "error", Duration.between(started, clock.instant()));
        boolean gone = failure instanceof KubernetesClientException api && api.getCode() == 404;
        String message = "binding rejected: " + Failures.message(failure);
        log.info("{} was not bound to {}: {}", pod, node, Failures.message(failure));
        post(() -> {
            giveUp(profile, state, pod, node);
            queue.retryLater(queued);
            queue.onEvent(new ClusterEvent(Resource.ASSIGNED_POD, Set.of(Action.DELETE), pod.pod(), null));
        });
        if (!gone) {
            withSlot(() -> reporter.failed(pod, "SchedulerError", message, null));
        }
    }

    private void withSlot(Runnable call) {
        try {
            callSlots.acquire();
            try {
                call.run();
            } finally {
                callSlots.release();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static boolean isFinished(Pod pod) {
        String phase = pod.getStatus() == null ? null : pod.getStatus().getPhase();
        return "Succeeded".equals(phase) || "Failed".equals(phase);
    }

    private static boolean isUnassigned(Pod pod) {
        String node = pod.getSpec().getNodeName();
        return node == null || node.isEmpty();
    }

    private static boolean isRelevantChange(Pod before, Pod after) {
        return !Objects.equals(before.getSpec(), after.getSpec())
                || !Objects.equals(
                        before.getMetadata().getLabels(), after.getMetadata().getLabels());
    }

    private static String uid(Pod pod) {
        return pod.getMetadata().getUid();
    }
}
