package io.jubernetes.kubelet.source;

import io.fabric8.kubernetes.api.model.Pod;
import java.io.IOException;
import java.nio.file.ClosedWatchServiceException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Static pods from a file or from the files of a directory: looked at now and then, and at once when the
/// kernel says that something has changed. A file that cannot be read leaves the pod it last held as it is.
public final class FilePodSource implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(FilePodSource.class);

    private final Path path;
    private final String nodeName;
    private final PodSink sink;
    private final Duration interval;
    private final Clock clock;
    private final Thread thread;
    private final CountDownLatch readOnce = new CountDownLatch(1);
    /// By file; only the thread's, but for [#uids].
    private volatile Map<Path, Pod> known = Map.of();
    private volatile boolean closed;

    public FilePodSource(Path path, String nodeName, PodSink sink, Duration interval, Clock clock) {
        this.path = path;
        this.nodeName = nodeName;
        this.sink = sink;
        this.interval = interval;
        this.clock = clock;
        this.thread = Thread.ofVirtual().name("static-pods").unstarted(this::run);
    }

    public void start() {
        thread.start();
    }

    /// The uids of the pods; waits until the files have been read once.
    public Set<String> uids() throws InterruptedException {
        readOnce.await();
        return known.values().stream()
                .map(pod -> pod.getMetadata().getUid())
                .collect(java.util.stream.Collectors.toUnmodifiableSet());
    }

    private void run() {
        try (WatchService watch = FileSystems.getDefault().newWatchService()) {
            boolean watching = false;
            while (!closed) {
                if (!watching) {
                    watching = watch(watch);
                }
                look();
                readOnce.countDown();
                WatchKey key = watch.poll(interval.toMillis(), TimeUnit.MILLISECONDS);
                if (key != null) {
                    key.pollEvents();
                    // The watch ends with its directory; a new directory needs a new one.
                    watching = key.reset();
                }
            }
        } catch (InterruptedException | ClosedWatchServiceException e) {
            // Closed.
        } catch (IOException e) {
            LOG.warn("cannot watch {}: {}", path, e.toString());
        }
    }

    private boolean watch(WatchService watch) {
        Path parent = path.toAbsolutePath().getParent();
        Path directory = Files.isDirectory(path) || parent == null ? path : parent;
        try {
            var _ = directory.register(
                    watch,
                    StandardWatchEventKinds.ENTRY_CREATE,
                    StandardWatchEventKinds.ENTRY_MODIFY,
                    StandardWatchEventKinds.ENTRY_DELETE);
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    private void look() {
        Map<Path, Pod> now = new HashMap<>();
        List<Path> files;
        try {
            files = files();
        } catch (IOException e) {
            LOG.warn("cannot read static pods from {}: {}", path, e.toString());
            return;
        }
        for (Path file : files) {
            try {
                byte[] manifest = Files.readAllBytes(file);
                now.put(file, StaticPods.read(manifest, "file", file.toString(), nodeName, clock.instant()));
            } catch (NoSuchFileException e) {
                // Deleted meanwhile.
            } catch (IOException e) {
                LOG.warn("static pod {}: {}", file, e.getMessage());
                Pod before = known.get(file);
                if (before != null) {
                    now.put(file, before);
                }
            }
        }
        Map<Path, Pod> before = known;
        before.forEach((file, pod) -> {
            Pod after = now.get(file);
            if (after == null || !uid(after).equals(uid(pod))) {
                sink.remove(uid(pod));
            }
        });
        now.replaceAll((file, pod) -> {
            Pod old = before.get(file);
            if (old != null && uid(old).equals(uid(pod))) {
                return old;
            }
            sink.set(pod);
            return pod;
        });
        known = Map.copyOf(now);
    }

    private static String uid(Pod pod) {
        return pod.getMetadata().getUid();
    }

    /// The manifests; hidden files are none.
    private List<Path> files() throws IOException {
        if (!Files.isDirectory(path)) {
            return Files.exists(path) ? List.of(path) : List.of();
        }
        var files = new ArrayList<Path>();
        try (DirectoryStream<Path> all = Files.newDirectoryStream(path)) {
            for (Path file : all) {
                if (Files.isRegularFile(file) && !file.getFileName().toString().startsWith(".")) {
                    files.add(file);
                }
            }
        }
        files.sort(null);
        return files;
    }

    @Override
    public void close() {
        closed = true;
        thread.interrupt();
    }
}
