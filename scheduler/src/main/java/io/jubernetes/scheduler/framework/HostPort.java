package io.jubernetes.scheduler.framework;

/// A port a pod takes on its node.
///
/// @param ip the node address, `0.0.0.0` for all
public record HostPort(String ip, String protocol, int port) {
    public static final String ANY = "0.0.0.0";

    /// Whether two pods that want these ports cannot share a node.
    public boolean conflicts(HostPort other) {
        return port == other.port
                && protocol.equals(other.protocol)
                && (ip.equals(other.ip) || ip.equals(ANY) || other.ip.equals(ANY));
    }
}
