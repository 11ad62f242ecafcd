package io.jubernetes.kubelet.eviction;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import io.jubernetes.common.meta.Quantity;
import io.jubernetes.kubelet.PodEngine;
import io.jubernetes.kubelet.cluster.PodEvents;
import io.jubernetes.kubelet.config.NodePolicies;
import io.jubernetes.kubelet.container.Resources;
import io.jubernetes.kubelet.eviction.Ranking.Use;
import io.jubernetes.kubelet.eviction.Thresholds.Threshold;
import io.jubernetes.kubelet.image.ImageCollector;
import io.jubernetes.kubelet.pod.PodEviction;
import io.jubernetes.kubelet.runtime.ContainerInfo;
import io.jubernetes.kubelet.runtime.ContainerUsage;
import io.jubernetes.kubelet.runtime.RuntimeFailure;
import io.jubernetes.kubelet.volume.PodDirectories;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Looks at the machine every ten seconds and ends pods when it must. One thread does everything.
public final class EvictionManager implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(EvictionManager.class);
    private static final Duration INTERVAL = Duration.ofSeconds(10);
    private static final String MEMORY = "memory";

    private final PodEngine engine;
    private final PodEvents events;
    private final ImageCollector images;
    private final PodDirectories directories;
    private final NodePolicies.Eviction policy;
    private final Thresholds thresholds;
    private final Supplier<Map<String, Measure>> measures;
    private final Supplier<Optional<Node>> node;
    private final Consumer<Set<String>> pressures;
    private final LocalStorage storage;
    private final Clock clock;
    private final Thread thread;

    /// @param pressures told the node conditions that hold, whenever they are known anew
    public EvictionManager(
            PodEngine engine,
            PodEvents events,
            ImageCollector images,
            Path rootDirectory,
            Path imageDirectory,
            NodePolicies.Eviction policy,
            Supplier<Optional<Node>> node,
            Consumer<Set<String>> pressures,
            Clock clock) {
        this(
                engine,
                events,
                images,
                rootDirectory,
                policy,
                new Measures(rootDirectory, imageDirectory)::now,
                node,
                pressures,
                clock);
    }

    EvictionManager(
            PodEngine engine,
            PodEvents events,
            ImageCollector images,
            Path rootDirectory,
            NodePolicies.Eviction policy,
            Supplier<Map<String, Measure>> measures,
            Supplier<Optional<Node>> node,
            Consumer<Set<String>> pressures,
            Clock clock) {
        this.engine = engine;
        this.events = events;
        this.images = images;
        this.directories = new PodDirectories(rootDirectory);
        this.policy = policy;
        this.thresholds = new Thresholds(policy);
        this.measures = measures;
        this.node = node;
        this.pressures = pressures;
        this.storage = new LocalStorage(directories, engine.runtime());
        this.clock = clock;
        this.thread = Thread.ofVirtual().name("eviction").unstarted(this::run);
    }

    public void start() {
        thread.start();
    }

    private void run() {
        try {
            while (true) {
                try {
                    look();
                } catch (RuntimeException e) {
                    LOG.error("unexpected failure while looking for what runs short", e);
                }
                Thread.sleep(INTERVAL);
            }
        } catch (InterruptedException e) {
            // Closed.
        }
    }

    /// Looks once, and ends at most one pod for what runs short, so that its end can show.
    void look() {
        boolean evicted = false;
        for (Pod pod : active()) {
            Optional<String> excess =
                    storage.excess(pod, engine.states().get(pod.getMetadata().getUid()));
            if (excess.isPresent()) {
                evict(pod, excess.get(), Duration.ofSeconds(1));
                evicted = true;
            }
        }
        Map<String, Measure> now = measures.get();
        List<Threshold> due = thresholds.look(now, clock.instant());
        pressures.accept(thresholds.conditions(clock.instant()));
        if (due.isEmpty() || evicted) {
            return;
        }
        Threshold worst = due.getFirst();
        String resource = Thresholds.resource(worst.signal());
        LOG.warn("the node runs short of {}: {}", resource, Objects.requireNonNull(now.get(worst.signal())));
        node.get()
                .ifPresent(known -> events.event(
                        known, PodEvents.Type.WARNING, "EvictionThresholdMet", "Attempting to reclaim " + resource));
        if (Thresholds.condition(worst.signal()).equals(Thresholds.DISK_PRESSURE)) {
            images.removeUnused();
            if (thresholds.look(measures.get(), clock.instant()).isEmpty()) {
                return;
            }
        }
        for (Use use : Ranking.order(uses(resource), resource)) {
            evict(
                    use.pod(),
                    message(worst, Objects.requireNonNull(now.get(worst.signal())), use, resource),
                    worst.hard() ? Duration.ofSeconds(1) : policy.maxPodGrace());
            return;
        }
    }

    /// Pods that may be ended.
    private List<Pod> active() {
        return engine.workers().pods().stream()
                .filter(pod -> pod.getMetadata().getDeletionTimestamp() == null)
                .filter(pod -> !PodEviction.isExempt(pod))
                .filter(pod -> engine.states()
                        .get(pod.getMetadata().getUid())
                        .sandbox()
                        .isPresent())
                .toList();
    }

    private List<Use> uses(String resource) {
        List<Use> uses = new ArrayList<>();
        for (Pod pod : active()) {
            var state = engine.states().get(pod.getMetadata().getUid());
            Map<String, Long> byContainer = new HashMap<>();
            long shared = 0;
            for (Container container : pod.getSpec().getContainers()) {
                state.newest(container.getName())
                        .filter(ContainerInfo::running)
                        .ifPresent(running -> byContainer.put(container.getName(), use(running, resource)));
            }
            if (!resource.equals(MEMORY)) {
                shared = DiskUse.of(directories.pod(pod.getMetadata().getUid()));
            }
            uses.add(new Use(
                    pod,
                    shared
                            + byContainer.values().stream()
                                    .mapToLong(Long::longValue)
                                    .sum(),
                    byContainer));
        }
        return uses;
    }

    private long use(ContainerInfo running, String resource) {
        try {
            return resource.equals(MEMORY)
                    ? engine.runtime()
                            .usage(running.id())
                            .map(ContainerUsage::workingSet)
                            .orElse(0L)
                    : resource.equals("pids")
                            ? engine.runtime()
                                    .usage(running.id())
                                    .map(ContainerUsage::pids)
                                    .orElse(0L)
                            : engine.runtime().writableBytes(running.id());
        } catch (RuntimeFailure e) {
            return 0;
        }
    }

    private static String message(Threshold threshold, Measure measure, Use use, String resource) {
        var text = new StringBuilder("The node was low on resource: " + resource + ". Threshold quantity: "
                + amount(threshold.floor(measure), resource) + ", available: "
                + kibibytes(measure.available(), resource) + ". ");
        for (Container container : use.pod().getSpec().getContainers()) {
            Long used = use.byContainer().get(container.getName());
            long requested =
                    Resources.request(container, resource).map(Quantity::toLong).orElse(0L);
            if (used != null && used > requested) {
                text.append("Container ")
                        .append(container.getName())
                        .append(" was using ")
                        .append(kibibytes(used, resource))
                        .append(", request is ")
                        .append(Resources.request(container, resource).orElse(Quantity.ZERO))
                        .append(", has larger consumption of ")
                        .append(resource)
                        .append(". ");
            }
        }
        return text.toString();
    }

    private static String amount(long amount, String resource) {
        return resource.equals("inodes") || resource.equals("pids")
                ? Long.toString(amount)
                : Quantity.ofBytes(amount).toString();
    }

    private static String kibibytes(long amount, String resource) {
        return resource.equals("inodes") || resource.equals("pids") ? Long.toString(amount) : (amount >> 10) + "Ki";
    }

    private void evict(Pod pod, String message, Duration grace) {
        LOG.warn(
                "ending pod {}/{}: {}",
                pod.getMetadata().getNamespace(),
                pod.getMetadata().getName(),
                message);
        events.event(pod, PodEvents.Type.WARNING, "Evicted", message);
        engine.workers().evict(pod.getMetadata().getUid(), new PodEviction("Evicted", message, grace, true));
    }

    @Override
    public void close() {
        thread.interrupt();
    }
}
