package io.jubernetes.controllermanager.testing;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import io.jubernetes.common.codec.Json;
import io.jubernetes.common.controller.RawApi;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;

/// Plays all nodes for the pods of one namespace: they run at once, and end when they are told to.
final class PlayedKubelet implements AutoCloseable {
    private final RawApi api;
    private final Function<Pod, String> phases;
    private final AtomicInteger addresses = new AtomicInteger();
    private final SharedIndexInformer<Pod> pods;

    /// @param phases what becomes of a pod: `Pending` for nothing, `Running`, `Succeeded` or `Failed`
    PlayedKubelet(KubernetesClient client, String namespace, Function<Pod, String> phases) {
        this.api = new RawApi(client);
        this.phases = phases;
        this.pods = client.pods().inNamespace(namespace).inform(new ResourceEventHandler<>() {
            @Override
            public void onAdd(Pod pod) {
                play(pod);
            }

            @Override
            public void onUpdate(Pod before, Pod pod) {
                play(pod);
            }

            @Override
            public void onDelete(Pod pod, boolean unknown) {
                // Nothing is left of it.
            }
        });
    }

    private void play(Pod pod) {
        String phase = phases.apply(pod);
        try {
            if (pod.getMetadata().getDeletionTimestamp() != null) {
                if (pod.getSpec().getNodeName() != null) {
                    var options = Json.object().put("kind", "DeleteOptions").put("apiVersion", "v1");
                    options.put("gracePeriodSeconds", 0)
                            .putObject("preconditions")
                            .put("uid", pod.getMetadata().getUid());
                    api.delete(RawApi.path(pod), options);
                }
            } else if (!phase.equals("Pending") && pod.getStatus().getPhase().equals("Pending")) {
                report(pod, phase);
            }
        } catch (KubernetesClientException e) {
            if (e.getCode() != 404 && e.getCode() != 409) {
                throw e;
            }
        }
    }

    private void report(Pod pod, String phase) {
        String now = Instant.now().truncatedTo(ChronoUnit.SECONDS).toString();
        int address = addresses.incrementAndGet();
        var change = Json.object();
        change.putObject("metadata").put("uid", pod.getMetadata().getUid());
        var status = change.putObject("status").put("phase", phase).put("startTime", now);
        String ip = "10.9." + address / 250 + "." + (1 + address % 250);
        status.put("podIP", ip).putArray("podIPs").addObject().put("ip", ip);
        status.putArray("conditions")
                .addObject()
                .put("type", "Ready")
                .put("status", phase.equals("Running") ? "True" : "False")
                .put("lastTransitionTime", now);
        if (!phase.equals("Running")) {
            status.putArray("containerStatuses")
                    .addObject()
                    .put("name", pod.getSpec().getContainers().getFirst().getName())
                    .put("image", "image")
                    .put("imageID", "")
                    .put("ready", false)
                    .put("restartCount", 0)
                    .putObject("state")
                    .putObject("terminated")
                    .put("exitCode", phase.equals("Failed") ? 1 : 0)
                    .put("finishedAt", now);
        }
        api.patch(RawApi.path(pod) + "/status", RawApi.STRATEGIC_PATCH, change);
    }

    @Override
    public void close() {
        pods.close();
    }
}
