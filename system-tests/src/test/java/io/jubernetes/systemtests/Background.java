package io.jubernetes.systemtests;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;

/// A program that runs beside a test until it is closed, and what it has printed so far.
public final class Background implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final Process process;
    private final Path output;

    private Background(Process process, Path output) {
        this.process = process;
        this.output = output;
    }

    public static Background start(Map<String, String> environment, String... command) throws IOException {
        Path output = Files.createTempFile("background", ".txt");
        var builder = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectInput(Path.of("/dev/null").toFile())
                .redirectOutput(output.toFile());
        builder.environment().putAll(environment);
        return new Background(builder.start(), output);
    }

    /// Waits until something is printed that matches.
    public MatchResult await(String pattern) {
        Pattern compiled = Pattern.compile(pattern);
        return Awaitility.await("output matching " + pattern)
                .atMost(PATIENCE)
                .until(() -> compiled.matcher(output()).results().findFirst(), java.util.Optional::isPresent)
                .orElseThrow();
    }

    /// Whether the program has not ended.
    public boolean isAlive() {
        return process.isAlive();
    }

    /// All it has printed so far.
    public String output() throws IOException {
        return Files.readString(output);
    }

    /// Sends the program a signal, such as `STOP`.
    public void signal(String name) throws IOException, InterruptedException {
        int code = new ProcessBuilder("kill", "-" + name, Long.toString(process.pid()))
                .inheritIO()
                .start()
                .waitFor();
        if (code != 0) {
            throw new IOException("kill -" + name + " failed with code " + code);
        }
    }

    /// Waits until the program has ended by itself, and returns its exit code.
    ///
    /// @throws AssertionError when it takes longer than the limit
    public int awaitExit(Duration limit) throws InterruptedException {
        if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
            throw new AssertionError("the program runs on after " + limit);
        }
        return process.exitValue();
    }

    /// Ends the program without asking it.
    public void kill() throws IOException {
        process.destroyForcibly();
        close();
    }

    /// Ends the program and its children.
    @Override
    public void close() throws IOException {
        process.descendants().forEach(ProcessHandle::destroy);
        process.destroy();
        try {
            if (!process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
        Files.deleteIfExists(output);
    }
}
