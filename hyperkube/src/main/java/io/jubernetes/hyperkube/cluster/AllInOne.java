package io.jubernetes.hyperkube.cluster;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.ServiceBuilder;
import io.fabric8.kubernetes.api.model.ServicePortBuilder;
import io.fabric8.kubernetes.api.model.storage.StorageClassBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.jubernetes.apiserver.ApiServerCommand;
import io.jubernetes.common.client.KubernetesClients;
import io.jubernetes.common.component.ComponentCommand;
import io.jubernetes.common.component.ComponentLauncher;
import io.jubernetes.common.component.RunningComponent;
import io.jubernetes.common.component.StartupException;
import io.jubernetes.controllermanager.ControllerManagerCommand;
import io.jubernetes.kubelet.KubeletCommand;
import io.jubernetes.scheduler.SchedulerCommand;
import io.jubernetes.serviceproxy.ServiceProxyCommand;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
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
    private static final int DNS_HOST = 10;
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
            components.add(apiServer(directory, settings, etcd));
            startConcurrently(
                    components,
                    List.of(
                            () -> controllerManager(directory, settings),
                            () -> scheduler(directory),
                            () -> kubelets(directory, settings),
                            () -> serviceProxy(directory, settings)));
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

    private static RunningComponent start(ComponentCommand command, List<String> flags) throws StartupException {
        ComponentLauncher.commandLine(command).parseArgs(flags.toArray(String[]::new));
        return command.start();
    }

    private static RunningComponent apiServer(
            ClusterDirectory directory, ClusterSettings settings, @Nullable EtcdProcess etcd) throws StartupException {
        Path pki = directory.pki();
        List<String> flags = new ArrayList<>(List.of(
                "--data-dir=" + directory.root(),
                "--secure-port=" + settings.securePort(),
                "--advertise-address=" + settings.hostAddress(),
                "--client-ca-file=" + pki.resolve("ca.crt"),
                "--tls-cert-file=" + pki.resolve("apiserver.crt"),
                "--tls-private-key-file=" + pki.resolve("apiserver.key"),
                "--service-account-key-file=" + pki.resolve("sa.pub"),
                "--service-account-signing-key-file=" + pki.resolve("sa.key"),
                "--kubelet-client-certificate=" + pki.resolve("apiserver-kubelet-client.crt"),
                "--kubelet-client-key=" + pki.resolve("apiserver-kubelet-client.key"),
                "--service-cluster-ip-range=" + settings.serviceRange()));
        if (settings.index() > 0) {
            // Node ports are the machine's: clusters beside each other take different parts of the range.
            flags.add("--service-node-port-range=" + (30000 + 160 * settings.index()) + "-"
                    + (30159 + 160 * settings.index()));
        }
        if (etcd != null) {
            flags.add("--storage-backend=etcd");
            flags.add("--etcd-servers=" + etcd.url());
        }
        return start(new ApiServerCommand(), flags);
    }

    private static List<RunningComponent> controllerManager(ClusterDirectory directory, ClusterSettings settings)
            throws StartupException {
        Path pki = directory.pki();
        return List.of(start(
                new ControllerManagerCommand(),
                List.of(
                        "--kubeconfig=" + directory.kubeconfig("controller-manager"),
                        "--secure-port=" + (settings.index() == 0 ? 10257 : 0),
                        "--leader-elect=false",
                        "--use-service-account-credentials",
                        "--controllers=*,bootstrap-signer-controller,token-cleaner-controller",
                        "--local-path-directory=" + directory.root().resolve("volumes"),
                        "--root-ca-file=" + pki.resolve("ca.crt"),
                        "--cluster-signing-cert-file=" + pki.resolve("ca.crt"),
                        "--cluster-signing-key-file=" + pki.resolve("ca.key"),
                        "--service-account-private-key-file=" + pki.resolve("sa.key"),
                        "--cluster-cidr=" + settings.podRange(),
                        "--service-cluster-ip-range=" + settings.serviceRange())));
    }

    private static List<RunningComponent> scheduler(ClusterDirectory directory) throws StartupException {
        return List.of(start(
                new SchedulerCommand(),
                List.of(
                        "--kubeconfig=" + directory.kubeconfig("scheduler"),
                        "--secure-port=0",
                        "--leader-elect=false")));
    }

    private static List<RunningComponent> kubelets(ClusterDirectory directory, ClusterSettings settings)
            throws StartupException {
        List<RunningComponent> result = new ArrayList<>();
        for (int i = 0; i < settings.nodes().size(); i++) {
            String node = settings.nodes().get(i);
            result.add(start(
                    new KubeletCommand(),
                    List.of(
                            "--kubeconfig=" + directory.kubeconfig("kubelet-" + node),
                            "--hostname-override=" + node,
                            "--node-ip=" + settings.hostAddress(),
                            "--root-dir=" + directory.kubelet(node),
                            "--port=" + settings.kubeletPorts().get(i),
                            "--client-ca-file=" + directory.pki().resolve("ca.crt"),
                            "--cluster-dns=" + settings.serviceAddress(DNS_HOST),
                            "--cluster-cidr=" + settings.podRange(),
                            "--pod-cidr=" + settings.podRange(i))));
        }
        return result;
    }

    private static List<RunningComponent> serviceProxy(ClusterDirectory directory, ClusterSettings settings)
            throws StartupException {
        return List.of(start(
                new ServiceProxyCommand(),
                List.of(
                        "--kubeconfig=" + directory.kubeconfig("service-proxy"),
                        "--hostname-override=" + settings.nodes().getFirst(),
                        "--cluster-cidr=" + settings.podRange(),
                        "--cluster-dns=" + settings.serviceAddress(DNS_HOST),
                        "--dns-port=" + settings.dnsPort(),
                        "--nftables-table=" + settings.nftablesTable(),
                        "--healthz-bind-address=0.0.0.0:" + (settings.index() == 0 ? 10256 : 0),
                        "--metrics-bind-address=127.0.0.1:" + (settings.index() == 0 ? 10249 : 0))));
    }

    /// Completes the cluster, and leaves the file that says so once its nodes take pods.
    private static void announce(ClusterDirectory directory, ClusterSettings settings)
            throws StartupException, IOException {
        try (KubernetesClient client = KubernetesClients.connect(directory.adminKubeconfig(), "jube")) {
            addOns(client, settings);
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

    /// What users expect to find: the DNS Service, and a storage class for claims that name none.
    private static void addOns(KubernetesClient client, ClusterSettings settings) {
        try {
            defaultStorageClass(client);
            var services = client.services().inNamespace("kube-system");
            if (services.withName("kube-dns").get() == null) {
                services.resource(new ServiceBuilder()
                                .withNewMetadata()
                                .withName("kube-dns")
                                .withNamespace("kube-system")
                                .addToLabels("k8s-app", "kube-dns")
                                .addToLabels("kubernetes.io/cluster-service", "true")
                                .addToLabels("kubernetes.io/name", "CoreDNS")
                                .endMetadata()
                                .withNewSpec()
                                .withClusterIP(settings.serviceAddress(DNS_HOST))
                                .withPorts(
                                        new ServicePortBuilder()
                                                .withName("dns")
                                                .withPort(53)
                                                .withProtocol("UDP")
                                                .build(),
                                        new ServicePortBuilder()
                                                .withName("dns-tcp")
                                                .withPort(53)
                                                .withProtocol("TCP")
                                                .build())
                                .endSpec()
                                .build())
                        .create();
            }
        } catch (KubernetesClientException e) {
            LOG.warn("cannot make the Service kube-system/kube-dns: {}", e.getMessage());
        }
    }

    /// Volumes are directories. All nodes are on this machine and see the same ones, so that a claim need not wait
    /// for the node of its first pod.
    private static void defaultStorageClass(KubernetesClient client) {
        var classes = client.storage().v1().storageClasses();
        if (classes.withName("local-path").get() == null) {
            classes.resource(new StorageClassBuilder()
                            .withNewMetadata()
                            .withName("local-path")
                            .addToAnnotations("storageclass.kubernetes.io/is-default-class", "true")
                            .endMetadata()
                            .withProvisioner("jubernetes.io/local-path")
                            .withReclaimPolicy("Delete")
                            .withVolumeBindingMode("Immediate")
                            .withAllowVolumeExpansion(true)
                            .build())
                    .create();
        }
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
