package io.jubernetes.controllermanager.servicecidr;

import java.math.BigInteger;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Optional;

/// A range of addresses. Pure.
record AddressRange(int bytes, BigInteger first, BigInteger last) {
    /// Empty when the text is no range.
    static Optional<AddressRange> parse(String cidr) {
        int slash = cidr.indexOf('/');
        if (slash < 0) {
            return Optional.empty();
        }
        try {
            byte[] address = address(cidr.substring(0, slash));
            int hostBits = address.length * 8 - Integer.parseInt(cidr.substring(slash + 1));
            if (hostBits < 0 || hostBits > address.length * 8) {
                return Optional.empty();
            }
            BigInteger first = new BigInteger(1, address).shiftRight(hostBits).shiftLeft(hostBits);
            BigInteger last = first.add(BigInteger.ONE.shiftLeft(hostBits)).subtract(BigInteger.ONE);
            return Optional.of(new AddressRange(address.length, first, last));
        } catch (UnknownHostException | NumberFormatException e) {
            return Optional.empty();
        }
    }

    boolean contains(String address) {
        try {
            byte[] raw = address(address);
            BigInteger number = new BigInteger(1, raw);
            return raw.length == bytes && number.compareTo(first) >= 0 && number.compareTo(last) <= 0;
        } catch (UnknownHostException e) {
            return false;
        }
    }

    boolean overlaps(AddressRange other) {
        return bytes == other.bytes && first.compareTo(other.last) <= 0 && other.first.compareTo(last) <= 0;
    }

    private static byte[] address(String text) throws UnknownHostException {
        // Only digits and what belongs to an address: a name would be looked up.
        if (text.isEmpty() || !text.matches("[0-9a-fA-F:.]+")) {
            throw new UnknownHostException(text);
        }
        return InetAddress.getByName(text).getAddress();
    }
}
