package io.jubernetes.serviceproxy.rules;

import java.util.Set;

/// Where rules are for: what counts as "here" and as near.
///
/// @param nodes the nodes of this machine, mostly one
/// @param zone the zone of the first of them, empty when it has none
public record Locality(Set<String> nodes, String zone) {
    public Locality {
        nodes = Set.copyOf(nodes);
    }

    /// One node without a zone.
    public static Locality of(String node) {
        return new Locality(Set.of(node), "");
    }
}
