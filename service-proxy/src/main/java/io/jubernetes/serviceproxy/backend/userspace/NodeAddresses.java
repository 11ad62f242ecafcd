package io.jubernetes.serviceproxy.backend.userspace;

import io.jubernetes.serviceproxy.backend.BackendException;
import io.jubernetes.serviceproxy.rules.AddressRange;
import io.jubernetes.serviceproxy.rules.IpFamily;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/// The addresses of the machine's links. An address that is the machine's by a route alone is not among them.
final class NodeAddresses {
    private final Set<InetAddress> all;
    private final Map<IpFamily, List<InetAddress>> forNodePorts = new EnumMap<>(IpFamily.class);

    private NodeAddresses(Set<InetAddress> all, UserspaceSettings settings) {
        this.all = all;
        List<AddressRange> ranges = AddressRange.allOf(settings.nodePortRanges());
        for (IpFamily family : IpFamily.values()) {
            forNodePorts.put(
                    family,
                    all.stream()
                            .filter(address -> (address.getAddress().length == 4) == (family == IpFamily.IPV4))
                            .filter(address -> !address.isLinkLocalAddress())
                            .filter(address -> ranges.isEmpty() || AddressRange.anyContains(ranges, address))
                            // Upstream serves no node ports at ::1 either.
                            .filter(address -> !address.isLoopbackAddress()
                                    || (settings.localhostNodePorts() && family == IpFamily.IPV4))
                            .sorted(java.util.Comparator.comparing(InetAddress::getHostAddress))
                            .toList());
        }
    }

    /// Looks at the machine's links.
    static NodeAddresses read(UserspaceSettings settings) throws BackendException {
        try {
            return new NodeAddresses(
                    NetworkInterface.networkInterfaces()
                            .flatMap(NetworkInterface::inetAddresses)
                            .collect(Collectors.toUnmodifiableSet()),
                    settings);
        } catch (SocketException e) {
            throw new BackendException("the machine's addresses cannot be read: " + e.getMessage(), e);
        }
    }

    /// Whether a client is this machine itself.
    boolean contains(InetAddress client) {
        return client.isLoopbackAddress() || all.contains(client);
    }

    /// Where node ports are served.
    List<InetAddress> forNodePorts(IpFamily family) {
        return java.util.Objects.requireNonNull(forNodePorts.get(family));
    }
}
