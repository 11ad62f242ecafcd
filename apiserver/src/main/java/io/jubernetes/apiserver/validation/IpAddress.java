package io.jubernetes.apiserver.validation;

import java.util.Arrays;
import java.util.Optional;

/// An IP address as the API reads it: leniently, because old objects may hold what is refused today,
/// remembering what was unusual about its text. An IPv4 address written within IPv6 counts as IPv4. Immutable.
public final class IpAddress {
    private final byte[] bytes;
    private final boolean leadingZeros;
    private final boolean mapped;

    private IpAddress(byte[] bytes, boolean leadingZeros, boolean mapped) {
        this.bytes = bytes;
        this.leadingZeros = leadingZeros;
        this.mapped = mapped;
    }

    /// Reads an address; empty when the text is none.
    public static Optional<IpAddress> parse(String text) {
        return text.indexOf(':') >= 0 ? parse6(text) : parse4(text);
    }

    /// @param bytes four or sixteen of them
    public static IpAddress of(byte[] bytes) {
        return new IpAddress(bytes.clone(), false, false);
    }

    private static Optional<IpAddress> parse4(String text) {
        String[] parts = text.split("\\.", -1);
        if (parts.length != 4) {
            return Optional.empty();
        }
        byte[] bytes = new byte[4];
        boolean zeros = false;
        for (int i = 0; i < 4; i++) {
            String part = parts[i];
            if (part.isEmpty() || part.length() > 9 || !part.chars().allMatch(c -> c >= '0' && c <= '9')) {
                return Optional.empty();
            }
            int value = Integer.parseInt(part);
            if (value > 255) {
                return Optional.empty();
            }
            zeros |= part.length() > 1 && part.charAt(0) == '0';
            bytes[i] = (byte) value;
        }
        return Optional.of(new IpAddress(bytes, zeros, false));
    }

    private static Optional<IpAddress> parse6(String text) {
        int gap = text.indexOf("::");
        if (gap >= 0 && text.indexOf("::", gap + 1) >= 0) {
            return Optional.empty();
        }
        String head = gap < 0 ? text : text.substring(0, gap);
        String tail = gap < 0 ? "" : text.substring(gap + 2);
        Optional<Groups> first = Groups.parse(head, tail.isEmpty() && gap < 0);
        Optional<Groups> second = Groups.parse(tail, true);
        if (first.isEmpty() || second.isEmpty()) {
            return Optional.empty();
        }
        byte[] left = first.get().bytes();
        byte[] right = second.get().bytes();
        int used = left.length + right.length;
        if (gap < 0 ? used != 16 : used > 14) {
            return Optional.empty();
        }
        byte[] bytes = Arrays.copyOf(left, 16);
        System.arraycopy(right, 0, bytes, 16 - right.length, right.length);
        boolean zeros = first.get().leadingZeros() || second.get().leadingZeros();
        boolean mapped = bytes[10] == -1 && bytes[11] == -1;
        for (int i = 0; i < 10; i++) {
            mapped &= bytes[i] == 0;
        }
        return Optional.of(new IpAddress(mapped ? Arrays.copyOfRange(bytes, 12, 16) : bytes, zeros, mapped));
    }

    /// One side of the gap of an IPv6 address.
    private record Groups(byte[] bytes, boolean leadingZeros) {
        /// @param last whether an IPv4 address may end it
        static Optional<Groups> parse(String text, boolean last) {
            if (text.isEmpty()) {
                return Optional.of(new Groups(new byte[0], false));
            }
            String[] groups = text.split(":", -1);
            byte[] bytes = new byte[Math.max(16, groups.length * 2 + 4)];
            int size = 0;
            boolean zeros = false;
            for (int i = 0; i < groups.length; i++) {
                String group = groups[i];
                if (last && i == groups.length - 1 && group.indexOf('.') >= 0) {
                    Optional<IpAddress> four = parse4(group);
                    if (four.isEmpty()) {
                        return Optional.empty();
                    }
                    System.arraycopy(four.get().bytes, 0, bytes, size, 4);
                    size += 4;
                    zeros |= four.get().leadingZeros;
                } else {
                    if (group.isEmpty()
                            || group.length() > 4
                            || !group.chars().allMatch(c -> Character.digit(c, 16) >= 0 && c < 128)) {
                        return Optional.empty();
                    }
                    int value = Integer.parseInt(group, 16);
                    bytes[size++] = (byte) (value >> 8);
                    bytes[size++] = (byte) value;
                }
                if (size > 16) {
                    return Optional.empty();
                }
            }
            return Optional.of(new Groups(Arrays.copyOf(bytes, size), zeros));
        }
    }

    public boolean isIpv6() {
        return bytes.length == 16;
    }

    /// The bytes; the caller's own copy.
    public byte[] bytes() {
        return bytes.clone();
    }

    /// Whether a part of the text began with a zero, which some programs read as octal.
    public boolean hasLeadingZeros() {
        return leadingZeros;
    }

    /// Whether it is an IPv4 address written within IPv6.
    public boolean isMapped() {
        return mapped;
    }

    public boolean isUnspecified() {
        for (byte part : bytes) {
            if (part != 0) {
                return false;
            }
        }
        return true;
    }

    public boolean isLoopback() {
        if (!isIpv6()) {
            return bytes[0] == 127;
        }
        for (int i = 0; i < 15; i++) {
            if (bytes[i] != 0) {
                return false;
            }
        }
        return bytes[15] == 1;
    }

    public boolean isLinkLocalUnicast() {
        return isIpv6()
                ? bytes[0] == (byte) 0xfe && (bytes[1] & 0xc0) == 0x80
                : bytes[0] == (byte) 169 && bytes[1] == (byte) 254;
    }

    public boolean isLinkLocalMulticast() {
        return isIpv6()
                ? bytes[0] == (byte) 0xff && (bytes[1] & 0x0f) == 0x02
                : bytes[0] == (byte) 224 && bytes[1] == 0 && bytes[2] == 0;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof IpAddress address && Arrays.equals(bytes, address.bytes);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(bytes);
    }

    /// The canonical text: lower case, without leading zeros, the longest run of zero groups shortened.
    @Override
    public String toString() {
        if (!isIpv6()) {
            return (bytes[0] & 255) + "." + (bytes[1] & 255) + "." + (bytes[2] & 255) + "." + (bytes[3] & 255);
        }
        int bestStart = -1;
        int bestLength = 1;
        for (int i = 0; i < 8; i++) {
            int length = 0;
            while (i + length < 8 && group(i + length) == 0) {
                length++;
            }
            if (length > bestLength) {
                bestStart = i;
                bestLength = length;
            }
        }
        var text = new StringBuilder();
        for (int i = 0; i < 8; i++) {
            if (i == bestStart) {
                text.append("::");
                i += bestLength - 1;
                continue;
            }
            if (!text.isEmpty() && text.charAt(text.length() - 1) != ':') {
                text.append(':');
            }
            text.append(Integer.toHexString(group(i)));
        }
        return text.toString();
    }

    private int group(int index) {
        return (bytes[index * 2] & 255) << 8 | bytes[index * 2 + 1] & 255;
    }
}
