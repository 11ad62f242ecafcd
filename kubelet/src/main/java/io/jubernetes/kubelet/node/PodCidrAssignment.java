package io.jubernetes.kubelet.node;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.jubernetes.common.codec.Json;
import io.jubernetes.common.time.Deadline;
import io.jubernetes.kubelet.config.KubeletSettings;
import io.jubernetes.kubelet.network.Cidr;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/// Which addresses the pods of this node get: those the kubelet was told, or those the cluster assigned to the Node.
/// Where nobody assigns any within ten seconds, the node takes some that are free on its machine, and says so in its
/// Node. Used by one thread.
public final class PodCidrAssignment {
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

    /// The ranges to try, in this order; empty while the cluster may still assign one.
    ///
    /// @throws IllegalArgumentException when what the cluster assigned is not an IPv4 network
    public Optional<List<Cidr>> candidates() {
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
    public void tell(Cidr taken) {
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
