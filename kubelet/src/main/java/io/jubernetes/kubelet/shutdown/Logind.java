package io.jubernetes.kubelet.shutdown;

import io.jubernetes.kubelet.network.Command;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// systemd-logind, by its programs: the lock it gives out is an open file, which the JDK cannot take from D-Bus.
final class Logind implements ShutdownSignals {
    private static final Logger LOG = LoggerFactory.getLogger(Logind.class);
    private static final Path LIMIT_FILE = Path.of("/etc/systemd/logind.conf.d/99-kubelet.conf");
    private static final Duration ANSWER = Duration.ofSeconds(10);
    private static final String MANAGER = "org.freedesktop.login1.Manager";

    private @Nullable Process monitor;

    @Override
    public AutoCloseable delay(Duration most) throws IOException {
        raiseLimit(most);
        Process holder = new ProcessBuilder(
                        "systemd-inhibit",
                        "--what=shutdown",
                        "--who=kubelet",
                        "--why=Kubelet needs time to handle node shutdown",
                        "--mode=delay",
                        "sleep",
                        "infinity")
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        return () -> {
            holder.descendants().forEach(ProcessHandle::destroy);
            holder.destroy();
        };
    }

    /// logind gives five seconds unless it is told otherwise.
    private static void raiseLimit(Duration most) throws IOException {
        Command.Result known = Command.run(
                ANSWER,
                List.of(
                        "busctl",
                        "get-property",
                        "org.freedesktop.login1",
                        "/org/freedesktop/login1",
                        MANAGER,
                        "InhibitDelayMaxUSec"));
        // Such as `t 5000000`.
        String[] words = known.orThrow().output().strip().split(" ");
        if (Duration.ofNanos(Long.parseLong(words[words.length - 1]) * 1000).compareTo(most) >= 0) {
            return;
        }
        Files.createDirectories(LIMIT_FILE.getParent());
        Files.writeString(
                LIMIT_FILE,
                "# Kubelet logind override\n[Login]\nInhibitDelayMaxSec=" + most.toSeconds() + "\n",
                StandardCharsets.UTF_8);
        Command.run(ANSWER, List.of("systemctl", "kill", "--signal=HUP", "systemd-logind"))
                .orThrow();
    }

    @Override
    public synchronized void listen(Consumer<Boolean> listener) throws IOException {
        Process started = new ProcessBuilder(
                        "busctl",
                        "monitor",
                        "--json=short",
                        "--match=type='signal',interface='" + MANAGER + "',member='PrepareForShutdown'")
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        monitor = started;
        Thread.ofVirtual().name("logind").start(() -> {
            try (BufferedReader lines = started.inputReader(StandardCharsets.UTF_8)) {
                for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                    if (line.contains("PrepareForShutdown")) {
                        listener.accept(line.contains("\"data\":[true]"));
                    }
                }
            } catch (IOException e) {
                LOG.info("no longer listening to logind: {}", e.getMessage());
            }
        });
    }

    @Override
    public synchronized void close() {
        Process known = monitor;
        if (known != null) {
            known.destroy();
        }
    }
}
