package io.jubernetes.serviceproxy.policy;

import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicySpec;
import java.util.List;

/// Seen from the pod a policy selects. A packet first has to be let out of one pod and then into another.
enum Direction {
    EGRESS("egress", -6, "saddr", "daddr"),
    INGRESS("ingress", -5, "daddr", "saddr");

    private final String label;
    private final int priority;
    private final String ownAddress;
    private final String peerAddress;

    Direction(String label, int priority, String ownAddress, String peerAddress) {
        this.label = label;
        this.priority = priority;
        this.ownAddress = ownAddress;
        this.peerAddress = peerAddress;
    }

    String label() {
        return label;
    }

    /// Where the chain is hooked: before filters of others (at 0), and after Services without endpoints were refused
    /// (at -10).
    String hook() {
        return "type filter hook forward priority " + priority + ";";
    }

    /// Which address of a packet is the selected pod's.
    String ownAddress() {
        return ownAddress;
    }

    /// Which address of a packet is the other side's.
    String peerAddress() {
        return peerAddress;
    }

    /// Whether a policy isolates its pods in this direction.
    boolean isMeant(NetworkPolicySpec spec) {
        List<String> types = spec.getPolicyTypes();
        if (types != null && !types.isEmpty()) {
            return types.stream().anyMatch(type -> type.equalsIgnoreCase(label));
        }
        return this == INGRESS || (spec.getEgress() != null && !spec.getEgress().isEmpty());
    }
}
