package io.jubernetes.hyperkube.cluster;

import com.fasterxml.jackson.databind.JsonNode;
import io.jubernetes.common.codec.Json;
import io.jubernetes.common.component.StartupException;
import io.jubernetes.common.component.ThisMachine;
import io.jubernetes.common.pki.Pem;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.ServerSocket;
import java.net.SocketException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;

/// What makes one cluster on this machine different from another: its ports, address ranges and names. Chosen
/// once, when the cluster is made, and kept.
///
/// @param index which of the machine's clusters it is; it decides the address ranges
/// @param kubeletPorts one a node
public record ClusterSettings(
        int format,
        int index,
        String storage,
        String hostAddress,
        int securePort,
        List<String> nodes,
        List<Integer> kubeletPorts,
        int etcdPort,
        int dnsPort) {
    /// The layout of a data directory; another one cannot be opened.
    public static final int FORMAT = 1;

    private static final int MAX_CLUSTERS = 16;
    private static final int KUBELET_PORT = 10250;

    public ClusterSettings {
        nodes = List.copyOf(nodes);
        kubeletPorts = List.copyOf(kubeletPorts);
    }

    public String podRange() {
        return "10." + (244 - index) + ".0.0/16";
    }

    public String podRange(int node) {
        return "10." + (244 - index) + "." + node + ".0/24";
    }

    public String serviceRange() {
        return "10." + (96 + index) + ".0.0/16";
    }

    public String serviceAddress(int host) {
        return "10." + (96 + index) + ".0." + host;
    }

    public String nftablesTable() {
        return index == 0 ? "jubernetes" : "jubernetes-" + index;
    }

    public String server() {
        return "https://" + hostAddress + ":" + securePort;
    }

    /// Reads the settings of a cluster that exists.
    ///
    /// @throws StartupException when they are unreadable or of another version
    public static ClusterSettings read(ClusterDirectory directory) throws StartupException {
        try {
            JsonNode tree = Json.read(Files.readAllBytes(directory.settings()));
            if (tree.path("format").asInt() != FORMAT) {
                throw new StartupException("the data directory " + directory.root() + " is of version "
                        + tree.path("format").asInt() + ", this program reads version " + FORMAT
                        + "; use the program it was made with or another --data-dir");
            }
            return Json.as(tree, ClusterSettings.class);
        } catch (IOException e) {
            throw new StartupException(
                    "cannot read " + directory.settings() + "; is " + directory.root() + " the right --data-dir?", e);
        }
    }

    public void write(ClusterDirectory directory) throws IOException {
        Pem.writePublic(
                directory.settings(),
                Json.MAPPER.writerWithDefaultPrettyPrinter().writeValueAsString(this));
    }

    /// Chooses what is free on this machine now.
    ///
    /// @throws StartupException when the API server's port is taken or the machine holds too many clusters
    public static ClusterSettings choose(int securePort, int nodeCount, String storage) throws StartupException {
        if (!isFree(securePort)) {
            throw new StartupException("port " + securePort
                    + " is in use; stop the program that listens there or choose another with --secure-port");
        }
        int index = freeIndex();
        String host = hostName();
        String base = index == 0 ? host : host + "-" + (index + 1);
        List<String> nodes = new ArrayList<>();
        List<Integer> ports = new ArrayList<>();
        int port = KUBELET_PORT;
        for (int i = 0; i < nodeCount; i++) {
            nodes.add(i == 0 ? base : base + "-node" + (i + 1));
            while (!isFree(port) || isReserved(port)) {
                port++;
            }
            ports.add(port++);
        }
        return new ClusterSettings(
                FORMAT,
                index,
                storage,
                ThisMachine.address().getHostAddress(),
                securePort,
                nodes,
                ports,
                freePort(23790 + 10 * index),
                freePort(10053 + index));
    }

    private static boolean isReserved(int port) {
        return port >= 10256 && port <= 10259;
    }

    private static int freePort(int from) {
        int port = from;
        while (!isFree(port)) {
            port++;
        }
        return port;
    }

    private static boolean isFree(int port) {
        try (var socket = new ServerSocket()) {
            socket.setReuseAddress(true);
            socket.bind(new InetSocketAddress(port));
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    /// The first index whose pod range no interface of the machine is in.
    private static int freeIndex() throws StartupException {
        List<String> addresses = addresses();
        for (int index = 0; index < MAX_CLUSTERS; index++) {
            String prefix = "10." + (244 - index) + ".";
            if (addresses.stream().noneMatch(address -> address.startsWith(prefix))) {
                return index;
            }
        }
        throw new StartupException("this machine already runs " + MAX_CLUSTERS
                + " clusters; take one down with ./jube down --purge --data-dir DIR");
    }

    private static List<String> addresses() {
        List<String> result = new ArrayList<>();
        try {
            for (NetworkInterface network : java.util.Collections.list(NetworkInterface.getNetworkInterfaces())) {
                for (InetAddress address : java.util.Collections.list(network.getInetAddresses())) {
                    result.add(address.getHostAddress());
                }
            }
        } catch (SocketException e) {
            return result;
        }
        return result;
    }

    private static String hostName() {
        String clean = ThisMachine.hostName().replaceAll("[^a-z0-9.-]", "-").replaceAll("^[^a-z0-9]+|[^a-z0-9]+$", "");
        return clean.isEmpty() ? "localhost" : clean;
    }
}
