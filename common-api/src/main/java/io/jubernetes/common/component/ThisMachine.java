package io.jubernetes.common.component;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.DatagramSocket;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/// What the machine is called and where others reach it.
public final class ThisMachine {
    // An address for documentation: connecting a datagram socket sends nothing, but chooses the local address.
    private static final InetAddress SOMEWHERE = InetAddress.ofLiteral("192.0.2.1");
    private static final Pattern VIRTUAL = Pattern.compile("(docker|br-|veth|jub|cni|lo).*");

    private ThisMachine() {}

    /// The host name in lower case, as names of nodes are.
    public static String hostName() {
        try {
            String name = Files.readString(Path.of("/proc/sys/kernel/hostname")).strip();
            return name.isEmpty() ? "localhost" : name.toLowerCase(Locale.ROOT);
        } catch (IOException e) {
            return "localhost";
        }
    }

    /// The IPv4 address the machine sends from by its default route; without one that of a network interface that is
    /// up, at last the loopback address.
    public static InetAddress address() {
        return ofDefaultRoute().or(ThisMachine::ofAnInterface).orElseGet(InetAddress::getLoopbackAddress);
    }

    private static Optional<InetAddress> ofDefaultRoute() {
        try (var socket = new DatagramSocket()) {
            socket.connect(new InetSocketAddress(SOMEWHERE, 9));
            return Optional.of(socket.getLocalAddress()).filter(ThisMachine::isUsable);
        } catch (IOException | UncheckedIOException e) {
            return Optional.empty();
        }
    }

    private static Optional<InetAddress> ofAnInterface() {
        try {
            List<NetworkInterface> up = NetworkInterface.networkInterfaces()
                    .filter(ThisMachine::isUp)
                    .toList();
            return up.stream()
                    .filter(one -> !VIRTUAL.matcher(one.getName()).matches())
                    .flatMap(NetworkInterface::inetAddresses)
                    .filter(ThisMachine::isUsable)
                    .findFirst()
                    .or(() -> up.stream()
                            .flatMap(NetworkInterface::inetAddresses)
                            .filter(ThisMachine::isUsable)
                            .findFirst());
        } catch (SocketException e) {
            return Optional.empty();
        }
    }

    private static boolean isUp(NetworkInterface one) {
        try {
            return one.isUp();
        } catch (SocketException e) {
            return false;
        }
    }

    private static boolean isUsable(InetAddress address) {
        return address instanceof Inet4Address
                && !address.isAnyLocalAddress()
                && !address.isLoopbackAddress()
                && !address.isLinkLocalAddress();
    }
}
