package io.jubernetes.hyperkube.cluster;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.jubernetes.common.client.KubernetesClients;
import io.jubernetes.common.component.RunningComponent;
import io.jubernetes.common.component.StartupException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A whole cluster in one JVM: the same components as apart, started with the same flags.
public final class AllInOne implements RunningComponent {
    private static final Logger LOG = LoggerFactory.getLogger(AllInOne.class);
    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final long POLL_NANOS = 50_000_000;

    private final List<RunningComponent> components;
    private final FileChannel lock;

    private AllInOne(List<RunningComponent> components, FileChannel lock) {
        this.components = components;
        this.lock = lock;
    }

    /// The settings of the cluster in a directory; chosen and written down when there is none yet.
    public static ClusterSettings settings(ClusterDirectory directory, int securePort, int nodes, String storage)
            throws StartupException {
        if (!storage.equals("embedded") && !storage.equals("etcd")) {
            throw new StartupException("--storage: " + storage + " is neither embedded nor etcd");
        }
        if (nodes < 1 || nodes > 250) {
            throw new StartupException("--nodes: " + nodes + " is not a number from 1 to 250");
        }
        if (Files.exists(directory.settings())) {
            return ClusterSettings.read(directory);
        }
        ClusterSettings chosen = ClusterSettings.choose(securePort, nodes, storage);
        try {
            chosen.write(directory);
        } catch (IOException e) {
            throw new StartupException(
                    "cannot write to " + directory.root() + ": " + e.getMessage() + "; choose another --data-dir", e);
        }
        return chosen;
    }

    /// Starts every component and returns when all of them run.
    ///
    /// @throws StartupException when one cannot start; those that did are stopped again
    public static AllInOne start(ClusterDirectory directory, ClusterSettings settings) throws StartupException {
        FileChannel lock = lock(directory);
        List<RunningComponent> components = new ArrayList<>();
        try {
            Files.deleteIfExists(directory.started());
            ClusterKeys.ensure(directory, settings, Clock.systemUTC());
            EtcdProcess etcd = settings.storage().equals("etcd") ? EtcdProcess.ensure(directory, settings) : null;
            var parts = new ClusterComponents(directory, settings);
            components.add(parts.apiServer(etcd));
            startConcurrently(
                    components,
                    List.of(
                            () -> List.of(parts.controllerManager()),
                            () -> List.of(parts.scheduler()),
                            parts::kubelets,
                            () -> List.of(parts.serviceProxy())));
            announce(directory, settings);
            return new AllInOne(components, lock);
        } catch (StartupException | IOException | RuntimeException e) {
            components.reversed().forEach(RunningComponent::close);
            try {
                lock.close();
            } catch (IOException ignored) {
                LOG.debug("lock of {} was closed already", directory.root());
            }
            throw e instanceof StartupException known
                    ? known
                    : new StartupException("cannot start the cluster: " + e.getMessage(), e);
        }
    }

    private static FileChannel lock(ClusterDirectory directory) throws StartupException {
        try {
            Files.createDirectories(directory.root());
            FileChannel channel = FileChannel.open(
                    directory.root().resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            FileLock held = tryLock(channel);
            if (held == null) {
                channel.close();
                throw new StartupException("the data directory " + directory.root()
                        + " is in use by another process; stop it with ./jube down or choose another --data-dir");
            }
            return channel;
        } catch (IOException e) {
            throw new StartupException(
                    "cannot use the data directory " + directory.root() + ": " + e.getMessage()
                            + "; choose another --data-dir",
                    e);
        }
    }

    private static @Nullable FileLock tryLock(FileChannel channel) throws IOException {
        try {
            return channel.tryLock();
        } catch (OverlappingFileLockException e) {
            return null;
        }
    }

    private static void startConcurrently(
            List<RunningComponent> components, List<Callable<List<RunningComponent>>> starts) throws StartupException {
        StartupException failure = null;
        try (ExecutorService threads = Executors.newThreadPerTaskExecutor(
                Thread.ofPlatform().name("start-", 0).factory())) {
            List<Future<List<RunningComponent>>> running = new ArrayList<>();
            starts.forEach(start -> running.add(threads.submit(start)));
            for (Future<List<RunningComponent>> one : running) {
                try {
                    components.addAll(one.get());
                } catch (ExecutionException e) {
                    failure = e.getCause() instanceof StartupException known
                            ? known
                            : new StartupException("cannot start: " + e.getCause(), e.getCause());
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    failure = new StartupException("interrupted while starting", e);
                }
            }
        }
        if (failure != null) {
            throw failure;
        }
    }

    /// Completes the cluster, and leaves the file that says so once its nodes take pods.
    private static void announce(ClusterDirectory directory, ClusterSettings settings)
            throws StartupException, IOException {
        try (KubernetesClient client = KubernetesClients.connect(directory.adminKubeconfig(), "jube")) {
            AddOns.ensure(client, settings.serviceAddress(ClusterComponents.DNS_HOST), true);
            if (nodesReady(client, settings.nodes().size())) {
                Files.createFile(directory.started());
                LOG.info("cluster is up at {}", settings.server());
            } else {
                LOG.warn("not all nodes became ready within {} minutes", PATIENCE.toMinutes());
            }
        }
    }

    private static boolean nodesReady(KubernetesClient client, int wanted) {
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (System.nanoTime() < end) {
            try {
                long ready = client.nodes().list().getItems().stream()
                        .filter(AllInOne::takesPods)
                        .count();
                if (ready >= wanted) {
                    return true;
                }
            } catch (KubernetesClientException e) {
                LOG.debug("cannot list the nodes yet", e);
            }
            LockSupport.parkNanos(POLL_NANOS);
        }
        return false;
    }

    private static boolean takesPods(Node node) {
        boolean ready = node.getStatus() != null
                && node.getStatus().getConditions().stream()
                        .anyMatch(condition -> condition.getType().equals("Ready")
                                && condition.getStatus().equals("True"));
        boolean tainted = node.getSpec() != null
                && node.getSpec().getTaints().stream()
                        .anyMatch(taint -> taint.getKey().equals("node.kubernetes.io/not-ready"));
        return ready && !tainted;
    }

    @Override
    public String name() {
        return "all-in-one";
    }

    @Override
    public void close() {
        components.reversed().forEach(RunningComponent::close);
        components.clear();
        try {
            lock.close();
        } catch (IOException e) {
            LOG.debug("the lock was closed already", e);
        }
    }
}
