package io.jubernetes.kubelet.runtime.hollow;

import io.jubernetes.common.time.Deadline;
import io.jubernetes.kubelet.runtime.ContainerInfo;
import io.jubernetes.kubelet.runtime.ContainerPhase;
import io.jubernetes.kubelet.runtime.ContainerRuntime;
import io.jubernetes.kubelet.runtime.ContainerSpec;
import io.jubernetes.kubelet.runtime.ContainerUsage;
import io.jubernetes.kubelet.runtime.ExecResult;
import io.jubernetes.kubelet.runtime.ImageInfo;
import io.jubernetes.kubelet.runtime.ListedContainer;
import io.jubernetes.kubelet.runtime.LogOptions;
import io.jubernetes.kubelet.runtime.PodNetwork;
import io.jubernetes.kubelet.runtime.PodRef;
import io.jubernetes.kubelet.runtime.RegistryAuth;
import io.jubernetes.kubelet.runtime.RuntimeFailure;
import io.jubernetes.kubelet.runtime.RuntimeListener;
import io.jubernetes.kubelet.runtime.RuntimeListener.Change;
import io.jubernetes.kubelet.runtime.RuntimeVersion;
import io.jubernetes.kubelet.runtime.SandboxSpec;
import io.jubernetes.kubelet.runtime.StreamOptions;
import io.jubernetes.kubelet.runtime.StreamSession;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/// Remembers what it was told to run and says that it runs; every image is there. Streams it has none.
public final class HollowRuntime implements ContainerRuntime {
    private static final String IMAGE_ID = "sha256:" + "0".repeat(64);
    private static final RuntimeVersion VERSION =
            new RuntimeVersion("hollow", "1", "1", "hollow", "hollow", "amd64", "cgroupfs", "");

    private final Clock clock;
    private final HollowNetwork network = new HollowNetwork();
    private final Map<String, ContainerInfo> containers = new ConcurrentHashMap<>();
    private final List<RuntimeListener> listeners = new CopyOnWriteArrayList<>();
    private final AtomicLong ids = new AtomicLong();

    public HollowRuntime(Clock clock) {
        this.clock = clock;
    }

    @Override
    public RuntimeVersion version() {
        return VERSION;
    }

    @Override
    public PodNetwork network() {
        return network;
    }

    @Override
    public List<ListedContainer> list() {
        return containers.values().stream()
                .map(each -> new ListedContainer(each.id(), each.pod().uid(), each.phase()))
                .toList();
    }

    @Override
    public ContainerInfo inspect(String id) throws RuntimeFailure.NotFound {
        ContainerInfo there = containers.get(id);
        if (there == null) {
            throw new RuntimeFailure.NotFound("no container " + id);
        }
        return there;
    }

    @Override
    public ContainerInfo runSandbox(SandboxSpec spec) {
        String ip = spec.hostNetwork() ? null : network.next();
        Instant now = clock.instant();
        return put(
                info(spec.pod(), "POD", spec.attempt(), ContainerPhase.RUNNING, now, now, ip, spec.hostNetwork()),
                Change.STARTED);
    }

    @Override
    public String createContainer(ContainerSpec spec) {
        ContainerInfo bare = info(
                spec.pod(), spec.name(), spec.attempt(), ContainerPhase.CREATED, clock.instant(), null, null, false);
        var made = new ContainerInfo(
                bare.id(),
                false,
                spec.pod(),
                spec.name(),
                spec.attempt(),
                spec.hash(),
                spec.imageReference(),
                IMAGE_ID,
                bare.phase(),
                bare.createdAt(),
                null,
                null,
                0,
                false,
                "",
                null,
                false,
                spec.tty(),
                Optional.empty(),
                false,
                0,
                spec.limits());
        containers.put(made.id(), made);
        return made.id();
    }

    private ContainerInfo info(
            PodRef pod,
            String name,
            int attempt,
            ContainerPhase phase,
            Instant created,
            @Nullable Instant started,
            @Nullable String ip,
            boolean hostNetwork) {
        String id = "%064x".formatted(ids.incrementAndGet());
        return new ContainerInfo(
                id,
                name.equals("POD"),
                pod,
                name,
                attempt,
                "",
                "",
                IMAGE_ID,
                phase,
                created,
                started,
                null,
                0,
                false,
                "",
                ip,
                hostNetwork,
                false,
                Optional.empty(),
                false,
                0,
                ContainerSpec.Limits.NONE);
    }

    private ContainerInfo put(ContainerInfo info, Change change) {
        containers.put(info.id(), info);
        listeners.forEach(each -> each.changed(info.pod().uid(), info.id(), change));
        return info;
    }

    private void change(String id, Change what, UnaryOperator<ContainerInfo> how) {
        ContainerInfo after = containers.computeIfPresent(id, (_, before) -> how.apply(before));
        if (after != null) {
            listeners.forEach(each -> each.changed(after.pod().uid(), id, what));
        }
    }

    private static ContainerInfo in(
            ContainerInfo info, ContainerPhase phase, @Nullable Instant started, @Nullable Instant finished) {
        return new ContainerInfo(
                info.id(),
                info.sandbox(),
                info.pod(),
                info.name(),
                info.attempt(),
                info.hash(),
                info.image(),
                info.imageId(),
                phase,
                info.createdAt(),
                started,
                finished,
                finished == null ? 0 : 137,
                false,
                "",
                info.ip(),
                info.hostNetwork(),
                info.tty(),
                Optional.empty(),
                false,
                0,
                info.limits());
    }

    @Override
    public void startContainer(String id) {
        change(id, Change.STARTED, info -> in(info, ContainerPhase.RUNNING, clock.instant(), null));
    }

    @Override
    public void updateContainer(String id, ContainerSpec.Limits limits) {
        // Nothing runs that would use more or less.
    }

    @Override
    public void stopContainer(String id, Duration grace) {
        killContainer(id);
    }

    @Override
    public void killContainer(String id) {
        change(
                id,
                Change.DIED,
                info -> info.exited() ? info : in(info, ContainerPhase.EXITED, info.startedAt(), clock.instant()));
    }

    @Override
    public void removeContainer(String id) {
        ContainerInfo gone = containers.remove(id);
        if (gone != null) {
            listeners.forEach(each -> each.changed(gone.pod().uid(), id, Change.REMOVED));
        }
    }

    @Override
    public Optional<ImageInfo> image(String reference) {
        return Optional.of(image(List.of(reference)));
    }

    private static ImageInfo image(List<String> tags) {
        return new ImageInfo(IMAGE_ID, tags, List.of(), 0, "");
    }

    @Override
    public List<Path> layers(String imageId) {
        return List.of();
    }

    @Override
    public List<ImageInfo> images() {
        return List.of();
    }

    @Override
    public ImageInfo pull(String reference, Optional<RegistryAuth> auth, Deadline deadline) {
        return image(List.of(reference));
    }

    @Override
    public void removeImage(String id) {
        // There is none.
    }

    @Override
    public ExecResult execSync(String id, List<String> command, Deadline deadline) {
        return new ExecResult(0, "");
    }

    @Override
    public StreamSession exec(String id, List<String> command, StreamOptions options) throws RuntimeFailure {
        throw noStreams();
    }

    @Override
    public StreamSession attach(String id, StreamOptions options) throws RuntimeFailure {
        throw noStreams();
    }

    @Override
    public StreamSession logs(String id, LogOptions options) throws RuntimeFailure {
        throw noStreams();
    }

    private static RuntimeFailure noStreams() {
        return new RuntimeFailure.Refused("a hollow node runs nothing", null);
    }

    @Override
    public Optional<ContainerUsage> usage(String id) {
        return Optional.empty();
    }

    @Override
    public long writableBytes(String id) {
        return 0;
    }

    @Override
    public void watch(RuntimeListener listener) {
        listeners.add(listener);
    }

    @Override
    public void close() {
        listeners.clear();
    }
}
