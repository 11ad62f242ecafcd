package io.jubernetes.apiserver.validation;

import java.math.BigInteger;
import java.util.Arrays;
import java.util.Optional;

/// A range of IP addresses in CIDR form, read as leniently as [IpAddress]. Immutable.
///
/// @param address the address as written, which may lie within the range
/// @param prefix how many leading bits all addresses share
/// @param odd whether the prefix length was written in an unusual way
public record IpRange(IpAddress address, int prefix, boolean odd) {
    /// Reads `10.9.8.0/24`; empty when the text is no range.
    public static Optional<IpRange> parse(String text) {
        int slash = text.indexOf('/');
        if (slash < 0) {
            return Optional.empty();
        }
        String length = text.substring(slash + 1);
        if (length.isEmpty() || length.length() > 9 || !length.chars().allMatch(c -> c >= '0' && c <= '9')) {
            return Optional.empty();
        }
        return IpAddress.parse(text.substring(0, slash)).flatMap(address -> {
            int prefix = Integer.parseInt(length) - (address.isMapped() ? 96 : 0);
            if (prefix < 0 || prefix > address.bytes().length * 8) {
                return Optional.empty();
            }
            return Optional.of(new IpRange(address, prefix, length.length() > 1 && length.charAt(0) == '0'));
        });
    }

    public boolean isIpv6() {
        return address.isIpv6();
    }

    private int bits() {
        return isIpv6() ? 128 : 32;
    }

    private BigInteger prefixOf(IpAddress ip) {
        return new BigInteger(1, ip.bytes()).shiftRight(bits() - prefix);
    }

    public boolean contains(IpAddress ip) {
        return ip.isIpv6() == isIpv6() && prefixOf(ip).equals(prefixOf(address));
    }

    /// Whether both have an address in common.
    public boolean overlaps(IpRange other) {
        return contains(other.address) || other.contains(address);
    }

    /// Whether the address as written is the first of the range.
    public boolean isMasked() {
        return first().equals(address);
    }

    /// The first address.
    public IpAddress first() {
        byte[] bytes = address.bytes();
        for (int i = 0; i < bytes.length; i++) {
            int keep = Math.clamp(prefix - i * 8L, 0, 8);
            bytes[i] &= (byte) (0xff << (8 - keep));
        }
        return IpAddress.of(bytes);
    }

    /// The last address.
    public IpAddress last() {
        byte[] bytes = address.bytes();
        for (int i = 0; i < bytes.length; i++) {
            int keep = Math.clamp(prefix - i * 8L, 0, 8);
            bytes[i] |= (byte) (0xff >> keep);
        }
        return IpAddress.of(bytes);
    }

    /// The address at an offset from the first, which must lie in the range.
    public IpAddress at(BigInteger offset) {
        byte[] sum = new BigInteger(1, first().bytes()).add(offset).toByteArray();
        byte[] bytes = new byte[bits() / 8];
        for (int i = 1; i <= bytes.length && i <= sum.length; i++) {
            bytes[bytes.length - i] = sum[sum.length - i];
        }
        return IpAddress.of(bytes);
    }

    /// How many addresses there are.
    public BigInteger size() {
        return BigInteger.ONE.shiftLeft(bits() - prefix);
    }

    /// Whether all addresses of another range lie in this one and there are more.
    public boolean strictlyContains(IpRange other) {
        return contains(other.address) && other.prefix > prefix;
    }

    @Override
    public String toString() {
        return first() + "/" + prefix;
    }

    /// Orders ranges by address, then the larger first.
    public static int compare(IpRange left, IpRange right) {
        int order = Boolean.compare(left.isIpv6(), right.isIpv6());
        if (order == 0) {
            order = Arrays.compareUnsigned(left.first().bytes(), right.first().bytes());
        }
        return order == 0 ? Integer.compare(left.prefix, right.prefix) : order;
    }
}
