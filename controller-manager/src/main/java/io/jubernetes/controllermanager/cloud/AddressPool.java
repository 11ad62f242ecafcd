package io.jubernetes.controllermanager.cloud;

import java.math.BigInteger;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// Addresses that load balancers may have, given out from the lowest. Immutable.
final class AddressPool {
    private record Range(int bytes, BigInteger first, BigInteger last) {}

    private final List<Range> ranges;

    private AddressPool(List<Range> ranges) {
        this.ranges = List.copyOf(ranges);
    }

    /// @param text ranges with commas between: `192.168.1.240-192.168.1.250`, `10.1.0.0/28` or single addresses
    /// @throws IllegalArgumentException when it cannot be read; the message is for users
    static AddressPool parse(String text) {
        var ranges = new ArrayList<Range>();
        for (String part : text.split(",", -1)) {
            String each = part.trim();
            if (!each.isEmpty()) {
                ranges.add(range(each));
            }
        }
        return new AddressPool(ranges);
    }

    private static Range range(String text) {
        int slash = text.indexOf('/');
        int dash = text.indexOf('-');
        try {
            if (slash > 0) {
                byte[] address = address(text.substring(0, slash));
                int host = address.length * 8 - Integer.parseInt(text.substring(slash + 1));
                if (host < 0 || host > address.length * 8) {
                    throw new IllegalArgumentException("'" + text + "' has no such prefix length");
                }
                BigInteger first = new BigInteger(1, address).shiftRight(host).shiftLeft(host);
                BigInteger last = first.add(BigInteger.ONE.shiftLeft(host)).subtract(BigInteger.ONE);
                // The first names the network and the last is for all in it.
                boolean isNetwork = address.length == 4 && host >= 2;
                return new Range(
                        address.length,
                        isNetwork ? first.add(BigInteger.ONE) : first,
                        isNetwork ? last.subtract(BigInteger.ONE) : last);
            }
            byte[] first = address(dash > 0 ? text.substring(0, dash).trim() : text);
            byte[] last = dash > 0 ? address(text.substring(dash + 1).trim()) : first;
            var range = new Range(first.length, new BigInteger(1, first), new BigInteger(1, last));
            if (first.length != last.length || range.first().compareTo(range.last()) > 0) {
                throw new IllegalArgumentException("'" + text + "' ends before it begins");
            }
            return range;
        } catch (UnknownHostException | NumberFormatException e) {
            throw new IllegalArgumentException("'" + text + "' is no address, no range and no network", e);
        }
    }

    private static byte[] address(String text) throws UnknownHostException {
        // Only what belongs to an address: a name would be looked up.
        if (text.isEmpty() || !text.matches("[0-9a-fA-F:.]+")) {
            throw new UnknownHostException(text);
        }
        return InetAddress.getByName(text).getAddress();
    }

    boolean contains(String address) {
        try {
            byte[] raw = address(address);
            BigInteger number = new BigInteger(1, raw);
            return ranges.stream()
                    .anyMatch(range -> range.bytes() == raw.length
                            && number.compareTo(range.first()) >= 0
                            && number.compareTo(range.last()) <= 0);
        } catch (UnknownHostException e) {
            return false;
        }
    }

    /// The lowest free address of a family; empty when all are taken.
    Optional<String> next(boolean ipv6, Set<String> taken) {
        for (Range range : ranges) {
            if ((range.bytes() == 16) != ipv6) {
                continue;
            }
            for (BigInteger at = range.first(); at.compareTo(range.last()) <= 0; at = at.add(BigInteger.ONE)) {
                String text = text(at, range.bytes());
                if (!taken.contains(text)) {
                    return Optional.of(text);
                }
            }
        }
        return Optional.empty();
    }

    private static String text(BigInteger number, int bytes) {
        byte[] raw = new byte[bytes];
        for (int i = 0; i < bytes; i++) {
            raw[bytes - 1 - i] = number.shiftRight(8 * i).byteValue();
        }
        try {
            return InetAddress.getByAddress(raw).getHostAddress();
        } catch (UnknownHostException e) {
            throw new IllegalStateException(e);
        }
    }
}
