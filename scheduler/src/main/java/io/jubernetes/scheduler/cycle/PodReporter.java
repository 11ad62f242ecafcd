package io.jubernetes.scheduler.cycle;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodCondition;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.jubernetes.common.codec.Json;
import io.jubernetes.common.controller.EventRecorder;
import io.jubernetes.common.controller.RawApi;
import io.jubernetes.scheduler.framework.PodInfo;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Tells users where a pod went or why it waits: events, and the pod's `PodScheduled` condition. Thread-safe;
/// the methods that call the API server block.
final class PodReporter {
    private static final Logger log = LoggerFactory.getLogger(PodReporter.class);

    private final RawApi api;
    private final EventRecorder events;
    private final InstantSource clock;

    PodReporter(KubernetesClient client, EventRecorder events, InstantSource clock) {
        this.api = new RawApi(client);
        this.events = events;
        this.clock = clock;
    }

    void scheduled(PodInfo pod, String node) {
        events.record(
                EventRecorder.reference(pod.pod()),
                null,
                EventRecorder.NORMAL,
                "Scheduled",
                "Binding",
                "Successfully assigned " + pod.key() + " to " + node);
    }

    /// @param reason `Unschedulable` or `SchedulerError`
    /// @param nominated the node where room is being made; empty takes a nomination back, null leaves it
    void failed(PodInfo pod, String reason, String message, @Nullable String nominated) {
        events.record(
                EventRecorder.reference(pod.pod()),
                null,
                EventRecorder.WARNING,
                "FailedScheduling",
                "Scheduling",
                message);
        String there =
                pod.pod().getStatus() == null ? null : pod.pod().getStatus().getNominatedNodeName();
        boolean changes = nominated != null && !nominated.equals(there == null ? "" : there);
        if (!isNews(pod.pod(), reason, message) && !changes) {
            return;
        }
        var status = Json.object();
        if (nominated != null && changes) {
            // A merge takes null for "remove it".
            status.put("nominatedNodeName", nominated.isEmpty() ? null : nominated);
        }
        String now = clock.instant().truncatedTo(ChronoUnit.SECONDS).toString();
        var condition = Json.object()
                .put("type", "PodScheduled")
                .put("status", "False")
                .put("reason", reason)
                .put("message", message)
                .put("lastTransitionTime", transition(pod.pod(), now));
        status.putArray("conditions").add(condition);
        var change = Json.object();
        change.set("status", status);
        change.putObject("metadata").put("uid", pod.uid());
        try {
            // The client's own patch would read the pod first.
            api.patch(RawApi.path(pod.pod()) + "/status", RawApi.STRATEGIC_PATCH, change);
        } catch (KubernetesClientException e) {
            // It is said again at the next try.
            log.debug("cannot say why {} waits: {}", pod, e.getMessage());
        }
    }

    private static @Nullable PodCondition condition(Pod pod) {
        return pod.getStatus() == null
                ? null
                : pod.getStatus().getConditions().stream()
                        .filter(condition -> condition.getType().equals("PodScheduled"))
                        .findFirst()
                        .orElse(null);
    }

    private static boolean isNews(Pod pod, String reason, String message) {
        PodCondition there = condition(pod);
        return there == null
                || !"False".equals(there.getStatus())
                || !reason.equals(there.getReason())
                || !message.equals(there.getMessage());
    }

    private static String transition(Pod pod, String now) {
        PodCondition there = condition(pod);
        return there != null && "False".equals(there.getStatus()) && there.getLastTransitionTime() != null
                ? there.getLastTransitionTime()
                : now;
    }
}
