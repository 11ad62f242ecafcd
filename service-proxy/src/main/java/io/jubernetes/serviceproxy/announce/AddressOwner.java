package io.jubernetes.serviceproxy.announce;

import io.fabric8.kubernetes.api.model.LoadBalancerIngress;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.jubernetes.serviceproxy.rules.IpFamily;
import io.jubernetes.serviceproxy.rules.ServiceRules;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.zip.CRC32C;

/// Decides which node has the address of a load balancer. Every node decides alike, as long as they know the same. The
/// node with the highest number for an address has it, so that the end of one node moves no address but its own.
final class AddressOwner {
    private static final String EXCLUDED = "node.kubernetes.io/exclude-from-external-load-balancers";

    private AddressOwner() {}

    /// The addresses of a Service's load balancer that this proxy serves; none when another takes care of it.
    static List<String> addresses(Service service) {
        Map<String, String> labels = service.getMetadata().getLabels();
        if (!"LoadBalancer".equals(service.getSpec().getType())
                || (labels != null && labels.containsKey(ServiceRules.OTHER_PROXY))
                || service.getStatus() == null
                || service.getStatus().getLoadBalancer() == null
                || service.getStatus().getLoadBalancer().getIngress() == null) {
            return List.of();
        }
        return service.getStatus().getLoadBalancer().getIngress().stream()
                .filter(ingress -> !"Proxy".equals(ingress.getIpMode()))
                .map(LoadBalancerIngress::getIp)
                .filter(ip -> ip != null && IpFamily.of(ip).isPresent())
                .distinct()
                .toList();
    }

    /// The nodes that may have a Service's addresses: those that are ready and not excluded, and where the Service
    /// keeps to its nodes (externalTrafficPolicy Local), those with a ready endpoint.
    static Set<String> candidates(Service service, Collection<EndpointSlice> slices, Collection<Node> nodes) {
        boolean local = "Local".equals(service.getSpec().getExternalTrafficPolicy());
        Set<String> serving = local ? ServiceRules.nodesWithReadyEndpoints(slices) : Set.of();
        return nodes.stream()
                .filter(AddressOwner::isReady)
                .filter(node -> node.getMetadata().getLabels() == null
                        || !node.getMetadata().getLabels().containsKey(EXCLUDED))
                .map(node -> node.getMetadata().getName())
                .filter(name -> !local || serving.contains(name))
                .collect(Collectors.toSet());
    }

    private static boolean isReady(Node node) {
        return node.getStatus() != null
                && node.getStatus().getConditions() != null
                && node.getStatus().getConditions().stream()
                        .anyMatch(condition -> Objects.equals(condition.getType(), "Ready")
                                && Objects.equals(condition.getStatus(), "True"));
    }

    /// Who of the candidates has an address; empty when there is none.
    static Optional<String> of(String address, Collection<String> candidates) {
        return candidates.stream()
                .max(Comparator.comparingLong((String node) -> number(address, node))
                        .thenComparing(Comparator.naturalOrder()));
    }

    private static long number(String address, String node) {
        var sum = new CRC32C();
        sum.update((node + " " + address).getBytes(StandardCharsets.UTF_8));
        // Mixed, because sums of texts that differ in one place differ by the same bits.
        return (sum.getValue() * 0x9E3779B97F4A7C15L) >>> 16;
    }
}
