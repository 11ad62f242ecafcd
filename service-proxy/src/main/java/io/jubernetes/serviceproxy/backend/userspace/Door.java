package io.jubernetes.serviceproxy.backend.userspace;

import io.jubernetes.serviceproxy.rules.AddressRange;
import io.jubernetes.serviceproxy.rules.Claim;
import io.jubernetes.serviceproxy.rules.ServiceRule;
import io.jubernetes.serviceproxy.rules.Target;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/// What a claim offers at its frontend, and to whom.
///
/// @param balancer the one of all doors of the same rule
/// @param inside whether a client is a pod or the node itself, for whom the Local policy of clients outside does not
///     hold
/// @param sources who may come in; empty for everybody
record Door(Claim claim, Balancer balancer, Predicate<InetAddress> inside, List<AddressRange> sources) {
    static Door of(Claim claim, Balancer balancer, Predicate<InetAddress> inside) {
        List<AddressRange> sources = claim.kind() == Claim.Kind.LOAD_BALANCER
                ? AddressRange.allOf(claim.rule().sourceRanges())
                : List.of();
        return new Door(claim, balancer, inside, sources);
    }

    /// Whether anybody can be let in. A closed door is not listened at, so that the kernel refuses at once.
    boolean isOpen() {
        return !all().isEmpty();
    }

    /// The endpoints that some client can be sent to.
    List<Target> all() {
        ServiceRule rule = claim.rule();
        return claim.kind() == Claim.Kind.CLUSTER_IP ? rule.internalTargets() : union(rule);
    }

    private static List<Target> union(ServiceRule rule) {
        if (!rule.externalLocal() || rule.targets().containsAll(rule.localTargets())) {
            return rule.targets();
        }
        var all = new ArrayList<>(rule.targets());
        all.addAll(rule.localTargets()); // those that are going away, while other nodes have ready ones
        return all;
    }

    /// The next endpoint for a client.
    ///
    /// @param tried those that were tried in vain
    /// @return empty to turn the client away
    Optional<Target> pick(InetAddress client, Collection<Target> tried) {
        if (!sources.isEmpty() && !AddressRange.anyContains(sources, client)) {
            return Optional.empty();
        }
        ServiceRule rule = claim.rule();
        List<Target> targets = switch (claim.kind()) {
            case CLUSTER_IP -> rule.internalTargets();
            case EXTERNAL, LOAD_BALANCER ->
                rule.externalLocal() && !inside.test(client) ? rule.localTargets() : rule.targets();
        };
        return balancer.pick(targets, client, tried);
    }
}
