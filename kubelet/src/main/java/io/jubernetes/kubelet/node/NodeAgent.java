package io.jubernetes.kubelet.node;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.NodeStatus;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.jubernetes.common.codec.Json;
import io.jubernetes.common.meta.Quantity;
import io.jubernetes.kubelet.cluster.StatusPatch;
import io.jubernetes.kubelet.config.KubeletSettings;
import io.jubernetes.kubelet.device.DeviceManager;
import io.jubernetes.kubelet.runtime.ContainerRuntime;
import io.jubernetes.kubelet.runtime.ImageInfo;
import io.jubernetes.kubelet.runtime.RuntimeFailure;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.IntSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Keeps the Node object: registers it, and writes its status when it has changed, and otherwise every five
/// minutes. One thread does both.
public final class NodeAgent implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(NodeAgent.class);
    private static final Duration UNCHANGED_INTERVAL = Duration.ofMinutes(5);
    private static final PatchContext STRATEGIC = PatchContext.of(PatchType.STRATEGIC_MERGE);
    private static final StatusPatch PATCH = new StatusPatch(Map.of("conditions", "type", "addresses", "type"));

    private final KubernetesClient client;
    private final KubeletSettings settings;
    private final ContainerRuntime runtime;
    private final Supplier<Optional<String>> podCidr;
    private final NodeObjects objects;
    private final Clock clock;
    private final Thread thread;
    private final CountDownLatch registered = new CountDownLatch(1);
    private final Semaphore signal = new Semaphore(0);
    private volatile boolean closed;
    private volatile boolean ending;
    private volatile @Nullable Node node;
    /// What was written last and when; only the thread's.
    private @Nullable NodeStatus written;

    private Instant writtenAt = Instant.MIN;

    /// @param port where the kubelet's server listens
    /// @param podCidr the addresses of this node's pods, once known
    /// @param pressures the conditions that say that something runs short
    /// @param devices of device plugins
    /// @param volumes the attached volumes that must not be detached now
    public NodeAgent(
            KubernetesClient client,
            KubeletSettings settings,
            ContainerRuntime runtime,
            IntSupplier port,
            Supplier<Optional<String>> podCidr,
            Supplier<Set<String>> pressures,
            DeviceManager devices,
            Supplier<List<String>> volumes,
            Clock clock)
            throws RuntimeFailure {
        this.client = client;
        this.settings = settings;
        this.runtime = runtime;
        this.podCidr = podCidr;
        this.objects = new NodeObjects(settings, runtime.version(), port, pressures, devices, volumes);
        this.clock = clock;
        this.thread = Thread.ofVirtual().name("node-status").unstarted(this::run);
    }

    public void start() {
        thread.start();
    }

    /// Waits until the node is registered.
    ///
    /// @return whether it is
    public boolean awaitRegistered(Duration limit) throws InterruptedException {
        return registered.await(limit.toNanos(), TimeUnit.NANOSECONDS);
    }

    /// The Node as last answered by the API server.
    public Optional<Node> node() {
        return Optional.ofNullable(node);
    }

    /// Something of the node's status has changed.
    public void wake() {
        if (signal.availablePermits() == 0) {
            signal.release();
        }
    }

    /// Says whether the machine is about to end; the node is not ready then.
    public void ending(boolean now) {
        ending = now;
        wake();
    }

    /// What pods of this node can have, for [io.jubernetes.kubelet.container.NodeFacts].
    public Map<String, Quantity> allocatable() {
        Map<String, Quantity> result = new HashMap<>();
        objects.allocatable().forEach((name, amount) -> result.put(name, Quantity.parse(amount.toString())));
        return result;
    }

    private void run() {
        long pause = 200;
        while (!closed) {
            try {
                if (node == null) {
                    node = register();
                    registered.countDown();
                }
                report();
                pause = 200;
                long millis = settings.statusInterval().toMillis();
                if (signal.tryAcquire(
                        millis + ThreadLocalRandom.current().nextLong(millis / 25 + 1), TimeUnit.MILLISECONDS)) {
                    signal.drainPermits();
                }
            } catch (InterruptedException e) {
                return;
            } catch (KubernetesClientException e) {
                LOG.warn("cannot write the node's status, trying again: {}", e.getMessage());
                if (e.getCode() == 404) {
                    // Somebody deleted the node.
                    node = null;
                    written = null;
                }
                pause = Math.min(pause * 2, settings.statusInterval().toMillis());
                if (!sleep(pause)) {
                    return;
                }
            } catch (RuntimeException e) {
                LOG.error("unexpected failure while writing the node's status", e);
                if (!sleep(settings.statusInterval().toMillis())) {
                    return;
                }
            }
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

    private Node register() {
        var resource = client.nodes().withName(settings.nodeName());
        Node existing = resource.get();
        if (existing == null && settings.registerNode()) {
            Node fresh = new NodeBuilder(objects.node(podCidr.get()))
                    .withStatus(status(new NodeStatus()))
                    .build();
            try {
                Node created = client.nodes().resource(fresh).create();
                LOG.info("registered node {}", settings.nodeName());
                return created;
            } catch (KubernetesClientException e) {
                if (e.getCode() != 409) {
                    throw e;
                }
                existing = resource.get();
            }
        }
        if (existing == null) {
            throw new KubernetesClientException("node \"" + settings.nodeName() + "\" not found");
        }
        return withLabels(existing);
    }

    /// Sees to it that the node has the labels it should.
    private Node withLabels(Node existing) {
        Map<String, String> labels = existing.getMetadata().getLabels() == null
                ? Map.of()
                : existing.getMetadata().getLabels();
        ObjectNode missing = Json.object();
        objects.labels().forEach((key, value) -> {
            if (!value.equals(labels.get(key))) {
                missing.put(key, value);
            }
        });
        if (missing.isEmpty()) {
            return existing;
        }
        ObjectNode patch = Json.object();
        patch.putObject("metadata").set("labels", missing);
        return client.nodes().withName(settings.nodeName()).patch(STRATEGIC, Json.text(patch));
    }

    private NodeStatus status(NodeStatus old) {
        List<ImageInfo> images = List.of();
        Optional<String> trouble = Optional.empty();
        if (ending) {
            trouble = Optional.of("node is shutting down");
        } else if (podCidr.get().isEmpty()) {
            trouble = Optional.of("container runtime network not ready: the node's pods have no addresses yet");
        }
        try {
            images = runtime.images();
        } catch (RuntimeFailure e) {
            trouble = Optional.of("container runtime is down: " + e.getMessage());
        }
        return objects.status(old, images, trouble, clock.instant());
    }

    private void report() {
        Node current = java.util.Objects.requireNonNull(node);
        NodeStatus old =
                written != null ? written : current.getStatus() == null ? new NodeStatus() : current.getStatus();
        NodeStatus status = status(old);
        Instant now = clock.instant();
        boolean due = Duration.between(writtenAt, now).compareTo(UNCHANGED_INTERVAL) >= 0;
        boolean changed = !withoutTimes(status).equals(withoutTimes(old));
        if (!changed && !due) {
            return;
        }
        Optional<ObjectNode> change = PATCH.between(Json.tree(old), Json.tree(status));
        if (change.isPresent()) {
            ObjectNode patch = Json.object();
            patch.set("status", change.get());
            node = client.nodes()
                    .withName(settings.nodeName())
                    .subresource("status")
                    .patch(STRATEGIC, Json.text(patch));
        }
        written = status;
        writtenAt = now;
    }

    private static NodeStatus withoutTimes(NodeStatus status) {
        return status.toBuilder()
                .withConditions(status.getConditions().stream()
                        .map(condition -> condition.toBuilder()
                                .withLastHeartbeatTime(null)
                                .build())
                        .toList())
                .withDaemonEndpoints(status.getDaemonEndpoints())
                .build();
    }

    @Override
    public void close() {
        closed = true;
        thread.interrupt();
    }
}
