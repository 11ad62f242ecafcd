package io.jubernetes.serviceproxy.ingress;

import io.jubernetes.serviceproxy.backend.Backend.Outcome;
import io.jubernetes.serviceproxy.backend.BackendException;
import io.jubernetes.serviceproxy.backend.Command;
import io.jubernetes.serviceproxy.rules.Target;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Runs HAProxy after a plan. Where only endpoints changed it is told so while it runs; otherwise its master starts new
/// workers that take the listening sockets over, and the old ones finish what they have. No connection is dropped
/// either
/// way. It runs only while there are routes. Used by one thread.
final class Haproxy implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Haproxy.class);
    private static final Duration START_LIMIT = Duration.ofSeconds(10);
    private static final Duration STOP_LIMIT = Duration.ofSeconds(5);
    private static final Duration LOOK = Duration.ofMillis(20);
    private static final String ACCOUNT = "haproxy";

    private final IngressSettings settings;
    private final IngressMetrics metrics;
    private @Nullable Path directory;
    private @Nullable Process master;
    private IngressPlan plan = IngressPlan.EMPTY;
    private Map<String, List<Optional<Target>>> places = Map.of();

    Haproxy(IngressSettings settings, IngressMetrics metrics) {
        this.settings = settings;
        this.metrics = metrics;
    }

    /// Makes a plan the one in force.
    ///
    /// @throws BackendException when HAProxy cannot be run or refuses the plan; the last one stays in force
    Outcome apply(IngressPlan next) throws BackendException, InterruptedException {
        boolean running = master != null && master.isAlive();
        if (next.routes().isEmpty()) {
            stop();
            plan = next;
            return running ? Outcome.FULL : Outcome.UNCHANGED;
        }
        if (running && next.equals(plan)) {
            return Outcome.UNCHANGED;
        }
        Map<String, List<Optional<Target>>> wanted = ServerPlaces.of(next.backends(), running ? places : Map.of());
        try {
            Path home = home();
            var files = new HaproxyFiles(settings, home, account());
            boolean sameShape =
                    running && files.render(plan, emptied(places)).equals(files.render(next, emptied(wanted)));
            write(home, files.render(next, wanted));
            if (sameShape) {
                for (String command : ServerPlaces.commands(places, wanted)) {
                    String complaint = ask(home, command).strip();
                    if (!complaint.isEmpty() && !complaint.contains("changed") && !complaint.contains("no need")) {
                        log.warn("HAProxy, told '{}': {}", command, complaint);
                    }
                    metrics.told();
                }
            } else {
                check(home);
                restart(home, running);
            }
            plan = next;
            places = wanted;
            return sameShape ? Outcome.PARTIAL : Outcome.FULL;
        } catch (IOException e) {
            throw new BackendException("HAProxy: " + e.getMessage(), e);
        }
    }

    /// Starts HAProxy again if it has died.
    Outcome verify() throws BackendException, InterruptedException {
        return apply(plan);
    }

    private static Map<String, List<Optional<Target>>> emptied(Map<String, List<Optional<Target>>> places) {
        Map<String, List<Optional<Target>>> empty = new TreeMap<>();
        places.forEach((name, list) ->
                empty.put(name, list.stream().map(_ -> Optional.<Target>empty()).toList()));
        return empty;
    }

    private Path home() throws IOException {
        if (directory == null) {
            directory = Files.createTempDirectory("jubernetes-ingress"); // its owner's alone
        }
        return directory;
    }

    /// HAProxy's own account where there is one and this process may change to it.
    private static String account() throws IOException {
        boolean root = "root".equals(System.getProperty("user.name"));
        try (Stream<String> lines = Files.lines(Path.of("/etc/passwd"))) {
            return root && lines.anyMatch(line -> line.startsWith(ACCOUNT + ":")) ? ACCOUNT : "";
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    private static void write(Path home, Map<String, String> files) throws IOException {
        try (Stream<Path> old = Files.list(home)) {
            for (Path file : old.filter(Files::isRegularFile).toList()) {
                if (!files.containsKey(file.getFileName().toString())) {
                    Files.delete(file);
                }
            }
        }
        for (var file : files.entrySet()) {
            Path target = home.resolve(file.getKey());
            if (!Files.exists(target)) {
                Files.createFile(
                        target, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
            }
            Files.writeString(target, file.getValue(), StandardOpenOption.TRUNCATE_EXISTING);
        }
    }

    private void check(Path home) throws BackendException, InterruptedException {
        Command.Result result = Command.PLAIN.run(settings.program(), "-c", "-q", "-f", config(home));
        if (!result.ok()) {
            metrics.refused();
            throw new BackendException("HAProxy refuses the configuration: "
                    + result.err().lines().limit(5).toList());
        }
    }

    private static String config(Path home) {
        return home.resolve(HaproxyFiles.CONFIG).toString();
    }

    private void restart(Path home, boolean running) throws BackendException, InterruptedException, IOException {
        String before = running ? worker(home) : "";
        if (running && master != null) {
            Command.PLAIN.run("kill", "-USR2", Long.toString(master.pid()));
        } else {
            master = new ProcessBuilder(settings.program(), "-W", "-db", "-f", config(home))
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .redirectError(home.resolve("log").toFile())
                    .start();
        }
        metrics.reloaded();
        long end = System.nanoTime() + START_LIMIT.toNanos();
        while (System.nanoTime() < end) {
            String now = worker(home);
            if (!now.isEmpty() && !now.equals(before)) {
                return;
            }
            if (master == null || !master.isAlive()) {
                break;
            }
            Thread.sleep(LOOK);
        }
        metrics.refused();
        throw new BackendException("HAProxy does not start: " + lastWords(home));
    }

    private static String lastWords(Path home) throws IOException {
        try (Stream<String> lines = Files.lines(home.resolve("log"))) {
            return lines.filter(line -> line.contains("ALERT"))
                    .reduce((_, last) -> last)
                    .orElse("no reason given");
        }
    }

    /// The process that serves new connections, empty when none does.
    private static String worker(Path home) {
        try {
            return ask(home, "show info")
                    .lines()
                    .filter(line -> line.startsWith("Pid:"))
                    .findFirst()
                    .orElse("");
        } catch (IOException _) {
            return "";
        }
    }

    private static String ask(Path home, String command) throws IOException {
        try (var socket = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            socket.connect(UnixDomainSocketAddress.of(home.resolve(HaproxyFiles.STATS_SOCKET)));
            socket.write(ByteBuffer.wrap((command + "\n").getBytes(StandardCharsets.UTF_8)));
            return new String(Channels.newInputStream(socket).readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private void stop() throws InterruptedException {
        Process running = master;
        if (running != null) {
            running.destroy();
            if (!running.waitFor(STOP_LIMIT.toMillis(), TimeUnit.MILLISECONDS)) {
                running.descendants().forEach(ProcessHandle::destroyForcibly);
                running.destroyForcibly();
            }
            master = null;
            places = Map.of();
        }
    }

    /// Ends HAProxy and removes its files, the keys among them.
    @Override
    public void close() {
        try {
            stop();
            if (directory != null) {
                try (Stream<Path> files = Files.walk(directory)) {
                    for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                        Files.delete(file);
                    }
                }
            }
        } catch (IOException e) {
            log.warn("files of HAProxy stay behind in {}: {}", directory, e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
