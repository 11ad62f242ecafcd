package io.jubernetes.common.cel;

import static io.jubernetes.common.cel.CelFunctions.as;
import static io.jubernetes.common.cel.CelFunctions.plain;
import static io.jubernetes.common.cel.CelFunctions.text;
import static io.jubernetes.common.cel.CelFunctions.traversing;

import com.google.common.net.InetAddresses;
import io.jubernetes.common.cel.CelOpaque.Cidr;
import io.jubernetes.common.cel.CelOpaque.Ip;
import io.jubernetes.common.cel.CelOpaque.Url;
import io.jubernetes.common.codec.Json;
import java.net.InetAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Predicate;

/// URLs, IP addresses and ranges of them.
final class CelNetwork {
    private CelNetwork() {}

    static void register(Map<String, CelFunctions.Function> table) {
        table.put("isURL", traversing(args -> parseUrl(text(args, 0)).isPresent()));
        table.put(
                "url",
                traversing(args -> new Url(parseUrl(text(args, 0))
                        .orElseThrow(() -> new CelFailure("URL parse error during conversion from string: parse "
                                + Json.text(text(args, 0)) + ": invalid URI for request")))));
        url(table, "getScheme", uri -> orEmpty(uri.getScheme()));
        url(table, "getHost", CelNetwork::host);
        url(table, "getHostname", uri -> {
            String host = orEmpty(uri.getHost());
            return host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
        });
        url(table, "getPort", uri -> uri.getPort() < 0 ? "" : Integer.toString(uri.getPort()));
        url(table, "getEscapedPath", uri -> orEmpty(uri.getRawPath()));
        url(table, "getQuery", CelNetwork::query);
        table.put("isIP", traversing(args -> parseIp(text(args, 0)).isPresent()));
        table.put(
                "ip",
                traversing(args -> args[0] instanceof Cidr cidr
                        ? new Ip(cidr.address(), "")
                        : parseIp(text(args, 0))
                                .orElseThrow(() -> new CelFailure("IP Address "
                                        + Json.text(text(args, 0))
                                        + " parse error during conversion from string: ParseAddr("
                                        + Json.text(text(args, 0)) + "): unable to parse IP"))));
        table.put("ip.isCanonical", traversing(args -> {
            Ip ip = parseIp(text(args, 0))
                    .orElseThrow(() -> new CelFailure("IP Address "
                            + Json.text(text(args, 0)) + " parse error during conversion from string: ParseAddr("
                            + Json.text(text(args, 0)) + "): unable to parse IP"));
            return InetAddresses.toAddrString(ip.address()).equals(text(args, 0));
        }));
        table.put("family", plain(args -> as(args, 0, Ip.class).address().getAddress().length == 4 ? 4L : 6L));
        ip(table, "isUnspecified", InetAddress::isAnyLocalAddress);
        ip(table, "isLoopback", InetAddress::isLoopbackAddress);
        ip(table, "isLinkLocalMulticast", CelNetwork::isLinkLocalMulticast);
        ip(table, "isLinkLocalUnicast", InetAddress::isLinkLocalAddress);
        ip(
                table,
                "isGlobalUnicast",
                address -> !address.isAnyLocalAddress()
                        && !address.isLoopbackAddress()
                        && !address.isMulticastAddress()
                        && !address.isLinkLocalAddress()
                        && !isBroadcast(address));
        table.put("isCIDR", traversing(args -> parseCidr(text(args, 0)).isPresent()));
        table.put("cidr", traversing(args -> cidrOf(text(args, 0))));
        table.put(
                "containsIP",
                traversing(args -> as(args, 0, Cidr.class)
                        .contains(
                                args[1] instanceof Ip ip
                                        ? ip.address()
                                        : parseIp(text(args, 1))
                                                .orElseThrow(
                                                        () -> new CelFailure("IP Address " + Json.text(text(args, 1))
                                                                + " parse error during conversion from string: ParseAddr("
                                                                + Json.text(text(args, 1)) + "): unable to parse IP"))
                                                .address())));
        table.put("containsCIDR", traversing(args -> {
            Cidr outer = as(args, 0, Cidr.class);
            Cidr inner = args[1] instanceof Cidr cidr ? cidr : cidrOf(text(args, 1));
            return inner.bits() >= outer.bits() && outer.contains(inner.address());
        }));
        table.put("masked", plain(args -> {
            Cidr cidr = as(args, 0, Cidr.class);
            return new Cidr(address(cidr.masked()), cidr.bits());
        }));
        table.put("prefixLength", plain(args -> (long) as(args, 0, Cidr.class).bits()));
    }

    private static void url(Map<String, CelFunctions.Function> table, String name, Function<URI, Object> part) {
        table.put(name, plain(args -> part.apply(as(args, 0, Url.class).uri())));
    }

    private static void ip(Map<String, CelFunctions.Function> table, String name, Predicate<InetAddress> test) {
        table.put(name, plain(args -> test.test(as(args, 0, Ip.class).address())));
    }

    private static String orEmpty(@org.jspecify.annotations.Nullable String text) {
        return text == null ? "" : text;
    }

    /// An absolute URL or an absolute path.
    static Optional<URI> parseUrl(String text) {
        try {
            URI uri = new URI(text);
            boolean rooted = text.startsWith("/");
            boolean absolute = uri.isAbsolute() && uri.getRawFragment() == null;
            return rooted || absolute && !uri.isOpaque() || absolute && uri.isOpaque()
                    ? Optional.of(uri)
                    : Optional.empty();
        } catch (URISyntaxException e) {
            return Optional.empty();
        }
    }

    private static String host(URI uri) {
        String authority = orEmpty(uri.getRawAuthority());
        return authority.substring(authority.lastIndexOf('@') + 1);
    }

    private static Object query(URI uri) {
        Map<Object, Object> result = new LinkedHashMap<>();
        for (String pair : orEmpty(uri.getRawQuery()).split("&")) {
            if (pair.isEmpty()) {
                continue;
            }
            int equals = pair.indexOf('=');
            String name = equals < 0 ? pair : pair.substring(0, equals);
            String value = equals < 0 ? "" : pair.substring(equals + 1);
            Object list = result.computeIfAbsent(decoded(name), _ -> new ArrayList<Object>());
            if (list instanceof ArrayList<?>) {
                List<Object> values = new ArrayList<>((List<?>) list);
                values.add(decoded(value));
                result.put(decoded(name), values);
            }
        }
        return result;
    }

    private static String decoded(String text) {
        try {
            return URLDecoder.decode(text, StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            return text;
        }
    }

    private static Optional<Ip> parseIp(String text) {
        if (text.indexOf('%') >= 0 || !InetAddresses.isInetAddress(text) || text.matches("::[fF]{4}:.*\\..*")) {
            return Optional.empty();
        }
        return Optional.of(new Ip(InetAddresses.forString(text), text));
    }

    private static Optional<Cidr> parseCidr(String text) {
        int slash = text.indexOf('/');
        if (slash < 0 || !text.substring(slash + 1).matches("0|[1-9][0-9]{0,2}")) {
            return Optional.empty();
        }
        int bits = Integer.parseInt(text.substring(slash + 1));
        return parseIp(text.substring(0, slash))
                .filter(ip -> bits <= ip.address().getAddress().length * 8)
                .map(ip -> new Cidr(ip.address(), bits));
    }

    private static Cidr cidrOf(String text) {
        return parseCidr(text)
                .orElseThrow(() -> new CelFailure("network address parse error during conversion from string: netip."
                        + "ParsePrefix(" + Json.text(text) + "): unable to parse IP"));
    }

    private static InetAddress address(byte[] bytes) {
        try {
            return InetAddress.getByAddress(bytes);
        } catch (UnknownHostException e) {
            throw new IllegalStateException("an address has 4 or 16 bytes", e);
        }
    }

    private static boolean isLinkLocalMulticast(InetAddress address) {
        byte[] bytes = address.getAddress();
        return bytes.length == 4
                ? (bytes[0] & 0xff) == 224 && bytes[1] == 0 && bytes[2] == 0
                : (bytes[0] & 0xff) == 0xff && (bytes[1] & 0x0f) == 2;
    }

    private static boolean isBroadcast(InetAddress address) {
        byte[] bytes = address.getAddress();
        return bytes.length == 4 && bytes[0] == -1 && bytes[1] == -1 && bytes[2] == -1 && bytes[3] == -1;
    }
}
