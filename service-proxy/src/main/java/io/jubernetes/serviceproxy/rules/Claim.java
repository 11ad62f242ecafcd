package io.jubernetes.serviceproxy.rules;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/// A rule's wish to serve a frontend. Two Services may name the same external address and port; then the first
/// in order gets it: one with endpoints before one without, a Service before the built-in ones (which have no
/// namespace), then by name.
public record Claim(Frontend frontend, ServiceRule rule, Kind kind) {
    /// By which of a rule's doors a client comes in.
    public enum Kind {
        CLUSTER_IP,
        EXTERNAL,
        /// external, and only for the rule's source ranges
        LOAD_BALANCER
    }

    public static final Comparator<Claim> ORDER = Comparator.comparing(
                    (Claim claim) -> claim.rule().targets().isEmpty())
            .thenComparing(claim -> claim.rule().name().namespace().isEmpty())
            .thenComparing(claim -> claim.rule().name())
            .thenComparing(Claim::kind);

    /// Everything a rule wishes to serve.
    public static List<Claim> of(ServiceRule rule) {
        var claims = new ArrayList<Claim>();
        var protocol = rule.name().protocol();
        claims.add(new Claim(new Frontend(rule.clusterIp(), protocol, rule.port()), rule, Kind.CLUSTER_IP));
        for (String address : rule.externalIps()) {
            claims.add(new Claim(new Frontend(address, protocol, rule.port()), rule, Kind.EXTERNAL));
        }
        for (String address : rule.loadBalancerIps()) {
            var kind = rule.sourceRanges().isEmpty() ? Kind.EXTERNAL : Kind.LOAD_BALANCER;
            claims.add(new Claim(new Frontend(address, protocol, rule.port()), rule, kind));
        }
        if (rule.nodePort() != 0) {
            claims.add(new Claim(new Frontend("", protocol, rule.nodePort()), rule, Kind.EXTERNAL));
        }
        return claims;
    }
}
