package io.jubernetes.kubelet.network;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/// Runs short programs of the machine.
public final class Command {
    private Command() {}

    /// How a program ended.
    ///
    /// @param output of both streams
    public record Result(List<String> command, int exitCode, String output) {
        /// @throws IOException with the program's output when it failed
        public Result orThrow() throws IOException {
            if (exitCode != 0) {
                throw new IOException(String.join(" ", command) + ": " + output.strip());
            }
            return this;
        }
    }

    /// Runs a program to its end, and kills it at the limit.
    ///
    /// @throws IOException when it cannot be started or does not end in time
    public static Result run(Duration limit, List<String> command) throws IOException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        process.getOutputStream().close();
        var killer = Thread.ofVirtual().name("command-limit").start(() -> {
            try {
                if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
                    process.destroyForcibly();
                }
            } catch (InterruptedException e) {
                process.destroyForcibly();
            }
        });
        try (var out = process.getInputStream()) {
            String output = new String(out.readAllBytes(), StandardCharsets.UTF_8);
            int exitCode = process.waitFor();
            killer.join();
            return new Result(List.copyOf(command), exitCode, output);
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while running " + command.getFirst(), e);
        }
    }
}
