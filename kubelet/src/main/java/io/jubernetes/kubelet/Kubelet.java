package io.jubernetes.kubelet;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.jubernetes.common.client.KubernetesClients;
import io.jubernetes.common.codec.GoDuration;
import io.jubernetes.common.codec.Json;
import io.jubernetes.common.component.RunningComponent;
import io.jubernetes.common.component.StartupException;
import io.jubernetes.common.controller.ApiEventRecorder;
import io.jubernetes.common.controller.Informed;
import io.jubernetes.common.controller.Informers;
import io.jubernetes.common.health.HealthChecks;
import io.jubernetes.common.http.ClientCertificates;
import io.jubernetes.common.http.DelegatedAccess;
import io.jubernetes.common.http.ServerSettings;
import io.jubernetes.common.http.ServerTls;
import io.jubernetes.common.pki.Pem;
import io.jubernetes.common.time.Deadline;
import io.jubernetes.kubelet.bootstrap.CertificateRotation;
import io.jubernetes.kubelet.bootstrap.CertificateStore;
import io.jubernetes.kubelet.claim.CdiSpecs;
import io.jubernetes.kubelet.claim.ClaimDrivers;
import io.jubernetes.kubelet.claim.DeviceSlices;
import io.jubernetes.kubelet.claim.ResourceClaims;
import io.jubernetes.kubelet.cluster.ApiObjects;
import io.jubernetes.kubelet.cluster.ApiPodEvents;
import io.jubernetes.kubelet.cluster.ApiPodStatuses;
import io.jubernetes.kubelet.config.KubeletConfiguration;
import io.jubernetes.kubelet.config.KubeletSettings;
import io.jubernetes.kubelet.csi.ApiCsiNodes;
import io.jubernetes.kubelet.csi.CsiDrivers;
import io.jubernetes.kubelet.device.DeviceManager;
import io.jubernetes.kubelet.device.PodResourcesService;
import io.jubernetes.kubelet.eviction.EvictionManager;
import io.jubernetes.kubelet.image.CredentialProviders;
import io.jubernetes.kubelet.image.ImageCollector;
import io.jubernetes.kubelet.network.Cidr;
import io.jubernetes.kubelet.network.Sysctls;
import io.jubernetes.kubelet.node.NodeAgent;
import io.jubernetes.kubelet.node.NodeLease;
import io.jubernetes.kubelet.node.PodCidrAssignment;
import io.jubernetes.kubelet.plugin.PluginWatcher;
import io.jubernetes.kubelet.runtime.ContainerRuntime;
import io.jubernetes.kubelet.runtime.RuntimeFailure;
import io.jubernetes.kubelet.runtime.docker.DockerEndpoint;
import io.jubernetes.kubelet.runtime.docker.DockerRuntime;
import io.jubernetes.kubelet.runtime.docker.NodeInstance;
import io.jubernetes.kubelet.runtime.hollow.HollowRuntime;
import io.jubernetes.kubelet.server.KubeletServer;
import io.jubernetes.kubelet.shutdown.NodeShutdown;
import io.jubernetes.kubelet.source.MirrorPods;
import io.jubernetes.kubelet.source.PushedPodSource;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One kubelet: the parts put together. Several can run in one JVM. Its end leaves the pods running.
final class Kubelet implements RunningComponent {
    private static final Logger LOG = LoggerFactory.getLogger(Kubelet.class);
    private static final String NAME = "kubelet";
    /// Long enough to replace a driver of devices by its newer version.
    private static final Duration DRIVER_ABSENCE = Duration.ofSeconds(30);

    /// What the command line says.
    ///
    /// @param hollow whether containers are only pretended, see [HollowRuntime]
    /// @param credentials programs that know credentials for images
    /// @param authorize whether the server asks the API server who may do what
    record Options(
            KubeletSettings settings,
            Path kubeconfig,
            DockerEndpoint docker,
            boolean hollow,
            String address,
            int port,
            Optional<Path> tlsCertificate,
            Optional<Path> tlsKey,
            Optional<Path> clientCa,
            boolean authorize,
            Certificates certificates,
            CredentialProviders credentials,
            KubeletConfiguration configuration) {}

    /// @param directory where certificates from the cluster are kept
    /// @param rotateClient whether the client certificate is renewed
    /// @param serving whether the serving certificate comes from the cluster
    record Certificates(Path directory, boolean rotateClient, boolean serving) {}

    private final List<AutoCloseable> started = new ArrayList<>();
    private boolean closed; // guarded by this

    private Kubelet() {}

    /// Starts a kubelet. It returns when it serves; the node is registered in the background, whenever the
    /// API server answers.
    ///
    /// @param renewed called when there are new certificates, which need a new kubelet to be used
    static Kubelet start(Options options, Runnable renewed, Clock clock) throws StartupException {
        var kubelet = new Kubelet();
        boolean complete = false;
        try {
            kubelet.build(options, renewed, clock);
            complete = true;
            return kubelet;
        } finally {
            if (!complete) {
                kubelet.close();
            }
        }
    }

    private <T extends AutoCloseable> T own(T part) {
        started.add(part);
        return part;
    }

    private void build(Options options, Runnable renewed, Clock clock) throws StartupException {
        KubeletSettings settings = options.settings();
        try {
            Files.createDirectories(settings.rootDirectory());
        } catch (IOException e) {
            throw new StartupException(
                    "--root-dir: cannot create " + settings.rootDirectory() + ": " + e.getMessage()
                            + "; name a directory that this user may write",
                    e);
        }
        KubernetesClient client = own(KubernetesClients.connect(options.kubeconfig(), NAME));
        // Plain watches share one HTTP/2 connection; as WebSockets each would have its own.
        client.getConfiguration().setOnlyHttpWatches(true);
        ContainerRuntime runtime = own(connect(options, clock));
        var metrics = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
        started.add(metrics::close);
        var informers = own(new Informers(client));
        String node = settings.nodeName();
        Informed<Pod> pods = informers.of(
                Pod.class, "nodeName=" + node, to -> to.pods().inAnyNamespace().withField("spec.nodeName", node));
        Informed<Service> services = informers.of(Service.class);
        Informed<Node> nodes =
                informers.of(Node.class, "name=" + node, to -> to.nodes().withField("metadata.name", node));
        var synced = new AtomicBoolean();
        var objects = new ApiObjects(client, services, synced::get, nodes, node, clock);
        var events = own(ApiEventRecorder.start(client, NAME, node, clock, metrics));
        var podEvents = new ApiPodEvents(events);
        var statuses = own(new ApiPodStatuses(client));
        try {
            var port = new AtomicInteger(options.port());
            var pressures = new AtomicReference<Set<String>>(Set.of());
            var volumes = new AtomicReference<Supplier<List<String>>>(List::of);
            var wake = new AtomicReference<Runnable>(() -> {});
            var devices = own(new DeviceManager(
                    settings.rootDirectory(),
                    () -> Objects.requireNonNull(wake.get()).run(),
                    clock));
            startDevices(devices);
            var drivers = own(new ClaimDrivers(DeviceSlices.of(client, node), DRIVER_ABSENCE));
            var csiNodes = new ApiCsiNodes(client, node);
            var storage = own(new CsiDrivers(csiNodes));
            var plugins = new NodePlugins(
                    devices,
                    new ResourceClaims(settings.rootDirectory(), objects, drivers, CdiSpecs.ofMachine()),
                    storage,
                    options.credentials());
            var watcher = own(
                    new PluginWatcher(settings.rootDirectory().resolve("plugins_registry"), List.of(drivers, storage)));
            var agent = own(new NodeAgent(
                    client,
                    settings,
                    runtime,
                    port::get,
                    () -> runtime.network().podCidr().map(Cidr::toString),
                    pressures::get,
                    devices,
                    () -> Objects.requireNonNull(volumes.get()).get(),
                    clock));
            wake.set(agent::wake);
            var lease = own(
                    new NodeLease(client, node, agent::node, settings.policies().leaseSeconds(), clock));
            var mirrors = own(new MirrorPods(client, statuses, agent::node));
            var engine = own(new PodEngine(
                    settings,
                    runtime,
                    objects,
                    podEvents,
                    mirrors,
                    agent.allocatable(),
                    pressures::get,
                    plugins,
                    clock));
            volumes.set(engine::volumesInUse);
            servePodResources(settings, engine, devices);
            var sources = own(new PodSources(settings, pods, engine.workers(), mirrors, podEvents, clock));
            var serving = new CertificateStore(options.certificates().directory(), "kubelet-server", clock);
            port.set(own(serve(options, serving, client, engine, sources.pushed(), metrics, clock))
                    .port());
            Path imageDisk = imageDisk(runtime);
            var images = own(new ImageCollector(
                    runtime,
                    engine::usedImages,
                    settings.policies().images(),
                    imageDisk,
                    podEvents,
                    agent::node,
                    clock));
            var eviction = own(new EvictionManager(
                    engine,
                    podEvents,
                    images,
                    settings.rootDirectory(),
                    imageDisk,
                    settings.policies().eviction(),
                    agent::node,
                    found -> {
                        if (!pressures.getAndSet(found).equals(found)) {
                            agent.wake();
                        }
                    },
                    clock));
            var shutdown = own(NodeShutdown.byLogind(
                    settings.policies().shutdown(),
                    engine,
                    ending -> {
                        engine.refusePods(ending);
                        agent.ending(ending);
                    },
                    podEvents,
                    agent::node));
            Thread beginning = Thread.ofVirtual().name("kubelet-begin").unstarted(() -> {
                try {
                    if (!options.hollow()) {
                        new Sysctls(settings.rootDirectory().resolve("sysctls.json")).apply();
                    }
                    if (settings.podCidr().isPresent()) {
                        new PodCidrAssignment(client, settings).applyTo(runtime.network());
                    }
                    // The cluster assigns addresses to a Node that is there.
                    agent.start();
                    lease.start();
                    if (settings.podCidr().isEmpty()) {
                        new PodCidrAssignment(client, settings).applyTo(runtime.network());
                        agent.wake();
                    }
                    sources.startStatic();
                    drivers.start();
                    watcher.start();
                    shutdown.start();
                    rotate(options, client, serving, renewed, clock);
                    awaitInformers(informers);
                    synced.set(true);
                    sources.startApi();
                    eviction.start();
                    images.start();
                    engine.workers().removeOrphans(sources.uids());
                    ensureCsiNode(agent, csiNodes);
                } catch (InterruptedException e) {
                    // Closed before it was up.
                }
            });
            started.add(beginning::interrupt);
            beginning.start();
            LOG.info(
                    "kubelet of node {} on {} {} serves on port {}",
                    node,
                    runtime.version().name(),
                    runtime.version().version(),
                    options.port());
        } catch (RuntimeFailure e) {
            throw dockerTrouble(e);
        }
    }

    /// Without one the scheduler does not know that the node has no drivers of storage yet.
    private static void ensureCsiNode(NodeAgent agent, ApiCsiNodes nodes) throws InterruptedException {
        try {
            if (agent.awaitRegistered(Duration.ofMinutes(1))) {
                nodes.ensure();
            }
        } catch (KubernetesClientException e) {
            LOG.warn("there is no CSINode until a driver registers: {}", e.getMessage());
        }
    }

    private static ContainerRuntime connect(Options options, Clock clock) throws StartupException {
        if (options.hollow()) {
            return new HollowRuntime(clock);
        }
        KubeletSettings settings = options.settings();
        try {
            var runtime = DockerRuntime.connect(
                    options.docker(),
                    NodeInstance.of(settings.nodeName(), settings.rootDirectory()),
                    settings.clusterCidr());
            runtime.prepare();
            return runtime;
        } catch (RuntimeFailure e) {
            throw dockerTrouble(e);
        } catch (IllegalArgumentException e) {
            throw new StartupException(String.valueOf(e.getMessage()), e);
        }
    }

    /// Without plugins' sockets the node has no devices, and does everything else.
    private static void startDevices(DeviceManager devices) {
        try {
            devices.start();
        } catch (IOException e) {
            LOG.warn("device plugins cannot register: {}", e.getMessage());
        }
    }

    private void servePodResources(KubeletSettings settings, PodEngine engine, DeviceManager devices) {
        try {
            own(PodResourcesService.start(
                    settings.rootDirectory(), () -> engine.workers().pods(), devices));
        } catch (IOException e) {
            LOG.warn("the pod resources service is not available: {}", e.getMessage());
        }
    }

    private static Path imageDisk(ContainerRuntime runtime) throws RuntimeFailure {
        String directory = runtime.version().rootDirectory();
        return directory.isEmpty() || !Files.exists(Path.of(directory)) ? Path.of("/") : Path.of(directory);
    }

    private static StartupException dockerTrouble(RuntimeFailure e) {
        return new StartupException(
                e.getMessage() + "; start the Docker Engine (dockerd), or name its socket with"
                        + " --container-runtime-endpoint",
                e);
    }

    private static KubeletServer serve(
            Options options,
            CertificateStore serving,
            KubernetesClient client,
            PodEngine engine,
            PushedPodSource manifests,
            PrometheusMeterRegistry metrics,
            Clock clock)
            throws StartupException {
        KubeletSettings settings = options.settings();
        Optional<Path> fromCluster =
                options.certificates().serving() && serving.valid().isPresent()
                        ? Optional.of(serving.current())
                        : Optional.empty();
        ServerTls tls = ServerTls.of(
                fromCluster.or(options::tlsCertificate).orElse(null),
                fromCluster.or(options::tlsKey).orElse(null),
                options.certificates().directory(),
                NAME,
                settings.nodeIps());
        @Nullable
        DelegatedAccess access = options.authorize() ? new DelegatedAccess(client, certificates(options)) : null;
        var health = new HealthChecks();
        health.add("syncloop", java.util.Set.of(HealthChecks.Endpoint.values()), Optional::empty);
        return KubeletServer.start(
                new ServerSettings(options.address(), options.port(), "--port", tls),
                engine,
                manifests,
                settings.nodeName(),
                access,
                health,
                metrics,
                configuration(options),
                clock);
    }

    /// Begins to keep the certificates current that come from the cluster.
    private void rotate(
            Options options, KubernetesClient client, CertificateStore serving, Runnable renewed, Clock clock) {
        String node = options.settings().nodeName();
        if (options.certificates().rotateClient()) {
            var store = new CertificateStore(options.certificates().directory(), "kubelet-client", clock);
            if (store.valid().isPresent()) {
                begin(CertificateRotation.client(store, client, node, renewed, clock));
            }
        }
        if (options.certificates().serving()) {
            List<String> names = new ArrayList<>(options.settings().nodeIps());
            names.add(node);
            begin(CertificateRotation.serving(serving, client, node, names, renewed, clock));
        }
    }

    private synchronized void begin(CertificateRotation rotation) {
        if (!closed) {
            started.add(rotation);
            rotation.start();
        }
    }

    private static @Nullable ClientCertificates certificates(Options options) throws StartupException {
        if (options.clientCa().isEmpty()) {
            return null;
        }
        try {
            return new ClientCertificates(Pem.certificates(options.clientCa().get()));
        } catch (IOException e) {
            throw new StartupException(
                    "--client-ca-file: " + e.getMessage() + "; name a PEM file with certificates", e);
        }
    }

    /// What `/configz` shows, in the form of upstream's KubeletConfiguration.
    private static String configuration(Options options) {
        KubeletSettings settings = options.settings();
        ObjectNode shown = Json.object()
                .put("enableServer", true)
                .put("address", options.address())
                .put("port", options.port())
                .put("clusterDomain", settings.clusterDomain())
                .put("podCIDR", settings.podCidr().map(Cidr::toString).orElse(""))
                .put("maxPods", settings.maxPods())
                .put("registerNode", settings.registerNode())
                .put("seccompDefault", settings.seccompDefault())
                .put("cgroupRoot", settings.cgroupRoot())
                .put("nodeStatusUpdateFrequency", GoDuration.text(settings.statusInterval()))
                .put("nodeLeaseDurationSeconds", settings.policies().leaseSeconds())
                .put("imageGCHighThresholdPercent", settings.policies().images().highPercent())
                .put("imageGCLowThresholdPercent", settings.policies().images().lowPercent())
                .put("containerLogMaxSize", settings.policies().logMaxSize().toString())
                .put("containerLogMaxFiles", settings.policies().logMaxFiles());
        settings.clusterDns().forEach(shown.putArray("clusterDNS")::add);
        ObjectNode hard = shown.putObject("evictionHard");
        settings.policies().eviction().hard().forEach(hard::put);
        shown.setAll(options.configuration().tree());
        ObjectNode answer = Json.object();
        answer.set("kubeletconfig", shown);
        return Json.text(answer);
    }

    private static void awaitInformers(Informers informers) throws InterruptedException {
        while (true) {
            try {
                informers.start(Deadline.in(Duration.ofMinutes(1)));
                return;
            } catch (TimeoutException e) {
                LOG.warn("still waiting for the API server: {}", e.getMessage());
            } catch (IllegalStateException e) {
                LOG.warn("cannot watch the API server, trying again: {}", e.getMessage());
                Thread.sleep(1_000);
            }
        }
    }

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        for (AutoCloseable part : started.reversed()) {
            try {
                part.close();
            } catch (Exception e) {
                LOG.warn("stopping failed", e);
            }
        }
    }
}
