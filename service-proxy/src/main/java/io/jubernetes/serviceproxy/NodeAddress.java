package io.jubernetes.serviceproxy;

import java.io.IOException;
import java.net.DatagramSocket;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.util.List;

/// Finds out who this machine is.
final class NodeAddress {
    // An address for documentation: connecting a UDP socket to it sends nothing, but chooses a source address.
    private static final InetAddress SOMEWHERE = InetAddress.ofLiteral("198.51.100.1");

    private NodeAddress() {}

    /// The machine's main IPv4 address: the one of the default route, else any, else the loopback address.
    static InetAddress primary() {
        try (var socket = new DatagramSocket()) {
            socket.connect(new InetSocketAddress(SOMEWHERE, 53));
            if (usable(socket.getLocalAddress())) {
                return socket.getLocalAddress();
            }
        } catch (IOException | java.io.UncheckedIOException _) {
            // no default route
        }
        try {
            for (NetworkInterface each :
                    List.copyOf(NetworkInterface.networkInterfaces().toList())) {
                for (InetAddress address : each.inetAddresses().toList()) {
                    if (usable(address)) {
                        return address;
                    }
                }
            }
        } catch (SocketException _) {
            // no interfaces
        }
        return InetAddress.getLoopbackAddress();
    }

    private static boolean usable(InetAddress address) {
        return address instanceof Inet4Address && !address.isAnyLocalAddress() && !address.isLoopbackAddress();
    }

    static String hostName() {
        try {
            return InetAddress.getLocalHost().getHostName();
        } catch (UnknownHostException _) {
            return "localhost";
        }
    }
}
