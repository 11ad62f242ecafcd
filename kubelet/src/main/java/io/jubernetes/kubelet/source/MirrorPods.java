package io.jubernetes.kubelet.source;

import io.fabric8.kubernetes.api.model.DeleteOptionsBuilder;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.OwnerReferenceBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodStatus;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.jubernetes.common.meta.ObjectKey;
import io.jubernetes.kubelet.cluster.PodStatusSink;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Shows static pods in the API: each has a mirror pod there that carries its status. Whoever deletes a
/// mirror sees it come back; when the manifest goes, so does the mirror. Statuses of other pods pass through.
public final class MirrorPods implements PodStatusSink, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(MirrorPods.class);
    private static final long RETRY_MILLIS = 5_000;

    private final KubernetesClient client;
    private final PodStatusSink statuses;
    private final Supplier<Optional<Node>> node;
    /// Static pods by name. Guarded by this.
    private final Map<ObjectKey, Entry> entries = new HashMap<>();

    private final LinkedBlockingQueue<ObjectKey> work = new LinkedBlockingQueue<>();
    private final Thread thread = Thread.ofVirtual().name("mirror-pods").unstarted(this::run);
    private volatile boolean closed;

    private static final class Entry {
        private @Nullable Pod pod;
        private @Nullable PodStatus status;
        private @Nullable Pod mirror;
    }

    /// @param statuses where statuses go
    /// @param node who owns the mirrors
    public MirrorPods(KubernetesClient client, PodStatusSink statuses, Supplier<Optional<Node>> node) {
        this.client = client;
        this.statuses = statuses;
        this.node = node;
    }

    /// Begins to write; the node must be registered.
    public void start() {
        thread.start();
    }

    /// A static pod is new.
    public void add(Pod pod) {
        synchronized (this) {
            entries.computeIfAbsent(ObjectKey.of(pod), _ -> new Entry()).pod = pod;
        }
        work.add(ObjectKey.of(pod));
    }

    /// A static pod's manifest is gone.
    public void remove(String uid) {
        synchronized (this) {
            entries.forEach((key, entry) -> {
                if (entry.pod != null && entry.pod.getMetadata().getUid().equals(uid)) {
                    entry.pod = null;
                    work.add(key);
                }
            });
        }
    }

    /// The API server has a mirror pod, or has it no more.
    public void observe(Pod mirror, boolean exists) {
        ObjectKey key = ObjectKey.of(mirror);
        synchronized (this) {
            entries.computeIfAbsent(key, _ -> new Entry()).mirror = exists ? mirror : null;
        }
        work.add(key);
    }

    @Override
    public void update(Pod pod, PodStatus status) {
        if (!StaticPods.isStatic(pod)) {
            statuses.update(pod, status);
            return;
        }
        Pod mirror;
        synchronized (this) {
            Entry entry = entries.computeIfAbsent(ObjectKey.of(pod), _ -> new Entry());
            entry.status = status;
            mirror = entry.mirror;
        }
        if (mirror != null && fits(mirror, pod)) {
            statuses.update(mirror, status);
        }
    }

    @Override
    public void finished(Pod pod, PodStatus status) {
        if (StaticPods.isStatic(pod)) {
            update(pod, status);
        } else {
            statuses.finished(pod, status);
        }
    }

    @Override
    public void forget(String podUid) {
        statuses.forget(podUid);
    }

    private static boolean fits(Pod mirror, Pod pod) {
        return Objects.equals(
                        StaticPods.annotation(mirror, StaticPods.MIRROR), StaticPods.annotation(pod, StaticPods.HASH))
                && mirror.getMetadata().getDeletionTimestamp() == null;
    }

    private void run() {
        try {
            while (!closed) {
                ObjectKey key = work.take();
                try {
                    reconcile(key);
                } catch (KubernetesClientException e) {
                    LOG.warn("mirror pod {}: {}", key, e.getMessage());
                    Thread.ofVirtual().name("mirror-retry").start(() -> {
                        try {
                            Thread.sleep(RETRY_MILLIS);
                            work.add(key);
                        } catch (InterruptedException interrupted) {
                            // The kubelet ends.
                        }
                    });
                }
            }
        } catch (InterruptedException e) {
            // Closed.
        }
    }

    private void reconcile(ObjectKey key) {
        Pod pod;
        Pod mirror;
        PodStatus status;
        synchronized (this) {
            Entry entry = entries.get(key);
            if (entry == null) {
                return;
            }
            pod = entry.pod;
            mirror = entry.mirror;
            status = entry.status;
            if (pod == null && mirror == null) {
                entries.remove(key);
                return;
            }
        }
        if (mirror != null && (pod == null || !fits(mirror, pod))) {
            delete(mirror);
        } else if (mirror == null && pod != null) {
            create(pod);
        } else if (mirror != null && status != null) {
            statuses.update(mirror, status);
        }
    }

    private void delete(Pod mirror) {
        var options = new DeleteOptionsBuilder()
                .withApiVersion("v1")
                .withKind("DeleteOptions")
                .withGracePeriodSeconds(0L)
                .withNewPreconditions()
                .withUid(mirror.getMetadata().getUid())
                .endPreconditions()
                .build();
        try {
            client.raw(
                    "/api/v1/namespaces/" + mirror.getMetadata().getNamespace() + "/pods/"
                            + mirror.getMetadata().getName(),
                    "DELETE",
                    options);
        } catch (KubernetesClientException e) {
            if (e.getCode() != 404 && e.getCode() != 409) {
                throw e;
            }
        }
        statuses.forget(mirror.getMetadata().getUid());
    }

    private void create(Pod pod) {
        Map<String, String> annotations = new HashMap<>(pod.getMetadata().getAnnotations());
        annotations.put(StaticPods.MIRROR, String.valueOf(annotations.get(StaticPods.HASH)));
        var builder = new PodBuilder(pod)
                .editMetadata()
                .withUid(null)
                .withResourceVersion(null)
                .withAnnotations(annotations)
                .withOwnerReferences()
                .endMetadata()
                .withStatus(null);
        node.get()
                .ifPresent(owner -> builder.editMetadata()
                        .addToOwnerReferences(new OwnerReferenceBuilder()
                                .withApiVersion("v1")
                                .withKind("Node")
                                .withName(owner.getMetadata().getName())
                                .withUid(owner.getMetadata().getUid())
                                .withController(true)
                                .build())
                        .endMetadata());
        try {
            client.pods()
                    .inNamespace(pod.getMetadata().getNamespace())
                    .resource(builder.build())
                    .create();
        } catch (KubernetesClientException e) {
            // What has its name will be seen by the watch.
            if (e.getCode() != 409) {
                throw e;
            }
        }
    }

    @Override
    public void close() {
        closed = true;
        thread.interrupt();
    }
}
