package io.jubernetes.kubelet.container;

import io.jubernetes.common.meta.Quantity;
import java.util.List;
import java.util.Map;

/// What containers' settings depend on besides their pod.
///
/// @param nodeName this node's name
/// @param hostIps its addresses, the first being the one that counts
/// @param memory bytes of the machine
/// @param lowestOomScore the lowest OOM score this process may give to others
/// @param seccompDefault whether a pod that says nothing gets the engine's profile
/// @param allocatable what pods of this node can use together
public record NodeFacts(
        String nodeName,
        List<String> hostIps,
        long memory,
        int lowestOomScore,
        boolean seccompDefault,
        Map<String, Quantity> allocatable) {
    public NodeFacts {
        hostIps = List.copyOf(hostIps);
        allocatable = Map.copyOf(allocatable);
    }
}
