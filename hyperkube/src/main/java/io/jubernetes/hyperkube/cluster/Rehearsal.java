package io.jubernetes.hyperkube.cluster;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.jubernetes.common.client.KubernetesClients;
import io.jubernetes.common.component.RunningComponent;
import io.jubernetes.common.component.StartupException;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.stream.Stream;

/// Starts and stops what needs neither root nor a container engine, so that the JVM learns which classes a start takes
/// and can keep them loaded and linked ([JEP 483](https://openjdk.org/jeps/483)).
public final class Rehearsal {
    private static final Duration PATIENCE = Duration.ofMinutes(1);
    private static final long POLL_NANOS = 50_000_000;
    /// The libraries of what is not started.
    private static final List<String> LIBRARIES = List.of("kubelet-", "service-proxy-", "docker-java-");

    private Rehearsal() {}

    /// Runs the rehearsal in a directory that is empty.
    ///
    /// @param libraries where the class path's jars are
    /// @throws StartupException when a component does not start or the cluster does not come to life
    public static void run(Path directory, Path libraries) throws StartupException, IOException {
        var cluster = new ClusterDirectory(directory);
        ClusterSettings settings = ClusterSettings.choose(freePort(), 1, "embedded");
        ClusterKeys.ensure(cluster, settings, Clock.systemUTC());
        var parts = new ClusterComponents(cluster, settings);
        List<RunningComponent> running = new ArrayList<>();
        try {
            running.add(parts.apiServer(null));
            running.add(parts.controllerManager());
            running.add(parts.scheduler());
            try (KubernetesClient client = KubernetesClients.connect(cluster.adminKubeconfig(), "jube")) {
                AddOns.ensure(client, settings.serviceAddress(ClusterComponents.DNS_HOST), true);
                awaitControllers(client);
            }
        } finally {
            running.reversed().forEach(RunningComponent::close);
        }
        loadClasses(libraries);
    }

    private static void awaitControllers(KubernetesClient client) throws StartupException {
        long end = System.nanoTime() + PATIENCE.toNanos();
        var account = client.serviceAccounts().inNamespace("default").withName("default");
        while (account.get() == null) {
            if (System.nanoTime() > end) {
                throw new StartupException("the controllers did nothing within " + PATIENCE.toMinutes() + " minute");
            }
            LockSupport.parkNanos(POLL_NANOS);
        }
    }

    private static void loadClasses(Path libraries) throws IOException {
        try (Stream<Path> files = Files.list(libraries)) {
            for (Path jar : files.filter(Rehearsal::isLearnt).toList()) {
                try (var entries = new JarFile(jar.toFile())) {
                    entries.stream().map(JarEntry::getName).forEach(Rehearsal::loadClass);
                }
            }
        }
    }

    private static boolean isLearnt(Path jar) {
        return LIBRARIES.stream().anyMatch(jar.getFileName().toString()::startsWith);
    }

    private static void loadClass(String entry) {
        if (!entry.endsWith(".class") || entry.startsWith("META-INF/") || entry.endsWith("-info.class")) {
            return;
        }
        String name = entry.substring(0, entry.length() - ".class".length()).replace('/', '.');
        try {
            Class.forName(name, false, Rehearsal.class.getClassLoader());
        } catch (ClassNotFoundException | LinkageError e) {
            // A class of an optional dependency that is not there: no start needs it.
        }
    }

    private static int freePort() throws IOException {
        try (var socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }
}
