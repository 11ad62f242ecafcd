package io.jubernetes.controllermanager.nodeipam;

import java.math.BigInteger;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.BitSet;
import java.util.Optional;

/// A block of addresses that is given out in smaller blocks of one size. Not thread-safe.
final class CidrRange {
    private static final int MAX_BLOCK_BITS = 16;

    private final BigInteger base;
    private final int bits;
    private final int blockPrefix;
    private final int blocks;
    private final BitSet used = new BitSet();
    private int next;

    private CidrRange(BigInteger base, int bits, int blockPrefix, int blocks) {
        this.base = base;
        this.bits = bits;
        this.blockPrefix = blockPrefix;
        this.blocks = blocks;
    }

    /// @param cidr such as `10.244.0.0/16`
    /// @param ipv4Prefix and `ipv6Prefix` the length of the blocks' prefixes
    /// @throws IllegalArgumentException when it is not a block of addresses, or the blocks do not fit into it
    static CidrRange of(String cidr, int ipv4Prefix, int ipv6Prefix) {
        int slash = cidr.indexOf('/');
        byte[] bytes;
        int prefix;
        try {
            bytes = InetAddress.ofLiteral(slash < 0 ? cidr : cidr.substring(0, slash))
                    .getAddress();
            prefix = slash < 0 ? -1 : Integer.parseInt(cidr.substring(slash + 1));
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("--cluster-cidr: " + cidr + " is not a block of addresses", e);
        }
        int bits = bytes.length * 8;
        int block = bits == 32 ? ipv4Prefix : ipv6Prefix;
        if (prefix < 0 || prefix > block || block > bits || block - prefix > MAX_BLOCK_BITS) {
            throw new IllegalArgumentException("--cluster-cidr: " + cidr + " cannot be cut into blocks of /" + block);
        }
        BigInteger mask = BigInteger.ONE.shiftLeft(bits - prefix).subtract(BigInteger.ONE);
        return new CidrRange(new BigInteger(1, bytes).andNot(mask), bits, block, 1 << (block - prefix));
    }

    /// Takes a free block; empty when none is left.
    Optional<String> take() {
        for (int tried = 0; tried < blocks; tried++) {
            int index = (next + tried) % blocks;
            if (!used.get(index)) {
                used.set(index);
                next = (index + 1) % blocks;
                return Optional.of(text(index));
            }
        }
        return Optional.empty();
    }

    /// Notes that a block is taken; one of another range is nothing to this one.
    void occupy(String cidr) {
        int index = index(cidr);
        if (index >= 0) {
            used.set(index);
        }
    }

    void release(String cidr) {
        int index = index(cidr);
        if (index >= 0) {
            used.clear(index);
        }
    }

    private int index(String cidr) {
        int slash = cidr.indexOf('/');
        try {
            byte[] bytes = InetAddress.ofLiteral(slash < 0 ? cidr : cidr.substring(0, slash))
                    .getAddress();
            if (bytes.length * 8 != bits) {
                return -1;
            }
            BigInteger offset = new BigInteger(1, bytes).subtract(base).shiftRight(bits - blockPrefix);
            return offset.signum() >= 0 && offset.compareTo(BigInteger.valueOf(blocks)) < 0 ? offset.intValue() : -1;
        } catch (IllegalArgumentException e) {
            return -1;
        }
    }

    private String text(int index) {
        BigInteger address = base.add(BigInteger.valueOf(index).shiftLeft(bits - blockPrefix));
        byte[] raw = address.toByteArray();
        byte[] bytes = new byte[bits / 8];
        int length = Math.min(raw.length, bytes.length);
        System.arraycopy(raw, raw.length - length, bytes, bytes.length - length, length);
        try {
            String plain = InetAddress.getByAddress(bytes).getHostAddress();
            // The longest form ends in zeros, because the blocks' addresses do: those are what `::` stands for.
            return (bits == 32 ? plain : plain.replaceFirst("(:0)+$", "::")) + "/" + blockPrefix;
        } catch (UnknownHostException e) {
            throw new IllegalStateException(e);
        }
    }
}
