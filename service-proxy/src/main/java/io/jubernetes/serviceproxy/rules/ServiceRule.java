package io.jubernetes.serviceproxy.rules;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/// Everything a backend needs to know about one port of one Service in one address family. Lists are sorted and without
/// duplicates, so that equal situations give equal rules.
///
/// @param clusterIp the address inside the cluster
/// @param port the port at `clusterIp` and at the external addresses
/// @param nodePort the port at the node's own addresses, 0 for none
/// @param externalIps addresses outside the cluster that somebody routes to this node
/// @param loadBalancerIps addresses of load balancers
/// @param sourceRanges who may come in through a load balancer's address, empty for everybody
/// @param affinity for how long a client stays with its endpoint, empty for no affinity
/// @param internalLocal internalTrafficPolicy Local: only this node's endpoints for clients inside
/// @param externalLocal externalTrafficPolicy Local: only this node's endpoints for clients outside, and their address
///     stays visible
/// @param healthCheckNodePort where load balancers ask whether this node has endpoints, 0 for nowhere
/// @param targets the endpoints on all nodes
/// @param localTargets the endpoints on this node; empty unless one of the policies is Local
public record ServiceRule(
        RuleName name,
        String clusterIp,
        int port,
        int nodePort,
        List<String> externalIps,
        List<String> loadBalancerIps,
        List<String> sourceRanges,
        Optional<Duration> affinity,
        boolean internalLocal,
        boolean externalLocal,
        int healthCheckNodePort,
        List<Target> targets,
        List<Target> localTargets) {
    public ServiceRule {
        externalIps = List.copyOf(externalIps);
        loadBalancerIps = List.copyOf(loadBalancerIps);
        sourceRanges = List.copyOf(sourceRanges);
        targets = List.copyOf(targets);
        localTargets = List.copyOf(localTargets);
    }

    /// The endpoints for clients inside the cluster.
    public List<Target> internalTargets() {
        return internalLocal ? localTargets : targets;
    }

    /// The endpoints for clients outside the cluster.
    public List<Target> externalTargets() {
        return externalLocal ? localTargets : targets;
    }

    /// A plain rule for an address inside the cluster: no node port, no affinity, no policies.
    public static ServiceRule internal(RuleName name, String clusterIp, int port, List<Target> targets) {
        return new ServiceRule(
                name,
                clusterIp,
                port,
                0,
                List.of(),
                List.of(),
                List.of(),
                Optional.empty(),
                false,
                false,
                0,
                targets,
                List.of());
    }
}
