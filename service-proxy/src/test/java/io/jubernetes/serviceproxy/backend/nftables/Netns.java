package io.jubernetes.serviceproxy.backend.nftables;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.jubernetes.serviceproxy.backend.BackendException;
import io.jubernetes.serviceproxy.backend.Command;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.awaitility.Awaitility;

/// A small cluster in network namespaces of a test's own: a node that routes between pods (10.244.0.0/24, one namespace
/// each) and a machine outside (198.51.100.2). Closing it removes everything.
public final class Netns implements AutoCloseable {
    public static final String NODE_ADDRESS = "198.51.100.1";
    public static final String CLIENT_ADDRESS = "198.51.100.2";

    private final String prefix = "jub" + ProcessHandle.current().pid() % 100_000;
    private final List<String> names = new ArrayList<>();
    private final List<Process> servers = new ArrayList<>();
    private int links;
    private int bridged;

    /// Why such tests cannot run here; empty when they can.
    public static String obstacle() throws InterruptedException {
        for (List<String> words : List.of(
                List.of("nft", "list", "tables"), List.of("ip", "netns", "list"), List.of("curl", "--version"))) {
            try {
                Command.Result result = Command.PLAIN.run(words, "");
                if (!result.ok()) {
                    return result.complaint();
                }
            } catch (BackendException e) {
                return String.valueOf(e.getMessage());
            }
        }
        return Files.isWritable(Path.of("/proc/sys/net/ipv4/ip_forward")) ? "" : "not root";
    }

    /// Makes the network, or skips the tests where that is not possible.
    public static Netns create() throws Exception {
        String obstacle = obstacle();
        assumeTrue(obstacle.isEmpty(), () -> "needs root, nft, ip and curl: " + obstacle);
        var net = new Netns();
        try {
            net.add("node");
            net.add("client");
            net.link("node", NODE_ADDRESS + "/24", "client", CLIENT_ADDRESS + "/24");
            net.run("client", "ip", "route", "add", "default", "via", NODE_ADDRESS);
            net.run("node", "ip", "route", "add", "default", "via", CLIENT_ADDRESS);
            for (String switched : List.of("ip_forward", "conf.all.route_localnet")) {
                net.run("node", "sysctl", "-qw", "net.ipv4." + switched + "=1");
            }
            return net;
        } catch (Exception e) {
            net.close();
            throw e;
        }
    }

    /// Adds a pod that serves a file `name` with its own name in it, at port 8080.
    public String pod(int number, Path directory) throws Exception {
        String name = "pod" + number;
        String address = "10.244.0." + (4 * number + 2);
        add(name);
        link("node", "10.244.0." + (4 * number + 1) + "/30", name, address + "/30");
        run(name, "ip", "route", "add", "default", "via", "10.244.0." + (4 * number + 1));
        serve(name, address, directory);
        return address;
    }

    /// Adds a pod that shares a bridge with others of its kind, as on a real node, and serves like [#pod].
    public String bridgedPod(int number, Path directory) throws Exception {
        String name = "bridged" + number;
        String address = "10.244.100." + (number + 2);
        add(name);
        if (bridged == 0) {
            run("node", "ip", "link", "add", "br0", "type", "bridge");
            run("node", "ip", "address", "add", "10.244.100.1/24", "dev", "br0");
            run("node", "ip", "link", "set", "br0", "up");
            run("node", "sysctl", "-qw", "net.bridge.bridge-nf-call-iptables=1");
        }
        String port = "port" + bridged++;
        ip(
                "link",
                "add",
                port,
                "netns",
                prefix + "node",
                "type",
                "veth",
                "peer",
                "name",
                "eth0",
                "netns",
                prefix + name);
        run("node", "ip", "link", "set", port, "master", "br0", "up");
        run(name, "ip", "address", "add", address + "/24", "dev", "eth0");
        run(name, "ip", "link", "set", "eth0", "up");
        run(name, "ip", "route", "add", "default", "via", "10.244.100.1");
        serve(name, address, directory);
        return address;
    }

    /// Has a pod serve its file `name` at another address it has.
    public void serve(String name, String address, Path directory) throws Exception {
        serve(name, address, "node", directory);
    }

    /// The same where the node does not reach the address.
    ///
    /// @param from who does
    public void serve(String name, String address, String from, Path directory) throws Exception {
        Path files = Files.createDirectories(directory.resolve(name));
        Files.writeString(files.resolve("name"), name);
        var words = new ArrayList<>(inside(name).prefix());
        words.addAll(List.of(
                Path.of(System.getProperty("java.home"), "bin", "jwebserver").toString(),
                "-b",
                address,
                "-p",
                "8080",
                "-d",
                files.toString(),
                "-o",
                "info"));
        servers.add(new ProcessBuilder(words)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(
                        directory.resolve(name + ".log").toFile()))
                .start());
        String host = address.contains(":") ? "[" + address + "]" : address;
        Awaitility.await().until(() -> get(from, host + ":8080/name").equals(name));
    }

    /// The log of a pod's server, which shows who came.
    public static String log(Path directory, int number) throws IOException {
        return Files.readString(directory.resolve("pod" + number + ".log"));
    }

    /// The name of a namespace as the system knows it.
    public String namespace(String name) {
        return prefix + name;
    }

    /// Runs programs in a namespace.
    public Command inside(String name) {
        return new Command(List.of("ip", "netns", "exec", prefix + name));
    }

    /// What a page says, or the name of curl's failure.
    public String get(String from, String url) throws BackendException, InterruptedException {
        Command.Result result = inside(from).run("curl", "-s", "-S", "--noproxy", "*", "-m", "2", "http://" + url);
        return result.ok() ? result.out() : "curl " + result.code();
    }

    public void run(String name, String... words) throws BackendException, InterruptedException {
        Command.Result result = inside(name).run(words);
        if (!result.ok()) {
            throw new BackendException(String.join(" ", words) + ": " + result.complaint());
        }
    }

    private void add(String name) throws BackendException, InterruptedException {
        names.add(name);
        ip("netns", "add", prefix + name);
        run(name, "ip", "link", "set", "lo", "up");
    }

    private void link(String a, String addressA, String b, String addressB)
            throws BackendException, InterruptedException {
        String one = "a" + links;
        String other = "b" + links++;
        ip("link", "add", one, "netns", prefix + a, "type", "veth", "peer", "name", other, "netns", prefix + b);
        for (List<String> end : List.of(List.of(a, one, addressA), List.of(b, other, addressB))) {
            run(end.get(0), "ip", "address", "add", end.get(2), "dev", end.get(1));
            run(end.get(0), "ip", "link", "set", end.get(1), "up");
        }
    }

    private static void ip(String... words) throws BackendException, InterruptedException {
        var line = new ArrayList<>(List.of("ip"));
        line.addAll(List.of(words));
        Command.Result result = Command.PLAIN.run(line, "");
        if (!result.ok()) {
            throw new BackendException(String.join(" ", line) + ": " + result.complaint());
        }
    }

    @Override
    public void close() throws BackendException {
        for (Process server : servers) {
            server.destroy();
        }
        try {
            for (String name : names) {
                ip("netns", "delete", prefix + name);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
