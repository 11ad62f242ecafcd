package io.jubernetes.serviceproxy.rules;

import java.net.InetAddress;
import java.util.Optional;

/// The two families of addresses; the rules of one never mix with those of the other.
public enum IpFamily {
    IPV4,
    IPV6;

    /// The family of a literal address; empty when the text is not one. Never asks a name server.
    public static Optional<IpFamily> of(String address) {
        // The parser also takes old short forms such as "10.1", which are nobody's address here.
        IpFamily family = address.indexOf(':') >= 0 ? IPV6 : IPV4;
        if (family == IPV4 && address.chars().filter(c -> c == '.').count() != 3 || address.indexOf('%') >= 0) {
            return Optional.empty();
        }
        try {
            InetAddress parsed = InetAddress.ofLiteral(address);
            return (parsed.getAddress().length == 4) == (family == IPV4) ? Optional.of(family) : Optional.empty();
        } catch (IllegalArgumentException _) {
            return Optional.empty();
        }
    }

    /// Whether the text is a literal address of this family.
    public boolean has(String address) {
        return of(address).filter(this::equals).isPresent();
    }

    /// Whether the text is a range in CIDR notation, or a single address, of this family.
    public boolean hasRange(String range) {
        int slash = range.indexOf('/');
        if (slash < 0) {
            return has(range);
        }
        try {
            int bits = Integer.parseInt(range, slash + 1, range.length(), 10);
            return bits >= 0 && bits <= (this == IPV4 ? 32 : 128) && has(range.substring(0, slash));
        } catch (NumberFormatException _) {
            return false;
        }
    }
}
