package io.jubernetes.apiserver.storage.etcd;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// How to reach an etcd cluster.
///
/// @param endpoints `http://host:port` or `https://host:port`, all of one scheme
/// @param caFile whom to trust, PEM; null for the Java runtime's authorities
/// @param certFile the client certificate, PEM; null for none
/// @param keyFile its private key, PEM
/// @param compactionInterval how often to give up the history before the last interval; zero for never
public record EtcdSettings(
        List<URI> endpoints,
        @Nullable Path caFile,
        @Nullable Path certFile,
        @Nullable Path keyFile,
        Duration compactionInterval) {
    /// Upstream's `--etcd-compaction-interval`.
    public static final Duration COMPACTION_INTERVAL = Duration.ofMinutes(5);

    public EtcdSettings {
        endpoints = List.copyOf(endpoints);
        if (endpoints.isEmpty()) {
            throw new IllegalArgumentException("no etcd server given");
        }
        for (URI endpoint : endpoints) {
            check(endpoint, endpoints.getFirst());
        }
        if ((certFile == null) != (keyFile == null)) {
            throw new IllegalArgumentException("the etcd client certificate and its key must be given together");
        }
        if (compactionInterval.isNegative()) {
            throw new IllegalArgumentException("the etcd compaction interval must not be negative");
        }
    }

    /// Without TLS files, with upstream's compaction interval.
    public static EtcdSettings of(List<URI> endpoints) {
        return new EtcdSettings(endpoints, null, null, null, COMPACTION_INTERVAL);
    }

    boolean isTls() {
        return "https".equals(endpoints.getFirst().getScheme());
    }

    private static void check(URI endpoint, URI first) {
        boolean schemeKnown = "http".equals(endpoint.getScheme()) || "https".equals(endpoint.getScheme());
        if (!schemeKnown || endpoint.getHost() == null || endpoint.getPort() < 0) {
            throw new IllegalArgumentException(
                    "etcd server " + endpoint + " is not of the form http://HOST:PORT or https://HOST:PORT");
        }
        if (!endpoint.getScheme().equals(first.getScheme())) {
            throw new IllegalArgumentException("etcd servers " + first + " and " + endpoint + " differ in scheme");
        }
    }
}
