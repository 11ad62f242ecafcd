package io.jubernetes.hyperkube.doctor;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/// Looks at everything a cluster needs of its machine and says how to mend what is wrong.
public final class Doctor {
    private static final Duration LIMIT = Duration.ofSeconds(10);
    private static final long MIN_DISK = 2L << 30;
    private static final Instant OLDEST_CREDIBLE_TIME = Instant.parse("2026-01-01T00:00:00Z");

    private Doctor() {}

    /// Runs all checks and prints them.
    ///
    /// @param dataDir where the cluster's files are or will be
    /// @param ports that must be free, or held by the cluster itself
    /// @param running whether the cluster runs
    /// @return whether nothing is bad
    public static boolean examine(Path dataDir, List<Integer> ports, boolean running) {
        List<Check> checks = new ArrayList<>();
        checks.add(user());
        checks.add(docker());
        checks.add(cgroups());
        checks.add(nftables());
        checks.add(sysctl("net.ipv4.ip_forward", "1", "pods on other nodes and Services cannot be reached"));
        checks.add(bridgeFiltering());
        for (int port : ports) {
            checks.add(port(port, running));
        }
        checks.add(disk(dataDir));
        checks.add(clock());
        checks.add(kubectl());
        boolean good = true;
        for (Check check : checks) {
            good &= check.level() != Check.Level.BAD;
            String mark = switch (check.level()) {
                case GOOD -> "✓";
                case WARNING -> "!";
                case BAD -> "✗";
            };
            System.out.printf("  %s %-22s %s%n", mark, check.name(), check.found());
            if (!check.remedy().isEmpty()) {
                System.out.printf("    %-22s → %s%n", "", check.remedy());
            }
        }
        return good;
    }

    private static Check user() {
        String name = System.getProperty("user.name");
        return name.equals("root")
                ? Check.good("user", "root")
                : Check.bad("user", name, "run as root: pods, networks and nftables need it");
    }

    private static Check docker() {
        Shell.Result result = Shell.run(LIMIT, "docker", "version", "--format", "{{.Server.Version}}");
        if (result.ok()) {
            return Check.good("Docker Engine", result.output());
        }
        return Shell.has("dockerd")
                ? Check.bad(
                        "Docker Engine", "does not answer", "start it: systemctl start docker, or ./jube up does it")
                : Check.bad("Docker Engine", "not installed", "apt-get install docker.io, or ./jube up does it");
    }

    private static Check cgroups() {
        if (Files.exists(Path.of("/sys/fs/cgroup/cgroup.controllers"))) {
            return Check.good("cgroups", "v2");
        }
        List<String> lacking = new ArrayList<>();
        for (String controller : List.of("cpu", "cpuset", "memory", "pids")) {
            if (!Files.isDirectory(Path.of("/sys/fs/cgroup", controller))) {
                lacking.add(controller);
            }
        }
        return lacking.isEmpty()
                ? Check.good("cgroups", "v1")
                : Check.bad(
                        "cgroups",
                        "v1 without " + String.join(", ", lacking),
                        "mount them (Debian: apt-get install cgroupfs-mount && cgroupfs-mount)");
    }

    private static Check nftables() {
        Shell.Result result = Shell.run(LIMIT, "nft", "list", "tables");
        if (result.ok()) {
            return Check.good("nftables", "works");
        }
        return result.code() == 127
                ? Check.bad("nftables", "not installed", "apt-get install nftables, or ./jube up does it")
                : Check.bad(
                        "nftables",
                        result.output().lines().findFirst().orElse(""),
                        "run as root on a kernel with nf_tables");
    }

    private static Check sysctl(String name, String wanted, String consequence) {
        try {
            // Line by line: files below /proc/sys answer their first read only, and readString may read in pieces.
            String value = Files.readAllLines(Path.of("/proc/sys", name.replace('.', '/')))
                    .getFirst()
                    .strip();
            return value.equals(wanted)
                    ? Check.good(name, value)
                    : Check.warning(
                            name,
                            value,
                            consequence + " until it is " + wanted + "; ./jube up sets it (sysctl -w " + name + "="
                                    + wanted + ")");
        } catch (IOException e) {
            return Check.warning(name, "cannot be read", "check the kernel's configuration");
        }
    }

    private static Check bridgeFiltering() {
        Path file = Path.of("/proc/sys/net/bridge/bridge-nf-call-iptables");
        if (!Files.exists(file)) {
            return Check.warning(
                    "bridge filtering", "br_netfilter is not loaded", "modprobe br_netfilter, where it is a module");
        }
        return sysctl("net.bridge.bridge-nf-call-iptables", "1", "pods of one node reach Services of each other badly");
    }

    private static Check port(int port, boolean running) {
        try (var socket = new ServerSocket()) {
            socket.setReuseAddress(true);
            socket.bind(new InetSocketAddress(port));
            return Check.good("port " + port, "free");
        } catch (IOException e) {
            return running
                    ? Check.good("port " + port, "in use by the running cluster")
                    : Check.bad(
                            "port " + port,
                            "in use",
                            "stop the program that listens there (ss -ltnp sport = :" + port + ")");
        }
    }

    private static Check disk(Path dataDir) {
        Path existing = dataDir;
        while (!Files.exists(existing) && existing.getParent() != null) {
            existing = existing.getParent();
        }
        try {
            FileStore store = Files.getFileStore(existing);
            long free = store.getUsableSpace();
            String text = free / (1 << 30) + " GiB free at " + existing;
            return free >= MIN_DISK
                    ? Check.good("disk", text)
                    : Check.bad("disk", text, "free at least 2 GiB or choose another --data-dir");
        } catch (IOException e) {
            return Check.warning("disk", "cannot be read: " + e.getMessage(), "choose another --data-dir");
        }
    }

    private static Check clock() {
        Instant now = Instant.now();
        return now.isAfter(OLDEST_CREDIBLE_TIME)
                ? Check.good("clock", now.toString())
                : Check.bad("clock", now + " is in the past", "set it, or certificates will not be valid");
    }

    private static Check kubectl() {
        return Shell.has("kubectl")
                ? Check.good("kubectl", "installed")
                : Check.warning("kubectl", "not installed", "install it to talk to the cluster");
    }
}
