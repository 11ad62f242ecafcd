package io.jubernetes.serviceproxy.backend;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/// Runs a program of the system with a time limit.
///
/// @param prefix words before every command line, for instance to enter a network namespace; usually empty
public record Command(List<String> prefix) {
    private static final Duration LIMIT = Duration.ofSeconds(30);

    /// Runs programs as they are.
    public static final Command PLAIN = new Command(List.of());

    public Command {
        prefix = List.copyOf(prefix);
    }

    /// What a program said.
    public record Result(int code, String out, String err) {
        public boolean ok() {
            return code == 0;
        }

        /// The first line of what it complained about.
        public String complaint() {
            return err.lines().findFirst().orElse("exit code " + code);
        }
    }

    /// Runs a program, without input.
    public Result run(String... words) throws BackendException, InterruptedException {
        return run(List.of(words), "");
    }

    /// Runs a program.
    ///
    /// @param input what it reads on standard input
    /// @throws BackendException when it cannot be started or does not end in time
    public Result run(List<String> words, String input) throws BackendException, InterruptedException {
        var line = new java.util.ArrayList<>(prefix);
        line.addAll(words);
        Process process;
        try {
            process = new ProcessBuilder(line).start();
        } catch (IOException e) {
            throw new BackendException(words.getFirst() + " cannot be run: " + e.getMessage(), e);
        }
        try {
            CompletableFuture<String> out = read(process.getInputStream());
            CompletableFuture<String> err = read(process.getErrorStream());
            try (var in = process.getOutputStream()) {
                in.write(input.getBytes(StandardCharsets.UTF_8));
            } catch (IOException _) {
                // It ended without reading everything; its exit code tells.
            }
            if (!process.waitFor(LIMIT.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new BackendException(words.getFirst() + " did not end within " + LIMIT.toSeconds() + " s");
            }
            return new Result(process.exitValue(), out.join(), err.join());
        } finally {
            process.destroyForcibly();
        }
    }

    private static CompletableFuture<String> read(InputStream stream) {
        var text = new CompletableFuture<String>();
        Thread.ofVirtual().name("read-output").start(() -> {
            try (stream) {
                text.complete(new String(stream.readAllBytes(), StandardCharsets.UTF_8));
            } catch (IOException e) {
                text.completeExceptionally(new UncheckedIOException(e));
            }
        });
        return text;
    }
}
