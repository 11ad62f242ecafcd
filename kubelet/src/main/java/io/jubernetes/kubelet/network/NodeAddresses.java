package io.jubernetes.kubelet.network;

import java.io.IOException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;

/// What the machine is called and where it is.
public final class NodeAddresses {
    private NodeAddresses() {}

    /// The machine's host name.
    public static String hostName() {
        try {
            return Files.readString(Path.of("/proc/sys/kernel/hostname")).strip();
        } catch (IOException e) {
            return "localhost";
        }
    }

    /// The address the machine would send from; without a route that of any interface that is up.
    public static String ofDefaultRoute() {
        // Connecting a datagram socket sends nothing; it only chooses the local address.
        try (var socket = new DatagramSocket()) {
            socket.connect(new InetSocketAddress(InetAddress.ofLiteral("192.0.2.1"), 9));
            InetAddress local = socket.getLocalAddress();
            if (!local.isAnyLocalAddress() && !local.isLoopbackAddress()) {
                return local.getHostAddress();
            }
        } catch (IOException | RuntimeException e) {
            // No route.
        }
        try {
            for (NetworkInterface candidate : Collections.list(NetworkInterface.getNetworkInterfaces())) {
                boolean virtual = candidate.getName().startsWith("docker")
                        || candidate.getName().startsWith("br-")
                        || candidate.getName().startsWith("jub-")
                        || candidate.getName().startsWith("veth");
                if (candidate.isUp() && !candidate.isLoopback() && !virtual) {
                    for (InetAddress address : Collections.list(candidate.getInetAddresses())) {
                        if (address.getAddress().length == 4 && !address.isLinkLocalAddress()) {
                            return address.getHostAddress();
                        }
                    }
                }
            }
        } catch (IOException e) {
            return "127.0.0.1";
        }
        return "127.0.0.1";
    }
}
