package io.jubernetes.benchmarks;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.jubernetes.common.client.KubernetesClients;
import io.jubernetes.common.component.StartupException;
import io.jubernetes.common.pki.ServiceAccountKeys;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/// Components as processes of their own, so that the processor time of each can be told apart. Not thread-safe.
final class Components implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final double TICKS_A_SECOND = 100;

    private final String jube;
    private final Path directory;
    private final Path kubeconfig;
    private final List<Process> processes = new ArrayList<>();

    /// @param jube the script that starts them
    /// @param directory for their files; it must be empty
    Components(String jube, Path directory) {
        this.jube = jube;
        this.directory = directory;
        this.kubeconfig = directory.resolve("admin.kubeconfig");
    }

    Path kubeconfig() {
        return kubeconfig;
    }

    /// Starts an API server and waits until it is ready.
    Process apiServer(int port) throws IOException, InterruptedException, StartupException {
        Files.createDirectories(directory);
        Path tokens = Files.writeString(directory.resolve("tokens.csv"), "benchmark,admin,1,\"system:masters\"\n");
        Files.writeString(kubeconfig, """
                apiVersion: v1
                kind: Config
                clusters: [{name: c, cluster: {server: "https://127.0.0.1:PORT", insecure-skip-tls-verify: true}}]
                users: [{name: u, user: {token: benchmark}}]
                contexts: [{name: x, context: {cluster: c, user: u}}]
                current-context: x
                """.replace("PORT", "" + port));
        Path key = directory.resolve("sa.key");
        Path publicKey = directory.resolve("sa.pub");
        ServiceAccountKeys.ensure(key, publicKey);
        Process server = start(
                "apiserver",
                "--bind-address=127.0.0.1",
                "--secure-port=" + port,
                "--data-dir=" + directory.resolve("data"),
                "--token-auth-file=" + tokens,
                "--service-account-key-file=" + publicKey,
                "--service-account-signing-key-file=" + key);
        long end = System.nanoTime() + PATIENCE.toNanos();
        try (KubernetesClient client = KubernetesClients.connect(kubeconfig, "benchmark")) {
            while (!"ok".equals(readiness(client))) {
                if (System.nanoTime() > end || !server.isAlive()) {
                    throw new IOException("the API server does not get ready; see " + log("apiserver"));
                }
                Thread.sleep(200);
            }
        }
        return server;
    }

    private static String readiness(KubernetesClient client) {
        try {
            return client.raw("/readyz");
        } catch (RuntimeException e) {
            return String.valueOf(e.getMessage());
        }
    }

    /// Starts one more component.
    Process start(String component, String... flags) throws IOException {
        List<String> command = new ArrayList<>(List.of(jube, "run", component));
        command.addAll(List.of(flags));
        Path log = log(component);
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
                .start();
        processes.add(process);
        return process;
    }

    private Path log(String component) {
        return directory.resolve(component + ".log");
    }

    /// The processor time a process has used so far, in seconds.
    static double cpuSeconds(Process process) throws IOException {
        String stat = Files.readString(Path.of("/proc", Long.toString(process.pid()), "stat"));
        // The second field, in parentheses, may hold blanks; of the rest, user and system time are the 12th and 13th.
        String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
        return (Long.parseLong(fields[11]) + Long.parseLong(fields[12])) / TICKS_A_SECOND;
    }

    @Override
    public void close() throws IOException {
        for (Process process : processes.reversed()) {
            process.destroy();
            process.onExit()
                    .orTimeout(20, java.util.concurrent.TimeUnit.SECONDS)
                    .exceptionally(_ -> process)
                    .join();
            process.destroyForcibly();
        }
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(java.util.Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        }
    }
}
