package io.jubernetes.apiserver.registry.core.allocation;

import java.math.BigInteger;
import java.net.InetAddress;
import java.net.UnknownHostException;

/// A range of IP addresses of one family. Immutable.
public final class Cidr {
    private final BigInteger base;
    private final int bits;
    private final int prefix;

    private Cidr(BigInteger base, int bits, int prefix) {
        this.base = base;
        this.bits = bits;
        this.prefix = prefix;
    }

    /// Reads `10.96.0.0/16` or `fd00::/112`.
    ///
    /// @throws IllegalArgumentException when it is neither
    public static Cidr parse(String text) {
        int slash = text.indexOf('/');
        if (slash < 0) {
            throw new IllegalArgumentException("not a CIDR: " + text);
        }
        byte[] address = address(text.substring(0, slash));
        int bits = address.length * 8;
        int prefix;
        try {
            prefix = Integer.parseInt(text.substring(slash + 1));
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("not a CIDR: " + text, e);
        }
        if (prefix < 0 || prefix > bits) {
            throw new IllegalArgumentException("not a CIDR: " + text);
        }
        BigInteger value = new BigInteger(1, address);
        BigInteger base = value.shiftRight(bits - prefix).shiftLeft(bits - prefix);
        return new Cidr(base, bits, prefix);
    }

    private static byte[] address(String text) {
        if (!text.matches("[0-9a-fA-F:.]+")) {
            throw new IllegalArgumentException("not an IP address: " + text);
        }
        try {
            return InetAddress.getByName(text).getAddress();
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException("not an IP address: " + text, e);
        }
    }

    public boolean isIpv6() {
        return bits == 128;
    }

    /// How many addresses there are, at most 2^62.
    public long size() {
        return 1L << Math.min(bits - prefix, 62);
    }

    /// The address at an offset from the first.
    public String at(long offset) {
        byte[] bytes = base.add(BigInteger.valueOf(offset)).toByteArray();
        byte[] address = new byte[bits / 8];
        for (int i = 0; i < address.length && i < bytes.length; i++) {
            address[address.length - 1 - i] = bytes[bytes.length - 1 - i];
        }
        try {
            return canonical(InetAddress.getByAddress(address));
        } catch (UnknownHostException e) {
            throw new IllegalStateException(e);
        }
    }

    public boolean contains(String ip) {
        byte[] address;
        try {
            address = address(ip);
        } catch (IllegalArgumentException e) {
            return false;
        }
        return address.length * 8 == bits
                && new BigInteger(1, address).shiftRight(bits - prefix).equals(base.shiftRight(bits - prefix));
    }

    /// The text of an address as the API writes it: for IPv6 the longest run of zeros is shortened.
    static String canonical(InetAddress address) {
        String text = address.getHostAddress();
        if (!text.contains(":")) {
            return text;
        }
        String[] groups = text.split(":");
        int bestStart = -1;
        int bestLength = 1;
        for (int i = 0; i < groups.length; i++) {
            int length = 0;
            while (i + length < groups.length && groups[i + length].equals("0")) {
                length++;
            }
            if (length > bestLength) {
                bestStart = i;
                bestLength = length;
            }
        }
        if (bestStart < 0) {
            return text;
        }
        String head = String.join(":", java.util.Arrays.copyOfRange(groups, 0, bestStart));
        String tail = String.join(":", java.util.Arrays.copyOfRange(groups, bestStart + bestLength, groups.length));
        return head + "::" + tail;
    }

    @Override
    public String toString() {
        return at(0) + "/" + prefix;
    }
}
