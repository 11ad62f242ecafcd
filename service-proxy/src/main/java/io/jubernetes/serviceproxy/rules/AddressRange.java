package io.jubernetes.serviceproxy.rules;

import java.net.InetAddress;
import java.util.List;

/// A range of addresses in CIDR notation, or a single address.
public final class AddressRange {
    private final byte[] network;
    private final int bits;

    private AddressRange(byte[] network, int bits) {
        this.network = network;
        this.bits = bits;
    }

    /// Reads a range.
    ///
    /// @throws IllegalArgumentException when the text is none; [IpFamily#hasRange] tells beforehand
    public static AddressRange of(String text) {
        int slash = text.indexOf('/');
        byte[] network = InetAddress.ofLiteral(slash < 0 ? text : text.substring(0, slash))
                .getAddress();
        int bits = slash < 0 ? network.length * 8 : Integer.parseInt(text, slash + 1, text.length(), 10);
        if (bits < 0 || bits > network.length * 8) {
            throw new IllegalArgumentException("not a range of addresses: " + text);
        }
        return new AddressRange(network, bits);
    }

    /// Reads several ranges.
    public static List<AddressRange> allOf(List<String> texts) {
        return texts.stream().map(AddressRange::of).toList();
    }

    public boolean contains(InetAddress address) {
        byte[] bytes = address.getAddress();
        if (bytes.length != network.length) {
            return false;
        }
        int whole = bits / 8;
        for (int i = 0; i < whole; i++) {
            if (bytes[i] != network[i]) {
                return false;
            }
        }
        int rest = bits % 8;
        return rest == 0 || (bytes[whole] ^ network[whole]) >> (8 - rest) == 0;
    }

    /// Whether any of some ranges contains an address.
    public static boolean anyContains(List<AddressRange> ranges, InetAddress address) {
        return ranges.stream().anyMatch(range -> range.contains(address));
    }
}
