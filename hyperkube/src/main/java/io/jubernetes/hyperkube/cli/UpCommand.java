package io.jubernetes.hyperkube.cli;

import io.jubernetes.common.component.StartupException;
import io.jubernetes.hyperkube.cluster.AllInOne;
import io.jubernetes.hyperkube.cluster.ClusterDirectory;
import io.jubernetes.hyperkube.cluster.ClusterSettings;
import io.jubernetes.hyperkube.doctor.Provision;
import java.io.File;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.locks.LockSupport;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// `up`: starts a cluster in the background and waits until its nodes are ready.
@Command(name = "up", description = "Starts a cluster on this machine.", mixinStandardHelpOptions = true)
public final class UpCommand implements Callable<Integer> {
    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final int CONNECT_MILLIS = 500;

    @Mixin
    private ClusterOption cluster = new ClusterOption();

    @Option(
            names = "--secure-port",
            paramLabel = "N",
            defaultValue = "6443",
            description = "The API server's port (${DEFAULT-VALUE}).")
    private int securePort = 6443;

    @Option(
            names = "--nodes",
            paramLabel = "N",
            defaultValue = "1",
            description = "How many nodes this machine plays (${DEFAULT-VALUE}).")
    private int nodes = 1;

    @Option(
            names = "--storage",
            defaultValue = "embedded",
            description = "Where the cluster's state is kept: embedded or etcd (${DEFAULT-VALUE}).")
    private String storage = "embedded";

    @Override
    public Integer call() throws StartupException, IOException {
        var progress = new Progress(System.out);
        ClusterDirectory directory = cluster.directory();
        if (!joinRunning(directory, progress)) {
            Provision.ensure(progress::step, storage.equals("etcd"));
            progress.step("preparing " + directory.root());
            ClusterSettings settings = AllInOne.settings(directory, securePort, nodes, storage);
            progress.step("starting the components on port " + settings.securePort());
            launch(directory);
            try {
                awaitReady(directory, progress);
            } catch (StartupException e) {
                progress.failed();
                throw e;
            }
        }
        progress.done();
        ClusterSettings settings = ClusterSettings.read(directory);
        System.out.println();
        System.out.println("Your cluster is ready at " + settings.server() + ". Next:");
        System.out.println("  export KUBECONFIG=" + directory.adminKubeconfig());
        System.out.println("  kubectl get nodes");
        System.out.println("  ./jube demo" + suffix(directory));
        return 0;
    }

    /// Waits for the cluster that runs already.
    ///
    /// @return false when none runs, or when it was about to end: a killed process takes a moment to go
    private static boolean joinRunning(ClusterDirectory directory, Progress progress)
            throws StartupException, IOException {
        Optional<ProcessHandle> running = ClusterOption.process(directory);
        if (running.isEmpty()) {
            return false;
        }
        try {
            awaitReady(directory, progress);
            progress.say("The cluster in " + directory.root() + " runs already (process "
                    + running.get().pid() + ").");
            return true;
        } catch (StartupException e) {
            if (running.get().isAlive()) {
                progress.failed();
                throw e;
            }
            return false;
        }
    }

    private static String suffix(ClusterDirectory directory) {
        return directory.root().equals(Path.of("/var/lib/jubernetes")) ? "" : " --data-dir " + directory.root();
    }

    /// Starts the JVM of the components, free of this terminal.
    private static void launch(ClusterDirectory directory) throws StartupException, IOException {
        Files.deleteIfExists(directory.started());
        List<String> command = new ArrayList<>(List.of("setsid", "--fork"));
        // The shell writes its own process id, which exec keeps, so that the file names the JVM.
        command.addAll(List.of(
                "sh",
                "-c",
                "echo $$ > \"$0\"; exec \"$@\"",
                directory.pidFile().toString(),
                ProcessHandle.current().info().command().orElse("java")));
        command.addAll(JvmFlags.server(directory));
        command.addAll(List.of(
                "-cp",
                System.getProperty("java.class.path"),
                "io.jubernetes.hyperkube.Hyperkube",
                "run",
                "all-in-one",
                "--data-dir=" + directory.root()));
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(directory.log().toFile()))
                .redirectInput(new File("/dev/null"))
                .start();
        process.onExit().join();
    }

    /// Waits for the file by which the components say that they and the nodes are ready. Asking the API server would
    /// take the time of a second JVM's warm-up from the one that is waited for.
    private static void awaitReady(ClusterDirectory directory, Progress progress) throws StartupException, IOException {
        long end = System.nanoTime() + PATIENCE.toNanos();
        long logStart = Files.exists(directory.log()) ? Files.size(directory.log()) : 0;
        ClusterSettings settings = ClusterSettings.read(directory);
        boolean seen = false;
        boolean serving = false;
        while (true) {
            progress.tick();
            boolean alive = ClusterOption.process(directory).isPresent();
            seen |= alive;
            if (seen && !alive) {
                throw new StartupException("the components stopped: " + lastError(directory, logStart));
            }
            if (Files.exists(directory.started()) && listens(settings)) {
                return;
            }
            if (!serving && listens(settings)) {
                serving = true;
                progress.step("waiting for the nodes to become ready");
            }
            if (System.nanoTime() > end) {
                throw new StartupException(
                        serving
                                ? "the nodes did not become ready within " + PATIENCE.toMinutes()
                                        + " minutes; see ./jube logs kubelet and ./jube doctor"
                                : "the API server did not answer within " + PATIENCE.toMinutes() + " minutes; see "
                                        + directory.log());
            }
            LockSupport.parkNanos(50_000_000);
        }
    }

    private static boolean listens(ClusterSettings settings) {
        try (var socket = new Socket()) {
            socket.connect(new InetSocketAddress(settings.hostAddress(), settings.securePort()), CONNECT_MILLIS);
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    private static String lastError(ClusterDirectory directory, long logStart) throws IOException {
        try (var lines = Files.lines(directory.log())) {
            return lines.filter(line -> line.startsWith("error: "))
                    .reduce((_, last) -> last)
                    .map(line -> line.substring("error: ".length()))
                    .orElse("see " + directory.log() + " from byte " + logStart);
        }
    }
}
