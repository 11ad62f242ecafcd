package io.jubernetes.serviceproxy.rules;

import java.util.Comparator;

/// Names one rule: one port of one Service in one address family.
///
/// @param port the port's name, empty when it has none
/// @param protocol part of the name because `dns` may be a TCP and a UDP port
public record RuleName(String namespace, String service, String port, Protocol protocol, IpFamily family)
        implements Comparable<RuleName> {
    private static final Comparator<RuleName> ORDER = Comparator.comparing(RuleName::namespace)
            .thenComparing(RuleName::service)
            .thenComparing(RuleName::port)
            .thenComparing(RuleName::protocol)
            .thenComparing(RuleName::family);

    @Override
    public int compareTo(RuleName other) {
        return ORDER.compare(this, other);
    }

    @Override
    public String toString() {
        return namespace + "/" + service + "/" + protocol.lowerCase() + (port.isEmpty() ? "" : "/" + port);
    }
}
