package io.jubernetes.apiserver.validation;

import io.jubernetes.common.codec.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// The forms of IP addresses and ranges in API fields. Fields that once took sloppy texts refuse them today unless the
/// old object had them already; new fields want the canonical text.
public final class IpRules {
    private IpRules() {}

    /// What is wrong with the name of an object that stands for an IP address.
    static List<String> name(String text) {
        var address = IpAddress.parse(text);
        if (address.isEmpty() || address.get().hasLeadingZeros()) {
            return List.of("ParseAddr(" + Json.text(text) + "): unable to parse IP");
        }
        return address.get().isMapped() || !address.get().toString().equals(text)
                ? List.of("must be a canonical format IP address")
                : List.of();
    }

    /// An address in a field that has always been there.
    ///
    /// @return the address when it can be read at all
    public static Optional<IpAddress> address(Field field) {
        Optional<IpAddress> address = IpAddress.parse(field.text());
        if (address.isEmpty()) {
            field.invalid("must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)");
        } else if (address.get().hasLeadingZeros()) {
            field.invalid("must not have leading 0s");
        } else if (address.get().isMapped()) {
            field.invalid("must not be an IPv4-mapped IPv6 address");
        }
        return address;
    }

    /// An address in a newer field: it must be written in its canonical form.
    public static void canonicalAddress(Field field) {
        int before = field.causes().size();
        Optional<IpAddress> address = address(field);
        if (before == field.causes().size()
                && address.isPresent()
                && !address.get().toString().equals(field.text())) {
            field.invalid(
                    "must be in canonical form (" + Json.text(address.get().toString()) + ")");
        }
    }

    /// A range in a field that has always been there.
    ///
    /// @return the range when it can be read at all
    public static Optional<IpRange> range(Field field) {
        Optional<IpRange> range = IpRange.parse(field.text());
        if (range.isEmpty()) {
            field.invalid("must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)");
        } else if (range.get().odd() || range.get().address().hasLeadingZeros()) {
            field.invalid("must not have leading 0s in IP or prefix length");
        } else if (range.get().address().isMapped()) {
            field.invalid("must not have an IPv4-mapped IPv6 address");
        } else if (!range.get().isMasked()) {
            field.invalid("must not have bits set beyond the prefix length");
        }
        return range;
    }

    /// A range in a newer field: it must be written in its canonical form.
    public static Optional<IpRange> canonicalRange(Field field) {
        int before = field.causes().size();
        Optional<IpRange> range = range(field);
        if (before == field.causes().size()
                && range.isPresent()
                && !range.get().toString().equals(field.text())) {
            field.invalid("must be in canonical form (" + Json.text(range.get().toString()) + ")");
        }
        return range;
    }

    /// An address that other machines can send to.
    public static void endpoint(Field field) {
        Optional<IpAddress> parsed = IpAddress.parse(field.text());
        if (parsed.isEmpty()) {
            field.invalid("must be a valid IP address");
            return;
        }
        IpAddress address = parsed.get();
        if (address.isUnspecified()) {
            field.invalid("may not be unspecified (" + field.text() + ")");
        }
        if (address.isLoopback()) {
            field.invalid("may not be in the loopback range (127.0.0.0/8, ::1/128)");
        }
        if (address.isLinkLocalUnicast()) {
            field.invalid("may not be in the link-local range (169.254.0.0/16, fe80::/10)");
        }
        if (address.isLinkLocalMulticast()) {
            field.invalid("may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)");
        }
    }

    /// What to warn of in an address that is stored all the same.
    public static List<String> addressWarnings(Field field) {
        List<String> warnings = new ArrayList<>();
        IpAddress.parse(field.text()).ifPresent(address -> {
            String canonical = Json.text(address.toString());
            String shown = Json.text(field.text());
            if (address.hasLeadingZeros() || address.isMapped()) {
                warnings.add(field.path() + ": non-standard IP address " + shown
                        + " will be considered invalid in a future Kubernetes release: use " + canonical);
            } else if (address.isIpv6() && !address.toString().equals(field.text())) {
                warnings.add(field.path() + ": IPv6 address " + shown + " should be in RFC 5952 canonical format ("
                        + canonical + ")");
            }
        });
        return warnings;
    }

    /// What to warn of in a range that is stored all the same.
    public static List<String> rangeWarnings(Field field) {
        List<String> warnings = new ArrayList<>();
        IpRange.parse(field.text()).ifPresent(range -> {
            String canonical = Json.text(range.toString());
            String shown = Json.text(field.text());
            if (range.odd()
                    || range.address().hasLeadingZeros()
                    || range.address().isMapped()) {
                warnings.add(field.path() + ": non-standard CIDR value " + shown
                        + " will be considered invalid in a future Kubernetes release: use " + canonical);
            } else if (!range.isMasked()) {
                warnings.add(field.path() + ": CIDR value " + shown + " is ambiguous in this context (should be "
                        + canonical + " or " + Json.text(range.address() + "/" + (range.isIpv6() ? 128 : 32)) + "?)");
            } else if (range.isIpv6() && !range.toString().equals(field.text())) {
                warnings.add(field.path() + ": IPv6 CIDR value " + shown + " should be in RFC 5952 canonical format ("
                        + canonical + ")");
            }
        });
        return warnings;
    }
}
