package io.jubernetes.serviceproxy.backend.nftables;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InterfaceAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Lets a bridge send a packet back to the port it came from. A pod that reaches itself through a Service needs
/// it: where bridged packets pass the packet filter, a connection whose endpoint is on the client's bridge
/// stays on the bridge. Not thread-safe.
final class HairpinPorts {
    private static final Logger log = LoggerFactory.getLogger(HairpinPorts.class);

    private final Path interfaces;
    private final Set<String> bridges = new HashSet<>();

    /// @param sys where the sys file system is
    HairpinPorts(Path sys) {
        this.interfaces = sys.resolve("class/net");
    }

    /// Allows it on the bridges that these endpoints are on, if any.
    void allow(Collection<String> endpoints) {
        if (endpoints.isEmpty()) {
            return;
        }
        List<InetAddress> addresses =
                endpoints.stream().map(InetAddress::ofLiteral).toList();
        try {
            for (NetworkInterface each : NetworkInterface.networkInterfaces().toList()) {
                if (Files.isDirectory(interfaces.resolve(each.getName()).resolve("brif"))
                        && each.getInterfaceAddresses().stream().anyMatch(range -> holdsAny(range, addresses))) {
                    bridges.add(each.getName());
                }
            }
        } catch (SocketException e) {
            log.debug("cannot list interfaces", e);
        }
        allowAgain();
    }

    /// Allows it on ports that those bridges got meanwhile.
    void allowAgain() {
        for (String bridge : bridges) {
            try (DirectoryStream<Path> ports =
                    Files.newDirectoryStream(interfaces.resolve(bridge).resolve("brif"))) {
                for (Path port : ports) {
                    allow(port.resolve("hairpin_mode"));
                }
            } catch (IOException e) {
                log.debug("the bridge {} is gone", bridge, e);
            }
        }
    }

    private static void allow(Path file) {
        try {
            if (!Files.readString(file).strip().equals("1")) {
                Files.writeString(file, "1");
            }
        } catch (IOException e) {
            log.debug("cannot set {}", file, e);
        }
    }

    private static boolean holdsAny(InterfaceAddress range, List<InetAddress> addresses) {
        return addresses.stream()
                .anyMatch(address -> holds(range.getAddress(), range.getNetworkPrefixLength(), address));
    }

    /// Whether two addresses have their first bits in common.
    static boolean holds(InetAddress network, int bits, InetAddress address) {
        byte[] a = network.getAddress();
        byte[] b = address.getAddress();
        if (a.length != b.length) {
            return false;
        }
        for (int i = 0; i < bits; i++) {
            int mask = 0x80 >> i % 8;
            if ((a[i / 8] & mask) != (b[i / 8] & mask)) {
                return false;
            }
        }
        return true;
    }
}
