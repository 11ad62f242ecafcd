package io.jubernetes.serviceproxy.dns;

import java.net.InetAddress;
import java.nio.file.Path;
import java.util.List;

/// How the cluster's DNS is served.
///
/// @param domain the cluster's, `cluster.local`
/// @param clusterAddresses where clients ask; the packet filter brings them to the listener
/// @param bindAddress where the listener is
/// @param port the listener's, 0 for any free one
/// @param resolvConf names the servers for everything else
/// @param stubDomains domains with servers of their own
public record DnsSettings(
        String domain,
        List<InetAddress> clusterAddresses,
        InetAddress bindAddress,
        int port,
        Path resolvConf,
        List<StubDomain> stubDomains) {
    public DnsSettings {
        clusterAddresses = List.copyOf(clusterAddresses);
        stubDomains = List.copyOf(stubDomains);
    }
}
