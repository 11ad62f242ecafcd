package io.jubernetes.serviceproxy.policy;

import io.jubernetes.serviceproxy.rules.IpFamily;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/// Words of nft, and names for what is in the table.
final class Names {
    private Names() {}

    /// A short name for a long text.
    static String hash(String text) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(digest, 0, 8);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    /// The word that begins a match on addresses.
    static String protocol(IpFamily family) {
        return family == IpFamily.IPV4 ? "ip" : "ip6";
    }

    static String type(IpFamily family) {
        return family == IpFamily.IPV4 ? "ipv4_addr" : "ipv6_addr";
    }

    /// A set holds one family, so there may be two of each kind.
    static String ofFamily(String set, IpFamily family) {
        return set + (family == IpFamily.IPV4 ? "-4" : "-6");
    }
}
