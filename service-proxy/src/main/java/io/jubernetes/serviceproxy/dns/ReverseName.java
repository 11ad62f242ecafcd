package io.jubernetes.serviceproxy.dns;

import io.jubernetes.serviceproxy.rules.IpFamily;
import java.net.InetAddress;
import java.util.List;
import java.util.Optional;

/// The names by which one asks for the name of an address: `1.0.96.10.in-addr.arpa`.
final class ReverseName {
    private static final int IPV4_LABELS = 6;
    private static final int IPV6_LABELS = 34;

    private ReverseName() {}

    /// The address such a name is about, in its normal form; empty for other names.
    static Optional<String> address(List<String> labels) {
        int size = labels.size();
        if (size == IPV4_LABELS && labels.subList(4, size).equals(List.of("in-addr", "arpa"))) {
            String address = String.join(".", labels.subList(0, 4).reversed());
            return IpFamily.IPV4.has(address) ? Optional.of(normal(address)) : Optional.empty();
        }
        if (size == IPV6_LABELS && labels.subList(32, size).equals(List.of("ip6", "arpa"))) {
            var text = new StringBuilder();
            List<String> digits = labels.subList(0, 32).reversed();
            for (int i = 0; i < digits.size(); i++) {
                text.append(i > 0 && i % 4 == 0 ? ":" : "").append(digits.get(i));
            }
            String address = text.toString();
            return IpFamily.IPV6.has(address) ? Optional.of(normal(address)) : Optional.empty();
        }
        return Optional.empty();
    }

    /// One spelling for each address; what is no address stays as it is.
    static String normal(String address) {
        return IpFamily.of(address).isPresent() ? InetAddress.ofLiteral(address).getHostAddress() : address;
    }
}
