package io.jubernetes.systemtests;

import java.io.IOException;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/// Runs programs of this machine as a person would.
final class Machine {
    private Machine() {}

    /// How a program ended and what it printed.
    record Ran(int code, String output) {}

    /// The top of the checkout.
    static Path home() {
        Path here = Path.of("").toAbsolutePath();
        while (!Files.exists(here.resolve("jube"))) {
            here = java.util.Objects.requireNonNull(here.getParent(), "not inside a checkout");
        }
        return here;
    }

    static Ran run(Duration limit, Map<String, String> environment, String... command)
            throws IOException, InterruptedException {
        Path output = Files.createTempFile("ran", ".txt");
        try {
            var builder = new ProcessBuilder(List.of(command))
                    .directory(home().toFile())
                    .redirectErrorStream(true)
                    .redirectOutput(output.toFile())
                    .redirectInput(Path.of("/dev/null").toFile());
            builder.environment().putAll(environment);
            Process process = builder.start();
            if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
                process.destroyForcibly();
                throw new AssertionError(
                        String.join(" ", command) + " took longer than " + limit + ":\n" + Files.readString(output));
            }
            return new Ran(process.exitValue(), Files.readString(output, StandardCharsets.UTF_8));
        } finally {
            Files.deleteIfExists(output);
        }
    }

    static int freePort() throws IOException {
        try (var socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }
}
