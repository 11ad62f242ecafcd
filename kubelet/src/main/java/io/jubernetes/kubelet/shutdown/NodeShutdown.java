package io.jubernetes.kubelet.shutdown;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import io.jubernetes.kubelet.cluster.PodEvents;
import io.jubernetes.kubelet.config.NodePolicies;
import io.jubernetes.kubelet.pod.PodEviction;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Ends the pods before the machine ends (`shutdownGracePeriod`, `shutdownGracePeriodByPodPriority`). From the signal
/// on
/// the node takes no more pods and says that it is not ready.
public final class NodeShutdown implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(NodeShutdown.class);
    private static final Duration LOOK = Duration.ofMillis(100);

    private final NodePolicies.Shutdown policy;
    private final ShutdownSignals signals;
    private final Pods pods;
    private final Consumer<Boolean> closing;
    private final PodEvents events;
    private final Supplier<Optional<Node>> node;
    private @Nullable AutoCloseable lock; // guarded by this
    private @Nullable Thread ending; // guarded by this

    /// The pods of this node.
    public interface Pods {
        /// Those that have not ended.
        List<Pod> active();

        void evict(String uid, PodEviction eviction);

        /// Whether anything of a pod runs.
        boolean runs(String uid);
    }

    NodeShutdown(
            NodePolicies.Shutdown policy,
            ShutdownSignals signals,
            Pods pods,
            Consumer<Boolean> closing,
            PodEvents events,
            Supplier<Optional<Node>> node) {
        this.policy = policy;
        this.signals = signals;
        this.pods = pods;
        this.closing = closing;
        this.events = events;
        this.node = node;
    }

    /// As systemd-logind says.
    ///
    /// @param closing told whether the node is about to end: it takes no more pods then
    /// @param node as last seen, for an event
    public static NodeShutdown byLogind(
            NodePolicies.Shutdown policy,
            Pods pods,
            Consumer<Boolean> closing,
            PodEvents events,
            Supplier<Optional<Node>> node) {
        return new NodeShutdown(policy, new Logind(), pods, closing, events, node);
    }

    /// Begins to watch for the machine's end. Where the machine does not tell, pods are not waited for.
    public synchronized void start() {
        if (policy.byPriority().isEmpty()) {
            return;
        }
        try {
            lock = signals.delay(policy.total());
            signals.listen(this::changed);
        } catch (IOException e) {
            LOG.warn("the machine's shutdown will not wait for pods: {}", e.getMessage());
        }
    }

    private synchronized void changed(boolean active) {
        if (!active) {
            LOG.info("the machine stays");
            if (ending != null) {
                ending.interrupt();
                ending = null;
            }
            closing.accept(false);
            try {
                release();
                lock = signals.delay(policy.total());
            } catch (IOException e) {
                LOG.warn("the machine's next shutdown will not wait for pods: {}", e.getMessage());
            }
            return;
        }
        if (ending != null) {
            return;
        }
        LOG.info("the machine is about to end: ending the pods");
        closing.accept(true);
        node.get()
                .ifPresent(known -> events.event(
                        known, PodEvents.Type.NORMAL, "NodeShutdown", "Shutdown manager detected shutdown event"));
        ending = Thread.ofVirtual().name("node-shutdown").start(this::endPods);
    }

    private void endPods() {
        try {
            for (ShutdownOrder.Group group : ShutdownOrder.of(policy, pods.active())) {
                LOG.info(
                        "ending {} pods of priority {} within {}",
                        group.pods().size(),
                        group.priority(),
                        group.limit());
                for (Pod pod : group.pods()) {
                    pods.evict(
                            pod.getMetadata().getUid(),
                            new PodEviction(
                                    "Terminated",
                                    "Pod was terminated in response to imminent node shutdown.",
                                    group.grace(pod),
                                    true));
                }
                await(group);
            }
        } catch (InterruptedException e) {
            return;
        }
        synchronized (this) {
            release();
        }
    }

    /// Waits until the pods have ended, but no longer than they may take.
    private void await(ShutdownOrder.Group group) throws InterruptedException {
        long until = System.nanoTime() + group.limit().toNanos();
        while (System.nanoTime() < until
                && group.pods().stream()
                        .anyMatch(pod -> pods.runs(pod.getMetadata().getUid()))) {
            Thread.sleep(LOOK);
        }
    }

    private synchronized void release() {
        AutoCloseable held = lock;
        lock = null;
        if (held != null) {
            try {
                held.close();
            } catch (Exception e) {
                LOG.warn("cannot let the machine go: {}", e.toString());
            }
        }
    }

    @Override
    public synchronized void close() {
        if (ending != null) {
            ending.interrupt();
        }
        release();
        signals.close();
    }
}
