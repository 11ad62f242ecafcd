package io.jubernetes.scheduler.cycle;

import io.fabric8.kubernetes.client.KubernetesClientException;
import io.jubernetes.common.controller.Failures;
import io.jubernetes.common.time.Deadline;
import io.jubernetes.scheduler.framework.BindPlugin;
import io.jubernetes.scheduler.framework.CycleState;
import io.jubernetes.scheduler.framework.Extender;
import io.jubernetes.scheduler.framework.ExtensionPoint;
import io.jubernetes.scheduler.framework.PermitPlugin;
import io.jubernetes.scheduler.framework.PodInfo;
import io.jubernetes.scheduler.framework.PostBindPlugin;
import io.jubernetes.scheduler.framework.PreBindPlugin;
import io.jubernetes.scheduler.queue.QueuedPod;
import java.net.HttpURLConnection;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Binds one pod to the node chosen for it, on a thread of the pod's own: permit, pre-bind, bind, post-bind. What
/// comes of it goes back to the scheduling thread.
final class BindingCycle {
    private static final Logger log = LoggerFactory.getLogger(BindingCycle.class);
    private static final Duration BINDING_LIMIT = Duration.ofMinutes(2);

    /// What is to be done on the scheduling thread afterwards.
    interface Aftermath {
        void bound(PodInfo pod);

        /// The pod's place on the node is to be given back.
        ///
        /// @param rejectedBy the plugins that turned it down; empty after an error, when it is just tried again
        void failed(Decided decided, Set<String> rejectedBy);
    }

    /// A decision to be carried out.
    record Decided(QueuedPod queued, PodInfo pod, Profile profile, CycleState state, String node, Instant started) {}

    /// A permit plugin said no.
    private static final class Refused extends RuntimeException {
        private static final long serialVersionUID = 1;
        private final String plugin;

        Refused(String plugin, String reason) {
            super(reason);
            this.plugin = plugin;
        }
    }

    private final Calls calls;
    private final WaitingPods held;
    private final List<Extender> extenders;
    private final PodReporter reporter;
    private final SchedulerMetrics metrics;
    private final InstantSource clock;
    private final Aftermath aftermath;

    BindingCycle(
            Calls calls,
            WaitingPods held,
            List<Extender> extenders,
            PodReporter reporter,
            SchedulerMetrics metrics,
            InstantSource clock,
            Aftermath aftermath) {
        this.calls = calls;
        this.held = held;
        this.extenders = List.copyOf(extenders);
        this.reporter = reporter;
        this.metrics = metrics;
        this.clock = clock;
        this.aftermath = aftermath;
    }

    void start(Decided decided) {
        calls.start(() -> run(decided));
    }

    private void run(Decided decided) {
        PodInfo pod = decided.pod();
        try {
            permit(decided);
            long before = System.nanoTime();
            for (PreBindPlugin plugin : decided.profile().preBinds) {
                plugin.preBind(decided.state(), pod, decided.node(), Deadline.in(BINDING_LIMIT));
            }
            metrics.point(ExtensionPoint.PRE_BIND, decided.profile(), "Success", before);
            bind(decided);
            Instant now = clock.instant();
            metrics.attempt(decided.profile().schedulerName(), "scheduled", Duration.between(decided.started(), now));
            metrics.bound(
                    decided.queued().attempts(),
                    Duration.between(decided.queued().since(), now));
            reporter.scheduled(pod, decided.node());
            aftermath.bound(pod);
            for (PostBindPlugin plugin : decided.profile().postBinds) {
                plugin.postBind(decided.state(), pod, decided.node());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException e) {
            if (!Thread.currentThread().isInterrupted()) {
                failed(decided, e);
            }
        }
    }

    private void permit(Decided decided) throws InterruptedException {
        for (PermitPlugin plugin : decided.profile().permits) {
            Optional<String> refusal = switch (plugin.permit(decided.state(), decided.pod(), decided.node())) {
                case PermitPlugin.Permission.Allowed _ -> Optional.empty();
                case PermitPlugin.Permission.Refused(var reason) -> Optional.of(reason);
                case PermitPlugin.Permission.Hold(var atMost) ->
                    held.await(decided.pod().uid(), atMost.toMillis());
            };
            if (refusal.isPresent()) {
                throw new Refused(plugin.name(), refusal.get());
            }
        }
    }

    private void bind(Decided decided) throws InterruptedException {
        long before = System.nanoTime();
        String status = "Error";
        try {
            calls.inSlot(() -> bindNow(decided));
            status = "Success";
        } finally {
            metrics.point(ExtensionPoint.BIND, decided.profile(), status, before);
        }
    }

    private void bindNow(Decided decided) throws InterruptedException {
        for (Extender extender : extenders) {
            if (extender.binds() && extender.isInterestedIn(decided.pod())) {
                extender.bind(decided.pod(), decided.node());
                return;
            }
        }
        Deadline deadline = Deadline.in(BINDING_LIMIT);
        for (BindPlugin plugin : decided.profile().binds) {
            if (plugin.bind(decided.state(), decided.pod(), decided.node(), deadline)) {
                return;
            }
        }
        throw new IllegalStateException("no bind plugin took the pod");
    }

    private void failed(Decided decided, RuntimeException failure) {
        Duration took = Duration.between(decided.started(), clock.instant());
        String profile = decided.profile().schedulerName();
        PodInfo pod = decided.pod();
        if (failure instanceof Refused refused) {
            metrics.attempt(profile, "unschedulable", took);
            aftermath.failed(decided, Set.of(refused.plugin));
            String message =
                    "pod \"" + pod.key().name() + "\" rejected while waiting on permit: " + refused.getMessage();
            calls.withSlot(() -> reporter.failed(pod, "Unschedulable", message, null));
            return;
        }
        metrics.attempt(profile, "error", took);
        String message = Failures.message(failure);
        log.info("{} was not bound to {}: {}", pod, decided.node(), message);
        aftermath.failed(decided, Set.of());
        boolean gone =
                failure instanceof KubernetesClientException api && api.getCode() == HttpURLConnection.HTTP_NOT_FOUND;
        if (!gone) {
            calls.withSlot(() -> reporter.failed(pod, "SchedulerError", "binding rejected: " + message, null));
        }
    }
}
