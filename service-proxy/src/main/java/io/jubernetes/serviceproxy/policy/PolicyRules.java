package io.jubernetes.serviceproxy.policy;

import io.fabric8.kubernetes.api.model.networking.v1.IPBlock;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyPeer;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyPort;
import io.jubernetes.serviceproxy.rules.IpFamily;
import io.jubernetes.serviceproxy.rules.Protocol;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Writes what one policy allows in one direction as rules of its chain: each possible peer with each possible port.
final class PolicyRules {
    private static final int MOST_COMMENT = 120;
    private static final Pattern PORT_NAME = Pattern.compile("[a-z0-9-]{1,15}");

    private final NetworkPolicy policy;
    private final Direction direction;
    private final PeerSets sets;
    private final String end;

    PolicyRules(NetworkPolicy policy, Direction direction, PeerSets sets) {
        this.policy = policy;
        this.direction = direction;
        this.sets = sets;
        String name =
                policy.getMetadata().getNamespace() + "/" + policy.getMetadata().getName();
        this.end = "accept comment \"" + name.substring(0, Math.min(name.length(), MOST_COMMENT)) + "\"";
    }

    /// One alternative of a rule.
    ///
    /// @param family the only family it can match, empty for both
    /// @param text empty when it matches everything
    private record Match(Optional<IpFamily> family, String text) {
        static final Match ANY = new Match(Optional.empty(), "");

        static Match of(String text) {
            return new Match(Optional.empty(), text);
        }

        static Match of(IpFamily family, String text) {
            return new Match(Optional.of(family), Names.protocol(family) + " " + text);
        }

        boolean goesWith(Match other) {
            return family.isEmpty() || other.family.isEmpty() || family.equals(other.family);
        }
    }

    /// @throws IllegalArgumentException when the policy says what it must not
    List<String> all() {
        List<String> rules = new ArrayList<>();
        if (direction == Direction.INGRESS && policy.getSpec().getIngress() != null) {
            policy.getSpec().getIngress().forEach(rule -> add(rule.getFrom(), rule.getPorts(), rules));
        }
        if (direction == Direction.EGRESS && policy.getSpec().getEgress() != null) {
            policy.getSpec().getEgress().forEach(rule -> add(rule.getTo(), rule.getPorts(), rules));
        }
        return rules.stream().distinct().toList();
    }

    private void add(
            @Nullable List<NetworkPolicyPeer> peers, @Nullable List<NetworkPolicyPort> ports, List<String> rules) {
        List<Match> portMatches = ports(ports);
        for (Match peer : peers(peers)) {
            for (Match port : portMatches) {
                if (peer.goesWith(port)) {
                    rules.add((peer.text() + " " + port.text() + " " + end)
                            .strip()
                            .replace("  ", " "));
                }
            }
        }
    }

    private List<Match> peers(@Nullable List<NetworkPolicyPeer> peers) {
        if (peers == null || peers.isEmpty()) {
            return List.of(Match.ANY);
        }
        List<Match> matches = new ArrayList<>();
        for (NetworkPolicyPeer peer : peers) {
            if (peer.getIpBlock() != null) {
                matches.add(block(peer.getIpBlock()));
            } else if (peer.getPodSelector() != null || peer.getNamespaceSelector() != null) {
                sets.pods(policy.getMetadata().getNamespace(), peer).stream()
                        .map(set -> Match.of(set.family(), direction.peerAddress() + " @" + set.set()))
                        .forEach(matches::add);
            }
        }
        return matches;
    }

    private Match block(IPBlock block) {
        IpFamily family = familyOf(block.getCidr());
        String match = direction.peerAddress() + " " + block.getCidr();
        if (block.getExcept() != null && !block.getExcept().isEmpty()) {
            block.getExcept().forEach(PolicyRules::familyOf);
            match += " " + Names.protocol(family) + " " + direction.peerAddress() + " != { "
                    + String.join(", ", block.getExcept()) + " }";
        }
        return Match.of(family, match);
    }

    private static IpFamily familyOf(String range) {
        for (IpFamily family : IpFamily.values()) {
            if (family.hasRange(range)) {
                return family;
            }
        }
        throw new IllegalArgumentException("\"" + range + "\" is not a range of addresses");
    }

    private List<Match> ports(@Nullable List<NetworkPolicyPort> ports) {
        if (ports == null || ports.isEmpty()) {
            return List.of(Match.ANY);
        }
        List<Match> matches = new ArrayList<>();
        Map<Protocol, List<String>> numbers = new EnumMap<>(Protocol.class);
        for (NetworkPolicyPort port : ports) {
            Protocol protocol = Protocol.of(port.getProtocol())
                    .orElseThrow(() -> new IllegalArgumentException("no protocol is called " + port.getProtocol()));
            if (port.getPort() == null) {
                matches.add(Match.of("meta l4proto " + protocol.lowerCase()));
            } else if (port.getPort().getStrVal() != null) {
                // The name becomes part of a name in the filter.
                if (!PORT_NAME.matcher(port.getPort().getStrVal()).matches()) {
                    throw new IllegalArgumentException(
                            "no port is called " + port.getPort().getStrVal());
                }
                sets.ports(port.getPort().getStrVal(), protocol).stream()
                        .map(set -> Match.of(set.family(), "daddr . meta l4proto . th dport @" + set.set()))
                        .forEach(matches::add);
            } else {
                int first = port.getPort().getIntVal();
                boolean range = port.getEndPort() != null && port.getEndPort() > first;
                numbers.computeIfAbsent(protocol, _ -> new ArrayList<>())
                        .add(first + (range ? "-" + port.getEndPort() : ""));
            }
        }
        numbers.forEach((protocol, these) ->
                matches.add(Match.of(protocol.lowerCase() + " dport { " + String.join(", ", these) + " }")));
        return matches;
    }
}
