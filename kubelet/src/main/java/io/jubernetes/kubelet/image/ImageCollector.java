package io.jubernetes.kubelet.image;

import io.fabric8.kubernetes.api.model.Node;
import io.jubernetes.kubelet.cluster.PodEvents;
import io.jubernetes.kubelet.config.NodePolicies.ImageCollection;
import io.jubernetes.kubelet.runtime.ContainerRuntime;
import io.jubernetes.kubelet.runtime.ImageInfo;
import io.jubernetes.kubelet.runtime.RuntimeFailure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Removes images that no container uses, the longest unused first: when the disk fills up, or when they have been
/// unused for too long. Looks every five minutes. Thread-safe.
public final class ImageCollector implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ImageCollector.class);
    private static final Duration INTERVAL = Duration.ofMinutes(5);
    /// Sandboxes need it, whether or not one runs now.
    private static final String KEPT = "jubernetes/pause";

    private final ContainerRuntime runtime;
    private final Supplier<Set<String>> used;
    private final ImageCollection policy;
    private final Path disk;
    private final PodEvents events;
    private final Supplier<Optional<Node>> node;
    private final Clock clock;
    private final Thread thread;
    private final Map<String, Seen> seen = new HashMap<>(); // guarded by this

    /// Since when an image is known and until when it was in use.
    record Seen(Instant first, Instant lastUsed) {}

    /// @param used ids of the images of all containers there are, ended ones too
    /// @param disk where images are kept
    public ImageCollector(
            ContainerRuntime runtime,
            Supplier<Set<String>> used,
            ImageCollection policy,
            Path disk,
            PodEvents events,
            Supplier<Optional<Node>> node,
            Clock clock) {
        this.runtime = runtime;
        this.used = used;
        this.policy = policy;
        this.disk = disk;
        this.events = events;
        this.node = node;
        this.clock = clock;
        this.thread = Thread.ofVirtual().name("image-collector").unstarted(this::run);
    }

    public void start() {
        thread.start();
    }

    private void run() {
        try {
            while (true) {
                try {
                    collect();
                } catch (RuntimeFailure | IOException e) {
                    LOG.warn("cannot look for unused images: {}", e.getMessage());
                } catch (RuntimeException e) {
                    LOG.error("unexpected failure while looking for unused images", e);
                }
                Thread.sleep(INTERVAL);
            }
        } catch (InterruptedException e) {
            // Closed.
        }
    }

    private synchronized void collect() throws RuntimeFailure, IOException {
        List<ImageInfo> unused = unused();
        if (!policy.maxAge().isZero()) {
            Instant oldest = clock.instant().minus(policy.maxAge());
            for (ImageInfo image : unused) {
                if (seen(image).lastUsed().isBefore(oldest)) {
                    remove(image);
                }
            }
            unused = unused();
        }
        var store = Files.getFileStore(disk);
        long capacity = store.getTotalSpace();
        long taken = capacity - store.getUsableSpace();
        if (capacity <= 0 || taken * 100 / capacity < policy.highPercent()) {
            return;
        }
        long wanted = taken - capacity * policy.lowPercent() / 100;
        long freed = 0;
        for (ImageInfo image : plan(unused, seen, policy.minAge(), wanted, clock.instant())) {
            freed += remove(image) ? image.size() : 0;
        }
        if (freed < wanted) {
            String message = "Failed to garbage collect required amount of images. Attempted to free " + wanted
                    + " bytes, but only found " + freed + " bytes eligible to free.";
            node.get().ifPresent(known -> events.event(known, PodEvents.Type.WARNING, "FreeDiskSpaceFailed", message));
        }
    }

    /// The images to remove so that `wanted` bytes are free: the longest unused first, none that came only now.
    static List<ImageInfo> plan(
            List<ImageInfo> unused, Map<String, Seen> seen, Duration minAge, long wanted, Instant now) {
        record Candidate(ImageInfo image, Seen seen) {}
        List<Candidate> order = unused.stream()
                .map(image -> new Candidate(image, seen.getOrDefault(image.id(), new Seen(now, now))))
                .filter(one -> !one.seen().first().isAfter(now.minus(minAge)))
                .sorted(Comparator.comparing((Candidate one) -> one.seen().lastUsed())
                        .thenComparing(one -> one.seen().first()))
                .toList();
        var chosen = new ArrayList<ImageInfo>();
        long found = 0;
        for (Candidate one : order) {
            if (found >= wanted) {
                break;
            }
            found += one.image().size();
            chosen.add(one.image());
        }
        return chosen;
    }

    /// Looks at all images, and returns those that nobody uses.
    private List<ImageInfo> unused() throws RuntimeFailure {
        Instant now = clock.instant();
        Set<String> inUse = used.get();
        List<ImageInfo> all = runtime.images();
        seen.keySet().retainAll(all.stream().map(ImageInfo::id).toList());
        for (ImageInfo image : all) {
            boolean isUsed = inUse.contains(image.id());
            seen.merge(
                    image.id(),
                    new Seen(now, isUsed ? now : Instant.EPOCH),
                    (old, fresh) -> new Seen(old.first(), isUsed ? now : old.lastUsed()));
        }
        return all.stream()
                .filter(image -> !inUse.contains(image.id()))
                .filter(image -> image.tags().stream().noneMatch(tag -> tag.startsWith(KEPT)))
                .toList();
    }

    /// Never used ones count from when they were first seen.
    private Seen seen(ImageInfo image) {
        Seen known = seen.getOrDefault(image.id(), new Seen(clock.instant(), Instant.EPOCH));
        return known.lastUsed().equals(Instant.EPOCH) ? new Seen(known.first(), known.first()) : known;
    }

    /// Removes everything that nobody uses, for want of space.
    public synchronized void removeUnused() {
        try {
            unused().forEach(this::remove);
        } catch (RuntimeFailure e) {
            LOG.warn("cannot look for unused images: {}", e.getMessage());
        }
    }

    private boolean remove(ImageInfo image) {
        try {
            LOG.info("removing unused image {} {}", image.id(), image.tags());
            for (String tag : image.tags()) {
                runtime.removeImage(tag);
            }
            if (image.tags().isEmpty()) {
                runtime.removeImage(image.id());
            }
            seen.remove(image.id());
            return true;
        } catch (RuntimeFailure e) {
            // A container that is not this node's uses it.
            LOG.debug("cannot remove image {}: {}", image.id(), e.getMessage());
            return false;
        }
    }

    @Override
    public void close() {
        thread.interrupt();
    }
}
