package io.jubernetes.kubelet.node;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.jubernetes.common.codec.Json;
import io.jubernetes.common.time.Deadline;
import io.jubernetes.kubelet.config.KubeletSettings;
import io.jubernetes.kubelet.network.Cidr;
import io.jubernetes.kubelet.runtime.PodNetwork;
import io.jubernetes.kubelet.runtime.RuntimeFailure;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Which addresses the pods of this node get: those the kubelet was told, or those the cluster assigned to the Node.
/// Where nobody assigns any within ten seconds, the node takes some that are free on its machine, and says so in its
/// Node. Used by one thread.
public final class PodCidrAssignment {
    private static final Logger LOG = LoggerFactory.getLogger(PodCidrAssignment.class);
    private static final long MIN_PAUSE_MILLIS = 100;
    private static final long MAX_PAUSE_MILLIS = 5_000;
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final int BITS = 24;
    private static final int MAX_CANDIDATES = 256;

    private final KubernetesClient client;
    private final KubeletSettings settings;
    private final Deadline patience = Deadline.in(PATIENCE);

    public PodCidrAssignment(KubernetesClient client, KubeletSettings settings) {
        this.client = client;
        this.settings = settings;
    }

    /// Sets up the pod network as soon as its addresses are known, and tries again until it is there.
    public void applyTo(PodNetwork network) throws InterruptedException {
        long pause = MIN_PAUSE_MILLIS;
        while (true) {
            try {
                Optional<List<Cidr>> candidates = candidates();
                if (candidates.isPresent()) {
                    Cidr cidr = network.ensure(candidates.get());
                    tell(cidr);
                    LOG.info("pods of node {} get addresses of {}", settings.nodeName(), cidr);
                    return;
                }
            } catch (RuntimeFailure | KubernetesClientException | IllegalArgumentException e) {
                LOG.warn("the pod network is not ready: {}", e.getMessage());
                pause = Math.min(pause * 2, MAX_PAUSE_MILLIS);
            }
            Thread.sleep(pause / 2 + ThreadLocalRandom.current().nextLong(pause / 2 + 1));
        }
    }

    /// The ranges to try, in this order; empty while the cluster may still assign one.
    ///
    /// @throws IllegalArgumentException when what the cluster assigned is not an IPv4 network
    private Optional<List<Cidr>> candidates() {
        Optional<Cidr> known = settings.podCidr().or(this::assigned);
        if (known.isPresent()) {
            return known.map(List::of);
        }
        return patience.isOver() ? Optional.of(settings.clusterCidr().subnets(BITS, MAX_CANDIDATES)) : Optional.empty();
    }

    private Optional<Cidr> assigned() {
        Node node = client.nodes().withName(settings.nodeName()).get();
        return Optional.ofNullable(node)
                .map(Node::getSpec)
                .map(spec -> spec.getPodCIDR())
                .filter(cidr -> !cidr.isEmpty())
                .map(Cidr::parse);
    }

    /// Tells the cluster what this node took because nobody had assigned anything. Fails when somebody has meanwhile.
    ///
    /// @param taken what the node's network has
    private void tell(Cidr taken) {
        if (settings.podCidr().isPresent() || assigned().isPresent()) {
            return;
        }
        var patch = Json.object();
        patch.putObject("spec")
                .put("podCIDR", taken.toString())
                .putArray("podCIDRs")
                .add(taken.toString());
        client.nodes().withName(settings.nodeName()).patch(PatchContext.of(PatchType.JSON_MERGE), Json.text(patch));
    }
}
