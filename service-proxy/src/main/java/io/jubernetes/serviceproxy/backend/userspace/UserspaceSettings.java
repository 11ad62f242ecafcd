package io.jubernetes.serviceproxy.backend.userspace;

import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.List;

/// How connections are forwarded.
///
/// @param owner marks the local routes of this proxy; two proxies on one machine need different ones
/// @param clusterCidrs the addresses of all pods, which count as inside
/// @param nodePortRanges where node ports are served: ranges of the node's addresses, empty for all
/// @param localhostNodePorts whether node ports are served at 127.0.0.1 too
/// @param connectLimit how long an endpoint may take to accept a connection before another one is tried
/// @param tcpIdle how long a connection may be silent
/// @param udpIdle how long a client's datagrams keep their endpoint after the last one
/// @param mostConnections TCP connections at one time; further ones are reset
/// @param mostFlows UDP clients at one time; further ones take the place of the longest silent
public record UserspaceSettings(
        String owner,
        List<String> clusterCidrs,
        List<String> nodePortRanges,
        boolean localhostNodePorts,
        Duration connectLimit,
        Duration tcpIdle,
        Duration udpIdle,
        int mostConnections,
        int mostFlows) {
    /// How long a TCP connection may be silent unless a flag says otherwise.
    public static final String DEFAULT_TCP_IDLE = "1h";

    /// How long a UDP client keeps its endpoint unless a flag says otherwise.
    public static final String DEFAULT_UDP_IDLE = "30s";

    private static final Duration CONNECT_LIMIT = Duration.ofMillis(1500);

    public UserspaceSettings {
        clusterCidrs = List.copyOf(clusterCidrs);
        nodePortRanges = List.copyOf(nodePortRanges);
        if (!tcpIdle.isPositive() || !udpIdle.isPositive()) {
            throw new IllegalArgumentException("idle connections need a time that is greater than 0");
        }
    }

    /// Settings whose bounds follow from how many files this process may have open: a connection needs two of them,
    /// a flow one, and a half is left to everything else in the process.
    public static UserspaceSettings of(
            String owner,
            List<String> clusterCidrs,
            List<String> nodePortRanges,
            boolean localhostNodePorts,
            Duration tcpIdle,
            Duration udpIdle) {
        long files = ManagementFactory.getOperatingSystemMXBean()
                        instanceof com.sun.management.UnixOperatingSystemMXBean unix
                ? unix.getMaxFileDescriptorCount()
                : 1024;
        int part = Math.clamp(files / 8, 64, 50_000);
        return new UserspaceSettings(
                owner, clusterCidrs, nodePortRanges, localhostNodePorts, CONNECT_LIMIT, tcpIdle, udpIdle, part, part);
    }
}
