package io.jubernetes.kubelet.cluster;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.api.model.DeleteOptionsBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodStatus;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.jubernetes.common.codec.Json;
import io.jubernetes.common.controller.RawApi;
import java.net.HttpURLConnection;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Writes pods' statuses to the API server. Each pod has one writer at a time, which ends when there is
/// nothing left to write; of several changes that come while it writes only the last is written.
public final class ApiPodStatuses implements PodStatusSink, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ApiPodStatuses.class);
    /// Answers about a pod of this name that may not be the one that is meant.
    private static final Set<Integer> REFUSALS =
            Set.of(HttpURLConnection.HTTP_FORBIDDEN, HttpURLConnection.HTTP_CONFLICT, 422);

    private static final int PARALLEL = 16;
    private static final long FIRST_PAUSE_MILLIS = 100;
    private static final long LONGEST_PAUSE_MILLIS = 10_000;
    private static final StatusPatch PATCH = new StatusPatch(
            Map.of("conditions", "type", "podIPs", "ip", "hostIPs", "ip", "resourceClaimStatuses", "name"),
            Set.of("PodResizePending", "PodResizeInProgress"));

    private final KubernetesClient client;
    /// The typed client would read a pod before each patch of its status.
    private final RawApi api;

    private final Semaphore writers = new Semaphore(PARALLEL, true);
    private final Map<String, Slot> slots = new ConcurrentHashMap<>();
    private volatile boolean closed;

    /// What is to be written of one pod. Guarded by itself.
    private static final class Slot {
        private @Nullable Pod pod;
        private @Nullable PodStatus status;
        private boolean finished;
        private boolean dirty;
        private boolean writing;
        private boolean deleted;
        /// The pod is no longer in the API: nobody is left to be told.
        private boolean gone;
        /// The status as the API server has it, as far as known.
        private @Nullable ObjectNode stored;
    }

    public ApiPodStatuses(KubernetesClient client) {
        this.client = client;
        this.api = new RawApi(client);
    }

    @Override
    public void update(Pod pod, PodStatus status) {
        put(pod, status, false);
    }

    @Override
    public void finished(Pod pod, PodStatus status) {
        put(pod, status, true);
    }

    @Override
    public void forget(String podUid) {
        Slot slot = slots.remove(podUid);
        if (slot != null) {
            synchronized (slot) {
                slot.gone = true;
            }
        }
    }

    private void put(Pod pod, PodStatus status, boolean finished) {
        Slot slot = slots.computeIfAbsent(pod.getMetadata().getUid(), _ -> new Slot());
        synchronized (slot) {
            slot.pod = pod;
            slot.status = status;
            slot.finished |= finished;
            slot.dirty = true;
            if (slot.writing || slot.gone || closed) {
                return;
            }
            slot.writing = true;
        }
        Thread.ofVirtual()
                .name("status-" + pod.getMetadata().getNamespace() + "/"
                        + pod.getMetadata().getName())
                .start(() -> write(slot));
    }

    private void write(Slot slot) {
        long pause = FIRST_PAUSE_MILLIS;
        while (!closed) {
            Pod pod;
            PodStatus status;
            boolean finished;
            synchronized (slot) {
                if (!slot.dirty || slot.gone) {
                    slot.writing = false;
                    return;
                }
                slot.dirty = false;
                pod = Objects.requireNonNull(slot.pod);
                status = Objects.requireNonNull(slot.status);
                finished = slot.finished;
            }
            try {
                writers.acquire();
                try {
                    store(slot, pod, status);
                    if (finished && pod.getMetadata().getDeletionTimestamp() != null && !slot.deleted) {
                        delete(pod);
                        slot.deleted = true;
                    }
                } finally {
                    writers.release();
                }
                pause = FIRST_PAUSE_MILLIS;
            } catch (KubernetesClientException e) {
                if (isGone(pod, e.getCode())) {
                    synchronized (slot) {
                        slot.gone = true;
                    }
                    continue;
                }
                LOG.warn(
                        "cannot write the status of pod {}/{}, trying again: {}",
                        pod.getMetadata().getNamespace(),
                        pod.getMetadata().getName(),
                        e.getMessage());
                synchronized (slot) {
                    slot.dirty = true;
                }
                if (!sleep(pause)) {
                    return;
                }
                pause = Math.min(pause * 2, LONGEST_PAUSE_MILLIS);
            } catch (InterruptedException e) {
                return;
            }
        }
    }

    /// Whether a refusal means that the pod is gone, or that another one has its name.
    private boolean isGone(Pod pod, int code) {
        if (!REFUSALS.contains(code)) {
            return code == HttpURLConnection.HTTP_NOT_FOUND;
        }
        try {
            Pod now = client.pods()
                    .inNamespace(pod.getMetadata().getNamespace())
                    .withName(pod.getMetadata().getName())
                    .get();
            return now == null
                    || !now.getMetadata().getUid().equals(pod.getMetadata().getUid());
        } catch (KubernetesClientException e) {
            // A node may read its own pods only: the one that has the name now is another node's.
            return e.getCode() == HttpURLConnection.HTTP_FORBIDDEN;
        }
    }

    private static boolean sleep(long millis) {
        try {
            Thread.sleep(millis / 2 + ThreadLocalRandom.current().nextLong(millis / 2 + 1));
            return true;
        } catch (InterruptedException e) {
            return false;
        }
    }

    private void store(Slot slot, Pod pod, PodStatus status) {
        ObjectNode known = slot.stored;
        ObjectNode from = known != null ? known : pod.getStatus() == null ? Json.object() : Json.tree(pod.getStatus());
        ObjectNode to = Json.tree(status);
        Optional<ObjectNode> change = PATCH.between(from, to);
        if (change.isEmpty()) {
            return;
        }
        ObjectNode patch = Json.object();
        // A pod of the same name that is not this one must not get its status.
        patch.putObject("metadata").put("uid", pod.getMetadata().getUid());
        patch.set("status", change.get());
        String path = RawApi.path(
                "v1",
                "pods",
                pod.getMetadata().getNamespace(),
                pod.getMetadata().getName());
        JsonNode answer =
                api.patch(path + "/status", RawApi.STRATEGIC_PATCH, patch).path("status");
        slot.stored = answer instanceof ObjectNode stored ? stored : to;
    }

    private void delete(Pod pod) {
        var options = new DeleteOptionsBuilder()
                .withApiVersion("v1")
                .withKind("DeleteOptions")
                .withGracePeriodSeconds(0L)
                .withNewPreconditions()
                .withUid(pod.getMetadata().getUid())
                .endPreconditions()
                .build();
        client.raw(
                "/api/v1/namespaces/" + pod.getMetadata().getNamespace() + "/pods/"
                        + pod.getMetadata().getName(),
                "DELETE",
                options);
    }

    @Override
    public void close() {
        closed = true;
    }
}
