package io.jubernetes.systemtests.operations;

import io.jubernetes.systemtests.Background;
import io.jubernetes.systemtests.LocalCluster;
import io.jubernetes.systemtests.Machine;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// Two hosts: network namespaces that are joined by one cable, each with a Docker of its own and its own files. Nothing
/// like systemd runs in them, so the test starts the services, as their units say. Used by one thread.
final class TwoHosts implements AutoCloseable {
    private static final Duration SHORT = Duration.ofMinutes(1);
    private static final Duration PATIENCE = Duration.ofMinutes(3);
    private static final String JVM =
            "-Xmx300m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xshare:auto --enable-native-access=ALL-UNNAMED";

    private final Path folder;
    private final List<Background> programs = new ArrayList<>();

    private TwoHosts(Path folder) {
        this.folder = folder;
    }

    /// Makes the namespaces and starts Docker in them.
    static TwoHosts start(Path folder) throws IOException, InterruptedException {
        var hosts = new TwoHosts(folder);
        try {
            hosts.connect();
            for (int host = 1; host <= 2; host++) {
                Files.createDirectories(hosts.files(host));
                hosts.startDocker(host);
            }
            Path bin = Files.createDirectories(folder.resolve("program/bin"));
            Files.copy(Machine.home().resolve("deploy/systemd/component"), bin.resolve("component"));
            Files.createSymbolicLink(
                    folder.resolve("program/app"), Machine.home().resolve("hyperkube/target/app"));
        } catch (IOException | RuntimeException | Error e) {
            hosts.close();
            throw e;
        }
        return hosts;
    }

    private static String namespace(int host) {
        return "jubernetes-host" + host;
    }

    /// The address of a host on the cable.
    static String address(int host) {
        return "198.51.100." + host;
    }

    private void connect() throws IOException, InterruptedException {
        ip("netns", "add", namespace(1));
        ip("netns", "add", namespace(2));
        ip("link", "add", "eth0", "netns", namespace(1), "type", "veth", "peer", "name", "eth0", "netns", namespace(2));
        for (int host = 1; host <= 2; host++) {
            String here = namespace(host);
            ip("-n", here, "address", "add", address(host) + "/24", "dev", "eth0");
            ip("-n", here, "link", "set", "lo", "up");
            ip("-n", here, "link", "set", "eth0", "up");
            ip("-n", here, "route", "add", "default", "via", address(3 - host));
        }
    }

    private static void ip(String... words) throws IOException, InterruptedException {
        List<String> line = new ArrayList<>(List.of("ip"));
        line.addAll(List.of(words));
        Machine.run(SHORT, Map.of(), line.toArray(String[]::new)).ok();
    }

    /// The directory of all that a host has.
    Path files(int host) {
        return folder.resolve("host" + host);
    }

    Path adminKubeconfig() {
        return files(1).resolve("etc/admin.kubeconfig");
    }

    private String docker(int host) {
        return "unix://" + files(host).resolve("docker.sock");
    }

    private void startDocker(int host) throws IOException {
        Path files = files(host);
        run(
                host,
                "dockerd",
                "--host=" + docker(host),
                "--data-root=" + files.resolve("docker"),
                "--exec-root=" + files.resolve("exec"),
                "--pidfile=" + files.resolve("docker.pid"));
        LocalCluster.await("Docker of host " + host).until(() -> Files.exists(files.resolve("docker.sock")));
    }

    /// Starts a program in a host's network.
    private Background run(int host, String... command) throws IOException {
        Background program = Background.start(environment(host), inside(host, command));
        programs.add(program);
        return program;
    }

    private Map<String, String> environment(int host) {
        return Map.of("DOCKER_HOST", docker(host), "JAVA_HOME", System.getProperty("java.home"), "JVM_COMMON", JVM);
    }

    private static String[] inside(int host, String... command) {
        List<String> line = new ArrayList<>(List.of("nsenter", "--net=/run/netns/" + namespace(host)));
        line.addAll(List.of(command));
        return line.toArray(String[]::new);
    }

    /// Runs a program in a host's network until it ends.
    Machine.Ran ran(int host, String... command) throws IOException, InterruptedException {
        return Machine.run(PATIENCE, environment(host), inside(host, command));
    }

    private String[] jube(int host, String... words) {
        List<String> line =
                new ArrayList<>(List.of(Machine.home().resolve("jube").toString(), "cluster"));
        line.addAll(List.of(words));
        line.addAll(List.of(
                "--config-dir=" + files(host).resolve("etc"),
                "--data-dir=" + files(host).resolve("lib/jubernetes")));
        return line.toArray(String[]::new);
    }

    /// Runs a command of `jube cluster` on a host until it ends.
    Machine.Ran cluster(int host, String... words) throws IOException, InterruptedException {
        return ran(host, jube(host, words));
    }

    /// Runs a command that waits for services beside which this starts them: each as soon as its flags are there.
    ///
    /// @return what the command printed
    String clusterStarting(int host, List<String> services, String... words) throws IOException, InterruptedException {
        Background command = run(host, jube(host, words));
        for (String service : services) {
            Path flags = files(host).resolve("etc/" + service + ".env");
            LocalCluster.await("flags of " + service + " by jube cluster " + String.join(" ", words))
                    .failFast("it has ended", () -> !command.isAlive())
                    .atMost(PATIENCE)
                    .until(() -> Files.exists(flags));
            run(
                    host,
                    "sh",
                    "-c",
                    ". " + flags + "; exec sh " + folder.resolve("program/bin/component") + " " + service + " $FLAGS");
        }
        int code = command.awaitExit(PATIENCE);
        if (code != 0) {
            throw new AssertionError("exit code " + code + "\n" + command.output());
        }
        return command.output();
    }

    /// Ends all programs but Docker.
    void stopServices() {
        programs.subList(2, programs.size()).reversed().forEach(TwoHosts::close);
    }

    private static void close(Background program) {
        try {
            program.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        programs.reversed().forEach(TwoHosts::close);
        for (int host = 1; host <= 2; host++) {
            try {
                var _ = Machine.run(
                        SHORT, Map.of(), "sh", "-c", "umount " + files(host).resolve("docker") + "/* || true");
                var _ = Machine.run(SHORT, Map.of(), "ip", "netns", "delete", namespace(host));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
