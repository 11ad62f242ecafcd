package io.jubernetes.scheduler.plugins.preemption;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.jubernetes.common.codec.Json;
import io.jubernetes.common.controller.EventRecorder;
import io.jubernetes.common.controller.Failures;
import io.jubernetes.common.controller.RawApi;
import io.jubernetes.scheduler.framework.HeldPods;
import io.jubernetes.scheduler.framework.PluginContext;
import io.jubernetes.scheduler.framework.PodInfo;
import java.net.HttpURLConnection;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Removes victims, in the background. Thread-safe.
final class Eviction {
    private static final Logger log = LoggerFactory.getLogger(Eviction.class);

    private final KubernetesClient client;
    private final HeldPods held;
    private final PluginContext.Work work;
    private final EventRecorder events;
    private final InstantSource clock;
    private final Set<String> running = ConcurrentHashMap.newKeySet();

    Eviction(PluginContext context) {
        client = context.client();
        held = context.held();
        work = context.work();
        events = context.events();
        clock = context.clock();
    }

    /// Whether pods are being removed for this one.
    boolean isRunningFor(PodInfo pod) {
        return running.contains(pod.uid());
    }

    /// Removes the victims and, when that fails, has the pod tried again.
    void start(PodInfo pod, List<PodInfo> victims, String node) {
        running.add(pod.uid());
        work.background(() -> {
            boolean removed = false;
            try {
                for (PodInfo victim : victims) {
                    remove(pod, victim, node);
                }
                removed = true;
            } catch (RuntimeException e) {
                log.warn("no room could be made for {} on {}: {}", pod, node, Failures.message(e));
            } finally {
                running.remove(pod.uid());
                if (!removed) {
                    work.wake(pod.uid());
                }
            }
        });
    }

    /// Takes back the nomination of a pod that will find the node taken.
    void withdraw(PodInfo nominated) {
        work.background(() -> {
            var change = Json.object();
            change.putObject("status").putNull("nominatedNodeName");
            change.putObject("metadata").put("uid", nominated.uid());
            try {
                new RawApi(client).patch(path(nominated) + "/status", RawApi.STRATEGIC_PATCH, change);
            } catch (KubernetesClientException e) {
                log.debug("the nomination of {} stays: {}", nominated, e.getMessage());
            }
        });
    }

    private void remove(PodInfo pod, PodInfo victim, String node) {
        if (held.contains(victim.uid())) {
            held.refuse(victim.uid(), "preempted");
        } else if (!delete(pod, victim)) {
            return;
        }
        events.record(
                EventRecorder.reference(victim.pod()),
                EventRecorder.reference(pod.pod()),
                EventRecorder.NORMAL,
                "Preempted",
                "Preempting",
                "Preempted by pod " + pod.uid() + " on node " + node);
    }

    /// @return false when it was gone already
    private boolean delete(PodInfo pod, PodInfo victim) {
        String now = clock.instant().truncatedTo(ChronoUnit.SECONDS).toString();
        var condition = Json.object()
                .put("type", "DisruptionTarget")
                .put("status", "True")
                .put("reason", "PreemptionByScheduler")
                .put("message", pod.schedulerName() + ": preempting to accommodate a higher priority pod")
                .put("lastTransitionTime", now);
        var change = Json.object();
        change.putObject("status").putArray("conditions").add(condition);
        change.putObject("metadata").put("uid", victim.uid());
        try {
            var api = new RawApi(client);
            api.patch(path(victim) + "/status", RawApi.STRATEGIC_PATCH, change);
            api.delete(victim.pod(), null);
            return true;
        } catch (KubernetesClientException e) {
            if (e.getCode() == HttpURLConnection.HTTP_NOT_FOUND) {
                return false;
            }
            throw e;
        }
    }

    private static String path(PodInfo pod) {
        return RawApi.path("v1", "pods", pod.key().namespace(), pod.key().name());
    }
}
