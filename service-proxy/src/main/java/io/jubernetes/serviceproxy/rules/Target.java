package io.jubernetes.serviceproxy.rules;

import java.util.Comparator;

/// Where a rule sends a connection: one port of one endpoint.
public record Target(String address, int port, Place place) implements Comparable<Target> {
    private static final Comparator<Target> ORDER =
            Comparator.comparing(Target::address).thenComparingInt(Target::port).thenComparing(Target::place);

    /// Where the endpoint runs, as far as its EndpointSlice tells.
    public enum Place {
        /// on this node
        HERE,
        /// on another node
        ELSEWHERE,
        /// the slice names no node; never counts as local, but may turn out to be the client itself
        UNKNOWN
    }

    /// Whether the client of a connection may be this very endpoint.
    public boolean mayBeClient() {
        return place != Place.ELSEWHERE;
    }

    @Override
    public int compareTo(Target other) {
        return ORDER.compare(this, other);
    }
}
