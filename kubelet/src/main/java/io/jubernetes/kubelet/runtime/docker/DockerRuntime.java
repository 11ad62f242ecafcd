package io.jubernetes.kubelet.runtime.docker;

import io.jubernetes.common.time.Deadline;
import io.jubernetes.kubelet.network.Cidr;
import io.jubernetes.kubelet.runtime.ContainerInfo;
import io.jubernetes.kubelet.runtime.ContainerRuntime;
import io.jubernetes.kubelet.runtime.ContainerSpec;
import io.jubernetes.kubelet.runtime.ContainerUsage;
import io.jubernetes.kubelet.runtime.ExecResult;
import io.jubernetes.kubelet.runtime.ImageInfo;
import io.jubernetes.kubelet.runtime.ListedContainer;
import io.jubernetes.kubelet.runtime.LogOptions;
import io.jubernetes.kubelet.runtime.RegistryAuth;
import io.jubernetes.kubelet.runtime.RuntimeFailure;
import io.jubernetes.kubelet.runtime.RuntimeListener;
import io.jubernetes.kubelet.runtime.RuntimeVersion;
import io.jubernetes.kubelet.runtime.SandboxSpec;
import io.jubernetes.kubelet.runtime.StreamOptions;
import io.jubernetes.kubelet.runtime.StreamSession;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;

/// [ContainerRuntime] on the Docker Engine.
public final class DockerRuntime implements ContainerRuntime {
    private final DockerEngine engine;
    private final NodeInstance node;
    private final DockerContainers containers;
    private final DockerImages images;
    private final DockerStreams streams;
    private final DockerNetwork network;
    private final List<DockerEvents> events = new CopyOnWriteArrayList<>();

    private DockerRuntime(DockerEngine engine, NodeInstance node, Cidr clusterCidr) {
        this.engine = engine;
        this.node = node;
        this.containers = new DockerContainers(engine, node);
        this.images = new DockerImages(engine);
        this.streams = new DockerStreams(engine);
        this.network = new DockerNetwork(engine, node, clusterCidr);
    }

    /// Connects to an engine.
    ///
    /// @param clusterCidr the addresses of all pods of the cluster
    /// @throws RuntimeFailure when it does not answer
    public static DockerRuntime connect(DockerEndpoint endpoint, NodeInstance node, Cidr clusterCidr)
            throws RuntimeFailure {
        return new DockerRuntime(new DockerEngine(endpoint), node, clusterCidr);
    }

    @Override
    public DockerNetwork network() {
        return network;
    }

    /// Makes what sandboxes need; to be called once before the first.
    public void prepare() throws RuntimeFailure {
        images.ensurePauseImage(engine.version().architecture());
    }

    @Override
    public RuntimeVersion version() {
        return engine.version();
    }

    @Override
    public List<ListedContainer> list() throws RuntimeFailure {
        return containers.list();
    }

    @Override
    public ContainerInfo inspect(String id) throws RuntimeFailure {
        return containers.inspect(id);
    }

    @Override
    public ContainerInfo runSandbox(SandboxSpec spec) throws RuntimeFailure {
        ContainerInfo sandbox;
        try {
            sandbox = containers.runSandbox(spec);
        } catch (RuntimeFailure.NotFound e) {
            // Somebody removed the image or the network behind our back.
            Optional<Cidr> cidr = network.podCidr();
            if (cidr.isEmpty()) {
                throw e;
            }
            prepare();
            network.ensure(List.of(cidr.get()));
            sandbox = containers.runSandbox(spec);
        }
        if (!spec.hostNetwork()) {
            network.allowHairpin();
        }
        return sandbox;
    }

    @Override
    public String createContainer(ContainerSpec spec) throws RuntimeFailure {
        return containers.create(spec);
    }

    @Override
    public void startContainer(String id) throws RuntimeFailure {
        containers.start(id);
    }

    @Override
    public void updateContainer(String id, ContainerSpec.Limits limits) throws RuntimeFailure {
        containers.update(id, limits);
    }

    @Override
    public void stopContainer(String id, Duration grace) throws RuntimeFailure {
        containers.stop(id, grace);
    }

    @Override
    public void killContainer(String id) throws RuntimeFailure {
        containers.kill(id);
    }

    @Override
    public void removeContainer(String id) throws RuntimeFailure {
        containers.remove(id);
    }

    @Override
    public Optional<ImageInfo> image(String reference) throws RuntimeFailure {
        return images.find(reference);
    }

    @Override
    public List<Path> layers(String imageId) throws RuntimeFailure {
        return images.layers(imageId);
    }

    @Override
    public List<ImageInfo> images() throws RuntimeFailure {
        return images.all();
    }

    @Override
    public ImageInfo pull(String reference, Optional<RegistryAuth> auth, Deadline deadline) throws RuntimeFailure {
        return images.pull(reference, auth, deadline);
    }

    @Override
    public void removeImage(String id) throws RuntimeFailure {
        images.remove(id);
    }

    @Override
    public ExecResult execSync(String id, List<String> command, Deadline deadline) throws RuntimeFailure {
        return streams.execSync(id, command, deadline);
    }

    @Override
    public StreamSession exec(String id, List<String> command, StreamOptions options) throws RuntimeFailure {
        return streams.exec(id, command, options);
    }

    @Override
    public StreamSession attach(String id, StreamOptions options) throws RuntimeFailure {
        return streams.attach(id, options);
    }

    @Override
    public StreamSession logs(String id, LogOptions options) throws RuntimeFailure {
        return streams.logs(id, options);
    }

    @Override
    public Optional<ContainerUsage> usage(String id) throws RuntimeFailure {
        return engine.raw(http -> {
            try (var exchange =
                    http.send("GET", "/containers/" + id + "/stats?stream=false&one-shot=true", Map.of(), null)) {
                var stats = exchange.json();
                String read = stats.path("read").asText("");
                var memory = stats.path("memory_stats");
                if (read.isEmpty() || read.startsWith("0001-") || !memory.has("usage")) {
                    return Optional.<ContainerUsage>empty();
                }
                Instant at = OffsetDateTime.parse(read).toInstant();
                var details = memory.path("stats");
                long usage = memory.path("usage").asLong();
                long inactive = details.has("total_inactive_file")
                        ? details.path("total_inactive_file").asLong()
                        : details.path("inactive_file").asLong();
                long rss = details.has("total_rss")
                        ? details.path("total_rss").asLong()
                        : details.path("anon").asLong();
                return Optional.of(new ContainerUsage(
                        at,
                        stats.path("cpu_stats")
                                .path("cpu_usage")
                                .path("total_usage")
                                .asLong(),
                        usage,
                        Math.max(0, usage - inactive),
                        rss,
                        stats.path("pids_stats").path("current").asLong()));
            } catch (RuntimeFailure.NotFound e) {
                return Optional.<ContainerUsage>empty();
            }
        });
    }

    @Override
    public long writableBytes(String id) throws RuntimeFailure {
        return engine.raw(http -> {
            try (var exchange = http.send("GET", "/containers/" + id + "/json?size=true", Map.of(), null)) {
                return exchange.json().path("SizeRw").asLong();
            }
        });
    }

    @Override
    public void watch(RuntimeListener listener) {
        var following = new DockerEvents(engine, node, listener);
        events.add(following);
        following.start();
    }

    /// Removes every container and the network of this node.
    ///
    /// @return how many containers there were
    public int purge() throws RuntimeFailure {
        var all = containers.all();
        // Containers before the sandboxes whose namespaces they share.
        for (boolean sandboxes : new boolean[] {false, true}) {
            for (var container : all) {
                boolean sandbox = ContainerLabels.TYPE_SANDBOX.equals(
                        container.getLabels().get(ContainerLabels.TYPE));
                if (sandbox == sandboxes) {
                    containers.remove(container.getId());
                }
            }
        }
        network.remove();
        return all.size();
    }

    @Override
    public void close() {
        events.forEach(DockerEvents::close);
        images.close();
        engine.close();
    }
}
