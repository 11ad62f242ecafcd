package io.jubernetes.hyperkube.cluster;

import io.jubernetes.common.component.StartupException;
import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/// A one-member etcd beside the cluster, on the loopback address. It outlives the JVM; `down` stops it.
record EtcdProcess(String url) {
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    /// Starts etcd unless it runs already, and waits until it listens.
    static EtcdProcess ensure(ClusterDirectory directory, ClusterSettings settings) throws StartupException {
        int port = settings.etcdPort();
        var etcd = new EtcdProcess("http://127.0.0.1:" + port);
        if (listens(port)) {
            return etcd;
        }
        String peer = "http://127.0.0.1:" + (port + 1);
        try {
            Path data = Files.createDirectories(directory.root().resolve("etcd"));
            Process process = new ProcessBuilder(List.of(
                            "etcd",
                            "--name=jubernetes",
                            "--data-dir=" + data,
                            "--listen-client-urls=" + etcd.url(),
                            "--advertise-client-urls=" + etcd.url(),
                            "--listen-peer-urls=" + peer,
                            "--initial-advertise-peer-urls=" + peer,
                            "--initial-cluster=jubernetes=" + peer))
                    .redirectErrorStream(true)
                    .redirectOutput(
                            ProcessBuilder.Redirect.appendTo(directory.etcdLog().toFile()))
                    .redirectInput(new File("/dev/null"))
                    .start();
            Files.writeString(directory.etcdPidFile(), Long.toString(process.pid()));
        } catch (IOException e) {
            throw new StartupException(
                    "cannot start etcd: " + e.getMessage() + "; install it (Debian: apt-get install etcd-server)", e);
        }
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (!listens(port)) {
            if (System.nanoTime() > end) {
                throw new StartupException(
                        "etcd did not start within " + PATIENCE.toSeconds() + " seconds; see " + directory.etcdLog());
            }
            LockSupport.parkNanos(20_000_000);
        }
        return etcd;
    }

    private static boolean listens(int port) {
        try (var socket = new Socket()) {
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 500);
            return true;
        } catch (IOException e) {
            return false;
        }
    }
}
