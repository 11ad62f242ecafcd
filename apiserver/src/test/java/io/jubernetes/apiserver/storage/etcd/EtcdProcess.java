package io.jubernetes.apiserver.storage.etcd;

import static org.awaitility.Awaitility.await;

import io.jubernetes.apiserver.storage.StoreException;
import io.jubernetes.common.time.Deadline;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// A real etcd of one member on loopback ports, with its data in a directory of the test.
public final class EtcdProcess implements AutoCloseable {
    private final Path directory;
    private final List<String> flags;
    private final int clientPort = freePort();
    private final int peerPort = freePort();
    private final String scheme;
    private @Nullable Process process;

    /// @param flags more flags, for instance for TLS
    EtcdProcess(Path directory, String scheme, String... flags) {
        this.directory = directory;
        this.scheme = scheme;
        this.flags = List.of(flags);
    }

    public static EtcdProcess started(Path directory, String... flags) {
        var etcd = new EtcdProcess(directory, "http", flags);
        etcd.start();
        return etcd;
    }

    public URI endpoint() {
        return URI.create(scheme + "://127.0.0.1:" + clientPort);
    }

    public EtcdSettings settings() {
        return new EtcdSettings(List.of(endpoint()), null, null, null, Duration.ZERO);
    }

    /// Starts it on the same data as before; it is ready when a call of a store returns.
    public void start() {
        var command = new ArrayList<String>(List.of(
                binary(),
                "--name=test",
                "--data-dir=" + directory.resolve("etcd"),
                "--listen-client-urls=" + endpoint(),
                "--advertise-client-urls=" + endpoint(),
                "--listen-peer-urls=http://127.0.0.1:" + peerPort,
                "--initial-advertise-peer-urls=http://127.0.0.1:" + peerPort,
                "--initial-cluster=test=http://127.0.0.1:" + peerPort,
                "--log-level=warn",
                "--logger=zap"));
        command.addAll(flags);
        try {
            process = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(directory.resolve("etcd.log").toFile())
                    .start();
        } catch (IOException e) {
            throw new IllegalStateException("etcd does not start", e);
        }
    }

    /// Waits until it answers a store.
    public void awaitReady(EtcdStore store) {
        await().atMost(Duration.ofSeconds(30))
                .ignoreExceptionsInstanceOf(StoreException.class)
                .until(() -> {
                    if (process == null || !process.isAlive()) {
                        throw new IllegalStateException(
                                "etcd ended: " + Files.readString(directory.resolve("etcd.log")));
                    }
                    return store.revision(Deadline.in(Duration.ofSeconds(2))) > 0;
                });
    }

    /// Ends it as a power cut would.
    public void kill() {
        Process running = process;
        if (running != null) {
            try {
                running.destroyForcibly().waitFor(10, TimeUnit.SECONDS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    @Override
    public void close() {
        kill();
    }

    static String binary() {
        return Stream.of(System.getenv().getOrDefault("PATH", "/usr/bin").split(":"))
                .map(folder -> Path.of(folder, "etcd"))
                .filter(Files::isExecutable)
                .findFirst()
                .orElseThrow(() -> new IllegalStateException(
                        "these tests need a real etcd on the PATH: install it (Debian: apt-get install etcd-server,"
                                + " or etcd before Debian 13)"))
                .toString();
    }

    static int freePort() {
        try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new IllegalStateException("no free port", e);
        }
    }
}
