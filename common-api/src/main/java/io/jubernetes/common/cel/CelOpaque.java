package io.jubernetes.common.cel;

import io.jubernetes.common.meta.Quantity;
import java.math.BigInteger;
import java.net.InetAddress;
import java.net.URI;
import java.util.List;

/// The types of the Kubernetes function libraries.
sealed interface CelOpaque {
    /// The name expressions know the type by.
    String typeName();

    /// `kubernetes.URL`
    record Url(URI uri) implements CelOpaque {
        @Override
        public String typeName() {
            return "kubernetes.URL";
        }
    }

    /// `kubernetes.Quantity`
    record Amount(Quantity quantity) implements CelOpaque {
        @Override
        public String typeName() {
            return "kubernetes.Quantity";
        }
    }

    /// `net.IP`
    record Ip(InetAddress address, String text) implements CelOpaque {
        @Override
        public String typeName() {
            return "net.IP";
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof Ip ip && ip.address.equals(address);
        }

        @Override
        public int hashCode() {
            return address.hashCode();
        }
    }

    /// `net.CIDR`
    ///
    /// @param address as written, which may have bits behind the prefix
    record Cidr(InetAddress address, int bits) implements CelOpaque {
        @Override
        public String typeName() {
            return "net.CIDR";
        }

        byte[] masked() {
            byte[] bytes = address.getAddress();
            for (int i = 0; i < bytes.length; i++) {
                int keep = Math.clamp(bits - i * 8L, 0, 8);
                bytes[i] &= (byte) (0xff00 >> keep);
            }
            return bytes;
        }

        boolean contains(InetAddress other) {
            byte[] bytes = other.getAddress();
            if (bytes.length != address.getAddress().length) {
                return false;
            }
            return java.util.Arrays.equals(new Cidr(other, bits).masked(), masked());
        }
    }

    /// `kubernetes.Semver`
    record Semver(BigInteger major, BigInteger minor, BigInteger patch, List<String> pre) implements CelOpaque {
        @Override
        public String typeName() {
            return "kubernetes.Semver";
        }

        int compare(Semver other) {
            int order = major.compareTo(other.major);
            order = order != 0 ? order : minor.compareTo(other.minor);
            order = order != 0 ? order : patch.compareTo(other.patch);
            if (order != 0 || pre.equals(other.pre)) {
                return order;
            }
            if (pre.isEmpty() || other.pre.isEmpty()) {
                return pre.isEmpty() ? 1 : -1;
            }
            for (int i = 0; i < Math.min(pre.size(), other.pre.size()); i++) {
                int part = comparePart(pre.get(i), other.pre.get(i));
                if (part != 0) {
                    return part;
                }
            }
            return Integer.compare(pre.size(), other.pre.size());
        }

        private static int comparePart(String left, String right) {
            boolean leftNumber = left.matches("[0-9]+");
            boolean rightNumber = right.matches("[0-9]+");
            if (leftNumber && rightNumber) {
                return new BigInteger(left).compareTo(new BigInteger(right));
            }
            return leftNumber != rightNumber ? (leftNumber ? -1 : 1) : left.compareTo(right);
        }
    }

    /// `kubernetes.NamedFormat`
    record NamedFormat(String name) implements CelOpaque {
        @Override
        public String typeName() {
            return "kubernetes.NamedFormat";
        }
    }

    /// A question to the authorizer, in the making or complete: `kubernetes.authorization.Authorizer`
    /// and the like.
    ///
    /// @param stage `Authorizer`, `PathCheck`, `GroupCheck`, `ResourceCheck` or `Decision`
    record Authorization(String stage, Object state) implements CelOpaque {
        @Override
        public String typeName() {
            return "kubernetes.authorization." + stage;
        }
    }
}
