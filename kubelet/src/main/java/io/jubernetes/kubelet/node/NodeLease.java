package io.jubernetes.kubelet.node;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.OwnerReferenceBuilder;
import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.time.Clock;
import java.time.Duration;
import java.time.ZoneOffset;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The node's heartbeat: renews its Lease in `kube-node-lease`.
public final class NodeLease implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(NodeLease.class);
    private static final String NAMESPACE = "kube-node-lease";
    private static final Duration LONGEST_RETRY = Duration.ofSeconds(7);

    private final KubernetesClient client;
    private final String nodeName;
    private final Supplier<Optional<Node>> node;
    private final int seconds;
    private final Clock clock;
    private final Thread thread;
    private volatile boolean closed;
    /// Only the thread's.
    private @Nullable Lease latest;

    /// @param node who owns the lease
    /// @param seconds how long it lasts; it is renewed four times as often
    public NodeLease(
            KubernetesClient client, String nodeName, Supplier<Optional<Node>> node, int seconds, Clock clock) {
        this.client = client;
        this.nodeName = nodeName;
        this.node = node;
        this.seconds = seconds;
        this.clock = clock;
        this.thread = Thread.ofVirtual().name("node-lease").unstarted(this::run);
    }

    public void start() {
        thread.start();
    }

    private void run() {
        Duration retry = Duration.ofMillis(200);
        while (!closed) {
            Duration pause;
            try {
                renew();
                retry = Duration.ofMillis(200);
                pause = Duration.ofSeconds(Math.max(1, seconds / 4));
            } catch (KubernetesClientException e) {
                latest = null;
                if (!closed) {
                    LOG.warn("cannot renew the node's lease, trying again: {}", e.getMessage());
                }
                pause = retry;
                retry = retry.multipliedBy(2).compareTo(LONGEST_RETRY) > 0 ? LONGEST_RETRY : retry.multipliedBy(2);
            }
            try {
                long millis = pause.toMillis();
                Thread.sleep(millis - millis / 50 + ThreadLocalRandom.current().nextLong(millis / 25 + 1));
            } catch (InterruptedException e) {
                return;
            }
        }
    }

    private void renew() {
        var leases = client.leases().inNamespace(NAMESPACE);
        Lease known = latest != null ? latest : leases.withName(nodeName).get();
        var now = clock.instant().atZone(ZoneOffset.UTC);
        if (known == null) {
            var fresh = new LeaseBuilder()
                    .withNewMetadata()
                    .withNamespace(NAMESPACE)
                    .withName(nodeName)
                    .endMetadata()
                    .withNewSpec()
                    .withHolderIdentity(nodeName)
                    .withLeaseDurationSeconds(seconds)
                    .withRenewTime(now)
                    .endSpec()
                    .build();
            node.get()
                    .ifPresent(owner -> fresh.getMetadata()
                            .getOwnerReferences()
                            .add(new OwnerReferenceBuilder()
                                    .withApiVersion("v1")
                                    .withKind("Node")
                                    .withName(nodeName)
                                    .withUid(owner.getMetadata().getUid())
                                    .build()));
            latest = leases.resource(fresh).create();
            return;
        }
        Lease next = new LeaseBuilder(known)
                .editSpec()
                .withHolderIdentity(nodeName)
                .withLeaseDurationSeconds(seconds)
                .withRenewTime(now)
                .endSpec()
                .build();
        latest = leases.resource(next).update();
    }

    @Override
    public void close() {
        closed = true;
        thread.interrupt();
    }
}
