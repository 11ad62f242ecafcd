package io.jubernetes.serviceproxy.dns;

import io.jubernetes.serviceproxy.rules.IpFamily;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;

/// A domain that has name servers of its own.
public record StubDomain(String domain, List<InetSocketAddress> servers) {
    private static final int DNS_PORT = 53;

    public StubDomain {
        servers = List.copyOf(servers);
    }

    /// Reads `DOMAIN=SERVER[+SERVER...]`, where a server is `IP`, `IP:PORT` or `[IPv6]:PORT`.
    ///
    /// @throws IllegalArgumentException with a message for the operator
    public static StubDomain parse(String text) {
        int equals = text.indexOf('=');
        String domain = text.substring(0, Math.max(0, equals));
        if (domain.isEmpty() || Question.labels(domain).stream().anyMatch(String::isEmpty)) {
            throw new IllegalArgumentException('"' + text + "\" is not of the form DOMAIN=IP[:PORT][+IP[:PORT]...]");
        }
        var servers = new ArrayList<InetSocketAddress>();
        for (String server : text.substring(equals + 1).split("\\+", -1)) {
            servers.add(server(server));
        }
        return new StubDomain(domain, servers);
    }

    private static InetSocketAddress server(String text) {
        String host = text;
        int port = DNS_PORT;
        int colon = text.lastIndexOf(':');
        if (text.startsWith("[") && text.indexOf(']') == colon - 1 || colon >= 0 && text.indexOf(':') == colon) {
            host = text.substring(0, colon).replace("[", "").replace("]", "");
            try {
                port = Integer.parseInt(text, colon + 1, text.length(), 10);
            } catch (NumberFormatException _) {
                port = -1;
            }
        }
        if (IpFamily.of(host).isEmpty() || port < 1 || port > 65_535) {
            throw new IllegalArgumentException('"' + text + "\" is not the address of a name server");
        }
        return new InetSocketAddress(InetAddress.ofLiteral(host), port);
    }
}
