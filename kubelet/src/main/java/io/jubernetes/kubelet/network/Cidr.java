package io.jubernetes.kubelet.network;

import java.util.ArrayList;
import java.util.List;

/// An IPv4 network, such as `10.244.0.0/16`.
///
/// @param address the network's first address as a number
/// @param bits the prefix's length
public record Cidr(int address, int bits) {
    /// @throws IllegalArgumentException when the text is not an IPv4 network
    public static Cidr parse(String text) {
        int slash = text.indexOf('/');
        String[] parts = slash < 0 ? new String[0] : text.substring(0, slash).split("\\.", -1);
        try {
            int bits = slash < 0 ? -1 : Integer.parseInt(text.substring(slash + 1));
            if (parts.length == 4 && bits >= 0 && bits <= 32) {
                int address = 0;
                for (String part : parts) {
                    int octet = Integer.parseInt(part);
                    if (octet < 0 || octet > 255) {
                        throw new NumberFormatException(part);
                    }
                    address = address << 8 | octet;
                }
                return new Cidr(address & mask(bits), bits);
            }
        } catch (NumberFormatException e) {
            // Told below.
        }
        throw new IllegalArgumentException("\"" + text + "\" is not an IPv4 network such as 10.244.0.0/24");
    }

    private static int mask(int bits) {
        return bits == 0 ? 0 : -1 << (32 - bits);
    }

    /// The first address for a host: the gateway.
    public String first() {
        return host(1);
    }

    /// The address that lies so many after the network's own.
    public String host(int number) {
        return text(address + number);
    }

    /// The first networks of a longer prefix within this one.
    public List<Cidr> subnets(int length, int limit) {
        if (length < bits) {
            return List.of(this);
        }
        var result = new ArrayList<Cidr>();
        long count = Math.min(limit, 1L << Math.min(30, length - bits));
        for (int i = 0; i < count; i++) {
            result.add(new Cidr(address + (i << (32 - length)), length));
        }
        return result;
    }

    private static String text(int address) {
        return (address >>> 24) + "." + (address >>> 16 & 255) + "." + (address >>> 8 & 255) + "." + (address & 255);
    }

    @Override
    public String toString() {
        return text(address) + "/" + bits;
    }
}
