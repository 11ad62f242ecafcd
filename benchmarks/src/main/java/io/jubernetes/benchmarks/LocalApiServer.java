package io.jubernetes.benchmarks;

import io.jubernetes.apiserver.ApiServerCommand;
import io.jubernetes.common.client.Kubeconfigs;
import io.jubernetes.common.component.ComponentLauncher;
import io.jubernetes.common.component.RunningComponent;
import io.jubernetes.common.component.StartupException;
import io.jubernetes.common.pki.Pem;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/// An API server on an empty embedded store in this JVM, and one user who may do everything.
final class LocalApiServer implements AutoCloseable {
    static final String TOKEN = "benchmark";

    private final Path directory;
    private final int port;
    private final RunningComponent server;

    private LocalApiServer(Path directory, int port, RunningComponent server) {
        this.directory = directory;
        this.port = port;
        this.server = server;
    }

    /// @param flags beside those for the store, the address and the user
    static LocalApiServer start(String... flags) throws IOException, StartupException {
        Path directory = Files.createTempDirectory("benchmark-apiserver");
        int port;
        try (var socket = new ServerSocket(0)) {
            port = socket.getLocalPort();
        }
        Path tokens = directory.resolve("tokens.csv");
        Pem.writeSecret(tokens, TOKEN + ",benchmark,1,\"system:masters\"\n");
        List<String> all = new ArrayList<>(List.of(
                "--data-dir=" + directory,
                "--bind-address=127.0.0.1",
                "--secure-port=" + port,
                "--token-auth-file=" + tokens));
        all.addAll(List.of(flags));
        var command = new ApiServerCommand();
        ComponentLauncher.commandLine(command).parseArgs(all.toArray(String[]::new));
        return new LocalApiServer(directory, port, command.start());
    }

    String url() {
        return "https://127.0.0.1:" + port;
    }

    /// The certificates that the server made for itself.
    List<Path> certificates() throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            return files.filter(path -> path.toString().endsWith(".crt")).toList();
        }
    }

    /// Writes a kubeconfig for the user.
    Path kubeconfig() throws IOException {
        var trusted = new StringBuilder();
        for (Path certificate : certificates()) {
            trusted.append(Files.readString(certificate));
        }
        Path file = directory.resolve("kubeconfig");
        Kubeconfigs.writeToken(file, "benchmark", "benchmark", url(), trusted.toString(), TOKEN);
        return file;
    }

    @Override
    public void close() throws IOException {
        server.close();
        try (Stream<Path> all = Files.walk(directory)) {
            for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(path);
            }
        }
    }
}
