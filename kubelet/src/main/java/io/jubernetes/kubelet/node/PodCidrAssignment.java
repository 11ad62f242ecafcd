package io.jubernetes.kubelet.node;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.jubernetes.common.time.Deadline;
import io.jubernetes.kubelet.config.KubeletSettings;
import io.jubernetes.kubelet.network.Cidr;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// Which addresses the pods of this node get: those the kubelet was told, or those the cluster assigned to the Node.
/// Where nobody assigns any within ten seconds, the node takes some that no other Node has. Used by one thread.
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
        if (settings.podCidr().isPresent()) {
            return settings.podCidr().map(List::of);
        }
        Set<Cidr> others = new HashSet<>();
        for (Node node : client.nodes().list().getItems()) {
            String assigned = node.getSpec() == null ? null : node.getSpec().getPodCIDR();
            if (assigned != null && !assigned.isEmpty()) {
                if (node.getMetadata().getName().equals(settings.nodeName())) {
                    return Optional.of(List.of(Cidr.parse(assigned)));
                }
                others.add(Cidr.parse(assigned));
            }
        }
        return patience.isOver()
                ? Optional.of(settings.clusterCidr().subnets(BITS, MAX_CANDIDATES).stream()
                        .filter(cidr -> !others.contains(cidr))
                        .toList())
                : Optional.empty();
    }
}
