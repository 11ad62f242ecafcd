package io.jubernetes.systemtests;

import java.io.IOException;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/// Runs programs of this machine as a person would.
public final class Machine {
    private Machine() {}

    /// How a program ended and what it printed; errors are empty where both streams were taken together.
    public record Ran(int code, String output, String errors) {
        /// The output of a program that must succeed.
        public String ok() {
            if (code != 0) {
                throw new AssertionError("exit code " + code + "\n" + output + errors);
            }
            return output;
        }
    }

    /// The top of the checkout.
    public static Path home() {
        Path here = Path.of("").toAbsolutePath();
        while (!Files.exists(here.resolve("jube"))) {
            here = java.util.Objects.requireNonNull(here.getParent(), "not inside a checkout");
        }
        return here;
    }

    /// Runs a program in the top of the checkout, both streams taken together.
    ///
    /// @throws AssertionError when it takes longer than the limit
    public static Ran run(Duration limit, Map<String, String> environment, String... command)
            throws IOException, InterruptedException {
        Path output = Files.createTempFile("ran", ".txt");
        try {
            int code = finish(limit, builder(environment, output, command).redirectErrorStream(true), output);
            return new Ran(code, Files.readString(output, StandardCharsets.UTF_8), "");
        } finally {
            Files.deleteIfExists(output);
        }
    }

    /// Runs a program that reads a text, and keeps its two streams apart.
    ///
    /// @throws AssertionError when it takes longer than the limit
    public static Ran runApart(Duration limit, Map<String, String> environment, String input, String... command)
            throws IOException, InterruptedException {
        Path output = Files.createTempFile("ran", ".txt");
        Path errors = Files.createTempFile("ran", ".err");
        Path stdin = Files.createTempFile("ran", ".in");
        try {
            Files.writeString(stdin, input);
            int code = finish(
                    limit,
                    builder(environment, output, command)
                            .redirectInput(stdin.toFile())
                            .redirectError(errors.toFile()),
                    errors);
            return new Ran(
                    code,
                    Files.readString(output, StandardCharsets.UTF_8),
                    Files.readString(errors, StandardCharsets.UTF_8));
        } finally {
            Files.deleteIfExists(output);
            Files.deleteIfExists(errors);
            Files.deleteIfExists(stdin);
        }
    }

    /// Runs a command of `./jube` on the cluster in a directory.
    public static Ran jube(Duration limit, Path dataDir, String command, String... flags)
            throws IOException, InterruptedException {
        List<String> line = new ArrayList<>(List.of("./jube", command, "--data-dir", dataDir.toString()));
        line.addAll(List.of(flags));
        return run(limit, Map.of(), line.toArray(String[]::new));
    }

    private static ProcessBuilder builder(Map<String, String> environment, Path output, String... command) {
        var builder = new ProcessBuilder(List.of(command))
                .directory(home().toFile())
                .redirectOutput(output.toFile())
                .redirectInput(Path.of("/dev/null").toFile());
        builder.environment().putAll(environment);
        return builder;
    }

    private static int finish(Duration limit, ProcessBuilder builder, Path printed)
            throws IOException, InterruptedException {
        Process process = builder.start();
        if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
            process.destroyForcibly();
            throw new AssertionError(String.join(" ", builder.command()) + " took longer than " + limit + ":\n"
                    + Files.readString(printed));
        }
        return process.exitValue();
    }

    public static int freePort() throws IOException {
        try (var socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }
}
