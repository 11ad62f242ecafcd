package io.jubernetes.kubelet;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodStatus;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.jubernetes.common.codec.Yaml;
import io.jubernetes.kubelet.claim.CdiSpecs;
import io.jubernetes.kubelet.claim.ClaimDrivers;
import io.jubernetes.kubelet.claim.ResourceClaims;
import io.jubernetes.kubelet.config.KubeletSettings;
import io.jubernetes.kubelet.config.NodePolicies;
import io.jubernetes.kubelet.csi.CsiDrivers;
import io.jubernetes.kubelet.device.DeviceManager;
import io.jubernetes.kubelet.image.CredentialProviders;
import io.jubernetes.kubelet.network.Cidr;
import io.jubernetes.kubelet.resources.PodCgroups;
import io.jubernetes.kubelet.runtime.RuntimeFailure;
import io.jubernetes.kubelet.runtime.docker.DockerEndpoint;
import io.jubernetes.kubelet.runtime.docker.DockerRuntime;
import io.jubernetes.kubelet.runtime.docker.NodeInstance;
import io.jubernetes.kubelet.source.PodSink;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Predicate;
import org.awaitility.Awaitility;

/// A node on the real Docker Engine with a cluster in memory.
public final class TestNode implements PodSink, AutoCloseable {
    public final FakeCluster cluster = new FakeCluster();
    public final DockerRuntime runtime;
    public final Path root;
    private final KubeletSettings settings;
    public final AtomicReference<Set<String>> pressures = new AtomicReference<>(Set.of());
    public final DeviceManager devices;
    /// Where CDI files are looked for.
    public final Path cdi;

    public final ClaimDrivers claimDrivers;
    public final CsiDrivers storage;
    /// Takes effect with [#restart].
    public CredentialProviders credentials = CredentialProviders.none(Clock.systemUTC());

    /// Whose ResourceSlices were removed.
    public final Queue<Optional<String>> removedSlices = new ConcurrentLinkedQueue<>();

    private PodEngine engine;

    public TestNode(String name, String podCidr) throws IOException, RuntimeFailure {
        this(name, podCidr, DockerEndpoint.of(null, System.getenv()));
    }

    public TestNode(String name, String podCidr, DockerEndpoint docker) throws IOException, RuntimeFailure {
        this(name, podCidr, docker, Files.createTempDirectory("kubelet-test"));
    }

    private TestNode(String name, String podCidr, DockerEndpoint docker, Path root) throws IOException, RuntimeFailure {
        this.root = root;
        settings = new KubeletSettings(
                name,
                List.of("127.0.0.1"),
                root,
                List.of("10.96.0.10"),
                "cluster.local",
                Cidr.parse("10.240.0.0/13"),
                Optional.of(Cidr.parse(podCidr)),
                Optional.empty(),
                110,
                Map.of(),
                List.of(),
                true,
                false,
                "",
                Duration.ofSeconds(10),
                Optional.empty(),
                "",
                NodePolicies.DEFAULT);
        runtime = DockerRuntime.connect(docker, NodeInstance.of(name, root), settings.clusterCidr());
        runtime.prepare();
        runtime.network().ensure(List.of(settings.podCidr().orElseThrow()));
        devices = new DeviceManager(root, () -> {}, Clock.systemUTC());
        devices.start();
        cdi = Files.createDirectory(root.resolve("cdi"));
        claimDrivers = new ClaimDrivers(removedSlices::add, Duration.ofMillis(100));
        storage = new CsiDrivers(cluster);
        engine = newEngine();
        cluster.onFinished = pod -> {
            if (pod.getMetadata().getDeletionTimestamp() != null) {
                engine.workers().remove(pod.getMetadata().getUid());
            }
        };
    }

    private PodEngine newEngine() throws RuntimeFailure {
        var claims = new ResourceClaims(root, cluster, claimDrivers, new CdiSpecs(List.of(cdi)));
        return new PodEngine(
                settings,
                runtime,
                cluster,
                cluster,
                cluster,
                Map.of(),
                pressures::get,
                new NodePlugins(devices, claims, storage, credentials),
                Clock.systemUTC());
    }

    /// As if the kubelet had been killed and started again.
    public void restart() throws RuntimeFailure {
        engine.close();
        engine = newEngine();
    }

    public PodEngine engine() {
        return engine;
    }

    /// Makes a pod from YAML; uid and namespace are added.
    public static Pod pod(String yaml) {
        Pod pod = Serialization.unmarshal(yaml, Pod.class);
        return new PodBuilder(pod)
                .editMetadata()
                .withNamespace("default")
                .withUid(UUID.randomUUID().toString())
                .endMetadata()
                .build();
    }

    public Pod run(String yaml) {
        Pod pod = pod(yaml);
        engine.workers().set(pod);
        return pod;
    }

    @Override
    public void set(Pod pod) {
        engine.workers().set(pod);
    }

    @Override
    public void remove(String uid) {
        engine.workers().remove(uid);
    }

    /// Deletes a pod and waits until nothing is left of it.
    public void end(Pod pod) {
        delete(pod, 1);
        Awaitility.await()
                .until(() ->
                        engine.states().get(pod.getMetadata().getUid()).all().isEmpty());
    }

    public void delete(Pod pod, long graceSeconds) {
        engine.workers()
                .set(new PodBuilder(pod)
                        .editMetadata()
                        .withDeletionTimestamp("2026-01-01T00:00:00Z")
                        .withDeletionGracePeriodSeconds(graceSeconds)
                        .endMetadata()
                        .build());
    }

    public PodStatus await(Pod pod, Predicate<PodStatus> condition) {
        return await(pod, Duration.ofSeconds(30), condition);
    }

    public PodStatus await(Pod pod, Duration limit, Predicate<PodStatus> condition) {
        String name = pod.getMetadata().getName();
        try {
            return Awaitility.await()
                    .pollInterval(Duration.ofMillis(10))
                    .atMost(limit)
                    .until(() -> cluster.statuses.get(name), status -> status != null && condition.test(status));
        } catch (org.awaitility.core.ConditionTimeoutException e) {
            throw new AssertionError(
                    "status: " + Yaml.text(cluster.status(name)) + "\nevents: " + String.join("\n", cluster.events), e);
        }
    }

    public static boolean isReady(PodStatus status) {
        return status.getConditions().stream()
                .anyMatch(condition -> condition.getType().equals("Ready")
                        && condition.getStatus().equals("True"));
    }

    public String containerId(Pod pod, String name) {
        return engine.states()
                .get(pod.getMetadata().getUid())
                .newest(name)
                .orElseThrow()
                .id();
    }

    public String exec(Pod pod, String name, String... command) throws RuntimeFailure {
        return runtime.execSync(
                        containerId(pod, name),
                        List.of(command),
                        io.jubernetes.common.time.Deadline.in(Duration.ofSeconds(10)))
                .output();
    }

    @Override
    public void close() throws RuntimeFailure {
        engine.close();
        devices.close();
        claimDrivers.close();
        storage.close();
        for (String uid : engine.states().podUids()) {
            for (var container : engine.states().get(uid).sandboxes()) {
                runtime.killContainer(container.id());
            }
        }
        var uids = engine.states().podUids();
        String driver = runtime.version().cgroupDriver();
        runtime.purge();
        PodCgroups.of(driver, "", true).purge(uids);
        runtime.close();
    }
}
