package io.jubernetes.hyperkube.doctor;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/// Runs programs of the machine and reads what they print.
public final class Shell {
    private Shell() {}

    /// What a program printed and how it ended; code 127 when there is no such program, 124 when it took too long.
    public record Result(int code, String output) {
        public boolean ok() {
            return code == 0;
        }
    }

    public static Result run(Duration limit, String... command) {
        Path output = null;
        try {
            output = Files.createTempFile("jube", ".out");
            Process process = new ProcessBuilder(List.of(command))
                    .redirectErrorStream(true)
                    .redirectOutput(output.toFile())
                    .redirectInput(new File("/dev/null"))
                    .start();
            if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
                process.destroyForcibly();
                return new Result(124, "took longer than " + limit.toSeconds() + " seconds");
            }
            return new Result(
                    process.exitValue(),
                    Files.readString(output, StandardCharsets.UTF_8).strip());
        } catch (IOException e) {
            return new Result(127, String.valueOf(e.getMessage()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return new Result(130, "interrupted");
        } finally {
            if (output != null) {
                var _ = output.toFile().delete();
            }
        }
    }

    /// Whether a program can be found.
    public static boolean has(String program) {
        for (String directory : (System.getenv().getOrDefault("PATH", "") + ":/usr/sbin:/sbin").split(":")) {
            if (Files.isExecutable(Path.of(directory, program))) {
                return true;
            }
        }
        return false;
    }
}
