package io.jubernetes.serviceproxy.ingress;

import io.jubernetes.serviceproxy.rules.Target;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/// Writes a plan in HAProxy's language. Requests find their backend by maps, so that what a request costs does not grow
/// with the number of routes. Pure.
final class HaproxyFiles {
    static final String CONFIG = "haproxy.cfg";
    static final String STATS_SOCKET = "stats.sock";

    private static final String HOSTS = "hosts.map";
    private static final String EXACT = "exact.map";
    private static final String PREFIX = "prefix.map";
    private static final String CERTIFICATES = "certificates.list";
    private static final String ANY_HOST = "-"; // no host name is called so

    private final IngressSettings settings;
    private final Path directory;
    private final String account;

    /// @param directory where the files will be
    /// @param account whose rights HAProxy's workers have, empty to keep them
    HaproxyFiles(IngressSettings settings, Path directory, String account) {
        this.settings = settings;
        this.directory = directory;
        this.account = account;
    }

    /// The files' contents by name.
    ///
    /// @param servers the servers of each backend; an empty one is a place that can be filled while HAProxy runs
    Map<String, String> render(IngressPlan plan, Map<String, List<Optional<Target>>> servers) {
        Map<String, String> files = new LinkedHashMap<>();
        var hosts = new TreeSet<String>();
        var exact = new TreeMap<String, String>();
        var prefix = new TreeMap<String, String>();
        for (IngressPlan.Route route : plan.routes()) {
            String host = route.host().isEmpty() ? ANY_HOST : route.host();
            if (!route.host().isEmpty()) {
                hosts.add(host + " " + host);
            }
            if (route.exact()) {
                exact.put(host + "|" + route.path(), route.backend());
            } else {
                prefix.put(host + "|" + route.path() + "/", route.backend());
            }
        }
        files.put(HOSTS, lines(hosts));
        files.put(EXACT, lines(exact));
        files.put(PREFIX, lines(prefix));
        var list = new StringBuilder();
        for (IngressPlan.Certificate certificate : plan.certificates()) {
            if (!certificate.hosts().isEmpty()) {
                files.put(certificate.name() + ".pem", certificate.pem());
                list.append(directory.resolve(certificate.name() + ".pem"))
                        .append(" [alpn h2,http/1.1] ")
                        .append(String.join(" ", certificate.hosts()))
                        .append('\n');
            }
        }
        files.put(CERTIFICATES, list.toString());
        files.put(CONFIG, config(!list.isEmpty(), servers));
        return files;
    }

    private static String lines(Set<String> lines) {
        return lines.isEmpty() ? "" : String.join("\n", lines) + "\n";
    }

    private static String lines(Map<String, String> map) {
        var text = new StringBuilder();
        map.forEach((key, value) -> text.append(key).append(' ').append(value).append('\n'));
        return text.toString();
    }

    private String config(boolean tls, Map<String, List<Optional<Target>>> servers) {
        String text = """
                global
                  stats socket DIRECTORY/STATS mode 600 level admin expose-fd listeners
                  hard-stop-after 5m
                ACCOUNT
                defaults
                  mode http
                  option forwardfor
                  option redispatch
                  retry-on conn-failure empty-response
                  retries 3
                  timeout connect 5s
                  timeout client 1m
                  timeout server 1m
                  timeout http-request 30s
                  timeout http-keep-alive 1m
                  timeout tunnel 1h

                frontend ingress
                  bind ADDRESS:HTTP_PORT
                TLS
                  http-request set-header X-Forwarded-Proto https if { ssl_fc }
                  http-request set-header X-Forwarded-Proto http if !{ ssl_fc }
                  http-request set-var(txn.host) req.hdr(host),host_only,lower
                  http-request set-var(txn.path) path
                  http-request set-var(txn.site) var(txn.host),map_str(DIRECTORY/hosts.map)
                  http-request set-var(txn.site) 'var(txn.host),regsub("^[^.]+","*"),map_str(DIRECTORY/hosts.map)' if !{ var(txn.site) -m found }
                  http-request set-var(txn.site) str(-) if !{ var(txn.site) -m found }
                  http-request set-var(txn.backend) var(txn.site),concat(|,txn.path),map_str(DIRECTORY/exact.map)
                  http-request set-var(txn.backend) var(txn.site),concat(|,txn.path,/),map_beg(DIRECTORY/prefix.map) if !{ var(txn.backend) -m found }
                  http-request set-var(txn.backend) str(-|/),map_str(DIRECTORY/prefix.map) if !{ var(txn.backend) -m found }
                  use_backend %[var(txn.backend)] if { var(txn.backend) -m found }
                  default_backend nobody

                backend nobody
                  http-request return status 404 content-type text/plain string "default backend - 404"
                """.replace(
                        "ACCOUNT\n", account.isEmpty() ? "" : "  user " + account + "\n  group " + account + "\n")
                .replace(
                        "TLS\n",
                        tls ? "  bind ADDRESS:HTTPS_PORT ssl crt-list DIRECTORY/" + CERTIFICATES + " strict-sni\n" : "")
                .replace("DIRECTORY", directory.toString())
                .replace("STATS", STATS_SOCKET)
                .replace("ADDRESS", settings.address())
                .replace("HTTP_PORT", Integer.toString(settings.httpPort()))
                .replace("HTTPS_PORT", Integer.toString(settings.httpsPort()));
        var all = new StringBuilder(text);
        new TreeMap<>(servers).forEach((name, places) -> {
            all.append("\nbackend ").append(name).append("\n  balance roundrobin\n");
            for (int i = 0; i < places.size(); i++) {
                Optional<Target> target = places.get(i);
                all.append("  server ")
                        .append(server(i))
                        .append(' ')
                        .append(target.map(HaproxyFiles::address).orElse("127.0.0.1:1 disabled"))
                        .append('\n');
            }
        });
        return all.toString();
    }

    /// The name of a backend's server.
    static String server(int number) {
        return "s" + (number + 1);
    }

    private static String address(Target target) {
        String address = target.address();
        return (address.indexOf(':') < 0 ? address : "[" + address + "]") + ":" + target.port();
    }
}
