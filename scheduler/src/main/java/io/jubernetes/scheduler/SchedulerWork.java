package io.jubernetes.scheduler;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.PersistentVolume;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.resource.v1.DeviceClass;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceClaim;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceSlice;
import io.fabric8.kubernetes.api.model.storage.CSIDriver;
import io.fabric8.kubernetes.api.model.storage.CSINode;
import io.fabric8.kubernetes.api.model.storage.CSIStorageCapacity;
import io.fabric8.kubernetes.api.model.storage.StorageClass;
import io.fabric8.kubernetes.api.model.storage.VolumeAttachment;
import io.jubernetes.common.component.StartupException;
import io.jubernetes.common.controller.ApiEventRecorder;
import io.jubernetes.common.controller.ElectedService.Context;
import io.jubernetes.common.controller.Informed;
import io.jubernetes.common.controller.Informers;
import io.jubernetes.common.time.Deadline;
import io.jubernetes.scheduler.config.Profiles;
import io.jubernetes.scheduler.config.SchedulerConfiguration;
import io.jubernetes.scheduler.cycle.Profile;
import io.jubernetes.scheduler.cycle.SchedulerMetrics;
import io.jubernetes.scheduler.cycle.SchedulingLoop;
import io.jubernetes.scheduler.cycle.Shared;
import io.jubernetes.scheduler.framework.ClusterEvent.Resource;
import io.jubernetes.scheduler.framework.Extender;
import io.jubernetes.scheduler.framework.PluginContext;
import io.jubernetes.scheduler.plugins.Registry;
import io.jubernetes.scheduler.queue.SchedulingQueue;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Wires the scheduler: informers feed the loop, the loop schedules.
final class SchedulerWork {
    private static final Logger log = LoggerFactory.getLogger(SchedulerWork.class);
    private static final Duration SYNC_ROUND = Duration.ofSeconds(30);

    /// The kinds, beside pods and nodes, whose changes may make pods schedulable.
    private static final Map<Resource, Class<? extends HasMetadata>> WATCHED = Map.ofEntries(
            Map.entry(Resource.NAMESPACE, Namespace.class),
            Map.entry(Resource.PERSISTENT_VOLUME, PersistentVolume.class),
            Map.entry(Resource.PERSISTENT_VOLUME_CLAIM, PersistentVolumeClaim.class),
            Map.entry(Resource.STORAGE_CLASS, StorageClass.class),
            Map.entry(Resource.CSI_NODE, CSINode.class),
            Map.entry(Resource.CSI_DRIVER, CSIDriver.class),
            Map.entry(Resource.CSI_STORAGE_CAPACITY, CSIStorageCapacity.class),
            Map.entry(Resource.VOLUME_ATTACHMENT, VolumeAttachment.class),
            Map.entry(Resource.RESOURCE_CLAIM, ResourceClaim.class),
            Map.entry(Resource.RESOURCE_SLICE, ResourceSlice.class),
            Map.entry(Resource.DEVICE_CLASS, DeviceClass.class));

    private SchedulerWork() {}

    /// @param extenders those of the configuration
    /// @param plugins sees the users' own plugins
    static AutoCloseable start(
            Context context, SchedulerConfiguration configuration, List<Extender> extenders, ClassLoader plugins)
            throws InterruptedException {
        var informers = new Informers(context.client());
        String reporter = configuration.profiles().getFirst().schedulerName();
        var events = ApiEventRecorder.start(context.client(), reporter, "", context.clock(), context.meters());
        Shared shared = Shared.create();
        var wake = new AtomicReference<Consumer<String>>(_ -> {});
        var work = new PluginContext.Work() {
            @Override
            public void background(Runnable call) {
                shared.calls().background(call);
            }

            @Override
            public void wake(String uid) {
                Objects.requireNonNull(wake.get()).accept(uid);
            }
        };
        var pluginContext = new PluginContext(
                context.client(),
                shared.nodes(),
                new InformedCluster(informers, shared.inbox()::post),
                shared.held(),
                shared.nominations(),
                extenders,
                work,
                events,
                context.clock(),
                RandomGenerator.getDefault());
        var metrics = new SchedulerMetrics(context.meters());
        var loop = new SchedulingLoop(
                shared,
                pluginContext,
                profiles(configuration, pluginContext, metrics, plugins),
                backoff(configuration),
                metrics);
        wake.set(loop::wake);
        AutoCloseable everything = () -> {
            informers.close();
            loop.close();
            events.close();
        };
        try {
            feed(informers, loop);
            log.info("scheduling");
            return everything;
        } catch (InterruptedException e) {
            close(everything);
            throw e;
        }
    }

    /// The plugins there are.
    ///
    /// @param victims is told how many pods each preemption removes
    /// @param plugins sees the users' own
    /// @throws StartupException when one of those cannot be loaded
    static Registry registry(LongConsumer victims, ClassLoader plugins) throws StartupException {
        try {
            return Registry.builtIn(victims).withOthers(plugins);
        } catch (IllegalArgumentException e) {
            throw new StartupException(String.valueOf(e.getMessage()), e);
        }
    }

    private static Map<String, Profile> profiles(
            SchedulerConfiguration configuration,
            PluginContext context,
            SchedulerMetrics metrics,
            ClassLoader plugins) {
        try {
            return Profiles.create(configuration, registry(metrics::victims, plugins), context);
        } catch (StartupException e) {
            throw new IllegalStateException(e.getMessage(), e);
        }
    }

    private static SchedulingQueue.Backoff backoff(SchedulerConfiguration configuration) {
        return new SchedulingQueue.Backoff(configuration.initialBackoff(), configuration.maxBackoff());
    }

    private static void feed(Informers informers, SchedulingLoop loop) throws InterruptedException {
        Informed<Node> nodes = informers.of(Node.class);
        // Finished pods take no room, and a cluster may keep many of them.
        Informed<Pod> pods = informers.of(
                Pod.class,
                "unfinished",
                client -> client.pods()
                        .inAnyNamespace()
                        .withoutField("status.phase", "Succeeded")
                        .withoutField("status.phase", "Failed"));
        var _ = nodes.listen(loop::onNode);
        var _ = pods.listen(loop::onPod);
        WATCHED.forEach((resource, kind) -> watch(informers, loop, resource, kind));
        loop.start();
        sync(informers);
        // The informers' handlers may still be on their way.
        nodes.all().forEach(node -> loop.onNode(null, node));
        pods.all().forEach(pod -> loop.onPod(null, pod));
        loop.open();
    }

    private static <T extends HasMetadata> void watch(
            Informers informers, SchedulingLoop loop, Resource resource, Class<T> kind) {
        var _ = informers
                .of(kind)
                .listen((@Nullable T before, @Nullable T after) -> loop.onChange(resource, before, after));
    }

    /// Decisions need the whole picture, so nothing is scheduled before it is there, however long that takes.
    private static void sync(Informers informers) throws InterruptedException {
        while (true) {
            try {
                informers.start(Deadline.in(SYNC_ROUND));
                return;
            } catch (TimeoutException e) {
                log.info("waiting for the API server: {}", e.getMessage());
            }
        }
    }

    private static void close(AutoCloseable everything) {
        try {
            everything.close();
        } catch (Exception e) {
            log.warn("stopping failed", e);
        }
    }
}
