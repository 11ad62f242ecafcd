package io.jubernetes.apiserver.customresource;

import com.google.common.net.InetAddresses;
import com.google.re2j.Pattern;
import io.jubernetes.common.codec.GoDuration;
import io.jubernetes.common.meta.NameRules;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.DateTimeException;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.util.Base64;
import java.util.Locale;
import java.util.Map;
import java.util.function.Predicate;

/// The formats of texts that are checked; texts of other formats may be anything.
final class Formats {
    private static final String HEX = "[0-9a-fA-F]";
    private static final String UUID_END = HEX + "{12}$";
    private static final Map<String, Predicate<String>> KNOWN = Map.ofEntries(
            Map.entry("bsonobjectid", matching("^" + HEX + "{24}$")),
            Map.entry("uri", Formats::isUri),
            Map.entry("email", matching("^[^@\\s<>]+@[^@\\s<>]+$")),
            Map.entry("hostname", Formats::isHostname),
            Map.entry("ipv4", text -> text.indexOf(':') < 0 && InetAddresses.isInetAddress(text)),
            Map.entry("ipv6", text -> text.indexOf(':') >= 0 && InetAddresses.isInetAddress(text)),
            Map.entry("cidr", Formats::isCidr),
            Map.entry(
                    "mac",
                    matching("^(" + HEX + "{2}[:-]){5,19}" + HEX + "{2}$|^(" + HEX + "{4}\\.){2,9}" + HEX + "{4}$")),
            Map.entry("uuid", matching("^" + HEX + "{8}-?" + HEX + "{4}-?" + HEX + "{4}-?" + HEX + "{4}-?" + UUID_END)),
            Map.entry("uuid3", uuid("3", HEX)),
            Map.entry("uuid4", uuid("4", "[89abAB]")),
            Map.entry("uuid5", uuid("5", "[89abAB]")),
            Map.entry("isbn", text -> isIsbn10(text) || isIsbn13(text)),
            Map.entry("isbn10", Formats::isIsbn10),
            Map.entry("isbn13", Formats::isIsbn13),
            Map.entry("creditcard", Formats::isCreditCard),
            Map.entry("ssn", matching("^\\d{3}[- ]?\\d{2}[- ]?\\d{4}$")),
            Map.entry("hexcolor", matching("^#?(" + HEX + "{3}|" + HEX + "{6})$")),
            Map.entry(
                    "rgbcolor",
                    matching(
                            "^rgb\\(\\s*(0|[1-9]\\d?|1\\d\\d?|2[0-4]\\d|25[0-5])\\s*,\\s*(0|[1-9]\\d?|1\\d\\d?|2[0-4]\\d|25[0-5])"
                                    + "\\s*,\\s*(0|[1-9]\\d?|1\\d\\d?|2[0-4]\\d|25[0-5])\\s*\\)$")),
            Map.entry("byte", Formats::isBase64),
            Map.entry("date", Formats::isDate),
            Map.entry("duration", text -> GoDuration.find(text).isPresent()),
            Map.entry("datetime", Formats::isDateTime),
            Map.entry("k8s-short-name", text -> NameRules.label(text).isEmpty()),
            Map.entry("k8s-long-name", text -> NameRules.subdomain(text).isEmpty()));

    private Formats() {}

    private static Predicate<String> matching(String pattern) {
        Pattern compiled = Pattern.compile(pattern);
        return text -> compiled.matcher(text).find();
    }

    private static Predicate<String> uuid(String version, String variant) {
        return matching(
                "^" + HEX + "{8}-?" + HEX + "{4}-?" + version + HEX + "{3}-?" + variant + HEX + "{3}-?" + UUID_END);
    }

    /// A format's name as the table has it: dashes do not count, except in the names of Kubernetes' own
    /// formats.
    static String canonical(String format) {
        return format.startsWith("k8s-") ? format : format.replace("-", "").toLowerCase(Locale.ROOT);
    }

    static boolean isKnown(String format) {
        return KNOWN.containsKey(format);
    }

    static boolean matches(String format, String text) {
        Predicate<String> check = KNOWN.get(format);
        return check == null || check.test(text);
    }

    static boolean isUri(String text) {
        try {
            URI uri = new URI(text);
            return uri.isAbsolute() || text.startsWith("/");
        } catch (URISyntaxException e) {
            return false;
        }
    }

    private static boolean isHostname(String text) {
        if (text.isEmpty() || text.length() > 255) {
            return false;
        }
        for (String label : text.split("\\.", -1)) {
            if (label.isEmpty() || label.length() > 63 || !label.matches("[A-Za-z0-9_]([-A-Za-z0-9_]*[A-Za-z0-9])?")) {
                return false;
            }
        }
        return true;
    }

    static boolean isCidr(String text) {
        int slash = text.indexOf('/');
        if (slash < 0 || !InetAddresses.isInetAddress(text.substring(0, slash))) {
            return false;
        }
        String bits = text.substring(slash + 1);
        int most = text.indexOf(':') >= 0 ? 128 : 32;
        return bits.matches("0|[1-9][0-9]{0,2}") && Integer.parseInt(bits) <= most;
    }

    static boolean isBase64(String text) {
        try {
            byte[] _ = Base64.getDecoder().decode(text);
            return true;
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    static boolean isDate(String text) {
        try {
            return text.length() == 10 && LocalDate.parse(text) != null;
        } catch (DateTimeException e) {
            return false;
        }
    }

    static boolean isDateTime(String text) {
        try {
            return OffsetDateTime.parse(text.toUpperCase(Locale.ROOT)) != null && text.length() >= 20;
        } catch (DateTimeException e) {
            return false;
        }
    }

    private static boolean isIsbn10(String text) {
        String digits = text.replaceAll("[\\s-]", "");
        if (!digits.matches("[0-9]{9}[0-9X]")) {
            return false;
        }
        int sum = 0;
        for (int i = 0; i < 10; i++) {
            int digit = digits.charAt(i) == 'X' ? 10 : digits.charAt(i) - '0';
            sum += (i + 1) * digit;
        }
        return sum % 11 == 0;
    }

    private static boolean isIsbn13(String text) {
        String digits = text.replaceAll("[\\s-]", "");
        if (!digits.matches("[0-9]{13}")) {
            return false;
        }
        int sum = 0;
        for (int i = 0; i < 13; i++) {
            sum += (i % 2 == 0 ? 1 : 3) * (digits.charAt(i) - '0');
        }
        return sum % 10 == 0;
    }

    private static boolean isCreditCard(String text) {
        String digits = text.replaceAll("[^0-9]", "");
        if (digits.length() < 13 || digits.length() > 16) {
            return false;
        }
        int sum = 0;
        for (int i = 0; i < digits.length(); i++) {
            int digit = digits.charAt(digits.length() - 1 - i) - '0';
            int doubled = i % 2 == 0 ? digit : digit * 2;
            sum += doubled > 9 ? doubled - 9 : doubled;
        }
        return sum % 10 == 0;
    }
}
