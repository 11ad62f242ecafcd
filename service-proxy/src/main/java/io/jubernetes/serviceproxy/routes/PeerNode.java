package io.jubernetes.serviceproxy.routes;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeAddress;
import io.jubernetes.serviceproxy.rules.IpFamily;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/// A node as its neighbours see it: where it is, and which pods are behind it.
///
/// @param address its InternalIP
/// @param range the addresses of its pods, of the same family
record PeerNode(String address, String range) {
    /// What a node says of itself, once for each family that it has both an address and a range of.
    static List<PeerNode> of(Node node) {
        return Arrays.stream(IpFamily.values())
                .flatMap(family -> {
                    Optional<String> range =
                            ranges(node).stream().filter(family::hasRange).findFirst();
                    Optional<String> address =
                            addresses(node).stream().filter(family::has).findFirst();
                    return range.flatMap(pods -> address.map(at -> new PeerNode(at, pods))).stream();
                })
                .toList();
    }

    private static List<String> ranges(Node node) {
        var spec = node.getSpec();
        if (spec == null) {
            return List.of();
        }
        return spec.getPodCIDRs() != null && !spec.getPodCIDRs().isEmpty()
                ? spec.getPodCIDRs()
                : Optional.ofNullable(spec.getPodCIDR()).stream().toList();
    }

    private static List<String> addresses(Node node) {
        if (node.getStatus() == null || node.getStatus().getAddresses() == null) {
            return List.of();
        }
        return node.getStatus().getAddresses().stream()
                .filter(address -> "InternalIP".equals(address.getType()))
                .map(NodeAddress::getAddress)
                .toList();
    }
}
