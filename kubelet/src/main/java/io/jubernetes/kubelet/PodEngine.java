package io.jubernetes.kubelet;

import io.fabric8.kubernetes.api.model.Pod;
import io.jubernetes.common.meta.Quantity;
import io.jubernetes.kubelet.cluster.ClusterObjects;
import io.jubernetes.kubelet.cluster.PodEvents;
import io.jubernetes.kubelet.cluster.PodStatusSink;
import io.jubernetes.kubelet.config.KubeletSettings;
import io.jubernetes.kubelet.container.Backoff;
import io.jubernetes.kubelet.container.ContainerSpecs;
import io.jubernetes.kubelet.container.NodeFacts;
import io.jubernetes.kubelet.image.Images;
import io.jubernetes.kubelet.network.ResolvConf;
import io.jubernetes.kubelet.node.Machine;
import io.jubernetes.kubelet.pod.Admission;
import io.jubernetes.kubelet.pod.LifecycleHooks;
import io.jubernetes.kubelet.pod.PodEviction;
import io.jubernetes.kubelet.pod.PodStates;
import io.jubernetes.kubelet.pod.PodTools;
import io.jubernetes.kubelet.pod.PodWorkers;
import io.jubernetes.kubelet.pod.TerminationMessages;
import io.jubernetes.kubelet.probe.HttpProbe;
import io.jubernetes.kubelet.probe.Probes;
import io.jubernetes.kubelet.resources.PodCgroups;
import io.jubernetes.kubelet.runtime.ContainerRuntime;
import io.jubernetes.kubelet.runtime.RuntimeFailure;
import io.jubernetes.kubelet.shutdown.NodeShutdown;
import io.jubernetes.kubelet.volume.ImageVolumes;
import io.jubernetes.kubelet.volume.PodDirectories;
import io.jubernetes.kubelet.volume.Volumes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Everything that runs pods on this machine, whoever says which pods: put together from the runtime and what
/// the cluster offers. Thread-safe once made.
public final class PodEngine implements NodeShutdown.Pods, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(PodEngine.class);
    /// Events tell of nearly every change at once; this finds what they did not.
    private static final long RELIST_SECONDS = 20;

    private final PodWorkers workers = new PodWorkers();
    private final PodStates states;
    private final Probes probes;
    private final ContainerRuntime runtime;
    private final PodCgroups cgroups;
    private final Admission admission;
    private final Volumes volumes;
    private final ImageVolumes imageVolumes;
    private final ScheduledExecutorService relister = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("kubelet-relist").factory());

    /// Takes stock of the runtime and starts following it.
    ///
    /// @param plugins what programs beside the kubelet offer to pods
    /// @param pressures the conditions that say that something runs short
    /// @throws RuntimeFailure when the runtime does not answer
    public PodEngine(
            KubeletSettings settings,
            ContainerRuntime runtime,
            ClusterObjects objects,
            PodEvents events,
            PodStatusSink status,
            Map<String, Quantity> allocatable,
            Supplier<Set<String>> pressures,
            NodePlugins plugins,
            Clock clock)
            throws RuntimeFailure {
        this.runtime = runtime;
        this.cgroups = PodCgroups.of(
                settings.policies().cgroupDriver().orElse(runtime.version().cgroupDriver()),
                settings.cgroupRoot(),
                settings.policies().cgroupsPerQos());
        this.states = new PodStates(runtime, new TerminationMessages(runtime), workers::wake);
        this.probes = new Probes(runtime, states::get, events, settings.nodeIps(), clock, workers::wake);
        var node = new NodeFacts(
                settings.nodeName(),
                settings.nodeIps(),
                Machine.memory(),
                Machine.lowestOomScore(),
                settings.seccompDefault(),
                allocatable);
        cgroups.limitAll(allocatable);
        var directories = new PodDirectories(settings.rootDirectory());
        var http = new HttpProbe();
        this.imageVolumes = new ImageVolumes(directories);
        this.volumes = new Volumes(directories, objects, plugins.storage(), settings.nodeName(), clock);
        this.admission = new Admission(
                allocatable, plugins.devices(), settings.policies().allowedUnsafeSysctls(), objects::node, pressures);
        workers.begin(new PodTools(
                runtime,
                states,
                new ContainerSpecs(objects, node, settings.rootDirectory().resolve("seccomp")),
                new Images(
                        runtime,
                        objects,
                        events,
                        plugins.credentials(),
                        settings.policies().parallelPulls(),
                        clock),
                volumes,
                imageVolumes,
                directories,
                probes,
                new LifecycleHooks(runtime, (action, host, port, deadline) -> http.hook(action, host, port, deadline)),
                status,
                events,
                new Backoff(Duration.ofSeconds(10), settings.policies().longestCrashPause(), clock),
                admission,
                cgroups,
                plugins.devices(),
                plugins.claims(),
                node,
                () -> resolvConf(settings.resolvConf()),
                settings.clusterDns(),
                settings.clusterDomain(),
                clock));
        states.relist();
        runtime.watch(states);
        relister.scheduleWithFixedDelay(this::relist, RELIST_SECONDS, RELIST_SECONDS, TimeUnit.SECONDS);
    }

    private static ResolvConf resolvConf(Optional<Path> file) {
        if (file.isPresent()) {
            try {
                return ResolvConf.parse(Files.readString(file.get()));
            } catch (IOException e) {
                LOG.warn("cannot read {}: {}", file.get(), e.toString());
            }
        }
        return new ResolvConf(List.of(), List.of(), List.of());
    }

    private void relist() {
        try {
            states.relist();
            cgroups.shareOut(workers.pods());
        } catch (RuntimeFailure e) {
            LOG.warn("cannot list the containers: {}", e.getMessage());
        } catch (RuntimeException e) {
            LOG.error("unexpected failure while listing the containers", e);
        }
    }

    /// The pods.
    public PodWorkers workers() {
        return workers;
    }

    /// What the runtime has of them.
    public PodStates states() {
        return states;
    }

    @Override
    public List<Pod> active() {
        return workers.pods().stream()
                .filter(pod -> runs(pod.getMetadata().getUid()))
                .toList();
    }

    @Override
    public void evict(String uid, PodEviction eviction) {
        workers.evict(uid, eviction);
    }

    @Override
    public boolean runs(String uid) {
        return states.get(uid).anythingRuns();
    }

    /// Takes no more pods while the node is about to end.
    public void refusePods(boolean ending) {
        admission.close(ending);
    }

    /// The attached volumes that are on this node, under the names that the node's status has for them.
    public List<String> volumesInUse() {
        return volumes.inUse();
    }

    /// The ids of the images of all containers there are, and of those that pods have as volumes.
    public Set<String> usedImages() {
        Set<String> used = new HashSet<>();
        for (String uid : states.podUids()) {
            states.get(uid).all().forEach(container -> used.add(container.imageId()));
        }
        try {
            used.addAll(imageVolumes.images());
        } catch (IOException e) {
            LOG.warn("cannot list the images that pods have as volumes: {}", e.toString());
        }
        return used;
    }

    public ContainerRuntime runtime() {
        return runtime;
    }

    /// Stops following and caring; what runs goes on.
    @Override
    public void close() {
        relister.shutdownNow();
        probes.close();
        workers.close();
    }
}
