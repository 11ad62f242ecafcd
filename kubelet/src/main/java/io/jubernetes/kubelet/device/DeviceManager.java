package io.jubernetes.kubelet.device;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.Pod;
import io.jubernetes.common.meta.Quantity;
import io.jubernetes.kubelet.container.Resources;
import io.jubernetes.kubelet.rpc.Message;
import io.jubernetes.kubelet.rpc.RpcServer;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The device plugins of this node: takes their registrations on `device-plugins/kubelet.sock`, counts their devices
/// among what the node has, and gives devices to the containers that ask for them. What was given outlives the
/// kubelet in a checkpoint file. Thread-safe.
public final class DeviceManager implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(DeviceManager.class);
    private static final String VERSION = "v1beta1";
    /// A plugin that restarts shall find its resource on the node.
    private static final Duration ABSENCE = Duration.ofMinutes(5);

    private final Path directory;
    private final DeviceCheckpoint checkpoint;
    private final Runnable changed;
    private final Clock clock;
    private final Map<String, DevicePlugin> plugins = new HashMap<>(); // guarded by this
    private final Map<String, Instant> lost = new HashMap<>(); // guarded by this
    private @Nullable RpcServer server; // guarded by this

    /// @param rootDirectory the kubelet's
    /// @param changed called when the node has more or fewer devices
    public DeviceManager(Path rootDirectory, Runnable changed, Clock clock) {
        this.directory = rootDirectory.resolve("device-plugins");
        this.checkpoint = new DeviceCheckpoint(directory.resolve("kubelet_internal_checkpoint"));
        this.changed = changed;
        this.clock = clock;
    }

    /// Opens the socket for plugins. Plugins that were there before see it come and register again.
    public synchronized void start() throws IOException {
        checkpoint.read();
        server = RpcServer.start(
                directory.resolve("kubelet.sock"),
                new RpcServer.Service(VERSION + ".Registration", Map.of("Register", this::register), Map.of()));
    }

    private Message register(Message request) {
        String version = request.text(1);
        String resource = request.text(3);
        if (!version.equals(VERSION)) {
            throw new IllegalArgumentException("requested API version \"" + version
                    + "\" is not supported by kubelet. Supported version is [\"" + VERSION + "\"]");
        }
        int slash = resource.indexOf('/');
        if (slash <= 0 || resource.substring(0, slash).endsWith("kubernetes.io")) {
            throw new IllegalArgumentException("the ResourceName \"" + resource + "\" is invalid");
        }
        boolean preStart;
        try {
            preStart = request.message(4).flag(1);
        } catch (IOException e) {
            throw new IllegalArgumentException("damaged options", e);
        }
        var plugin = new DevicePlugin(resource, directory.resolve(request.text(2)), preStart, () -> observe(resource));
        synchronized (this) {
            DevicePlugin old = plugins.put(resource, plugin);
            if (old != null) {
                old.close();
            }
            lost.remove(resource);
        }
        LOG.info("device plugin {} offers {}", request.text(2), resource);
        plugin.start();
        return new Message();
    }

    private void observe(String resource) {
        synchronized (this) {
            DevicePlugin plugin = plugins.get(resource);
            if (plugin != null && !plugin.isConnected()) {
                lost.putIfAbsent(resource, clock.instant());
            }
        }
        changed.run();
    }

    /// How many devices there are, by resource; those of plugins that went lately count as none.
    public synchronized Map<String, Quantity> capacity() {
        return count(false);
    }

    /// How many of them can be used.
    public synchronized Map<String, Quantity> allocatable() {
        return count(true);
    }

    private Map<String, Quantity> count(boolean healthy) {
        Map<String, Quantity> result = new HashMap<>();
        plugins.forEach((resource, plugin) -> {
            Instant since = lost.get(resource);
            if (since == null || Duration.between(since, clock.instant()).compareTo(ABSENCE) < 0) {
                int count = (healthy ? plugin.healthy() : plugin.all()).size();
                result.put(resource, Quantity.of(count));
            }
        });
        return result;
    }

    /// Gives a pod's containers the devices that they ask for; what they have already they keep.
    ///
    /// @throws IOException when there are not enough, or the plugin refuses
    public synchronized void allocate(Pod pod) throws IOException {
        if (plugins.isEmpty()) {
            return;
        }
        List<Container> containers = new ArrayList<>(pod.getSpec().getInitContainers());
        containers.addAll(pod.getSpec().getContainers());
        for (Container container : containers) {
            for (var plugin : plugins.entrySet()) {
                String resource = plugin.getKey();
                long wanted = Resources.limit(container, resource)
                        .map(Quantity::toLong)
                        .orElse(0L);
                if (wanted > 0) {
                    allocate(pod, container.getName(), resource, plugin.getValue(), wanted);
                }
            }
        }
        checkpoint.write();
    }

    private void allocate(Pod pod, String container, String resource, DevicePlugin plugin, long wanted)
            throws IOException {
        String uid = pod.getMetadata().getUid();
        if (checkpoint.grant(uid, container).ids().containsKey(resource)) {
            return;
        }
        Set<String> free = new TreeSet<>(plugin.healthy());
        Set<String> reusable = initDevices(pod, container, resource);
        free.removeAll(checkpoint.taken(resource));
        // What an init container has had is free again for those after it.
        var order = new ArrayList<>(reusable);
        order.retainAll(plugin.healthy());
        free.stream().filter(id -> !reusable.contains(id)).forEach(order::add);
        if (order.size() < wanted) {
            throw new IOException("Allocate failed due to requested number of devices unavailable for " + resource
                    + ". Requested: " + wanted + ", Available: " + order.size() + ", which is unexpected");
        }
        List<String> chosen = List.copyOf(order.subList(0, (int) wanted));
        try {
            checkpoint.add(uid, container, plugin.allocate(chosen));
        } catch (IOException e) {
            throw new IOException("Allocate failed due to " + e.getMessage() + ", which is unexpected", e);
        }
    }

    private Set<String> initDevices(Pod pod, String container, String resource) {
        Set<String> result = new HashSet<>();
        for (Container init : pod.getSpec().getInitContainers()) {
            if (!init.getName().equals(container) && !"Always".equals(init.getRestartPolicy())) {
                result.addAll(checkpoint
                        .grant(pod.getMetadata().getUid(), init.getName())
                        .ids()
                        .getOrDefault(resource, List.of()));
            }
        }
        return result;
    }

    /// What a container was given.
    public synchronized DeviceGrant grant(String podUid, String container) {
        return checkpoint.grant(podUid, container);
    }

    /// Tells plugins that want to know that a container is about to start.
    public void beforeStart(String podUid, String container) throws IOException {
        for (var given : grant(podUid, container).ids().entrySet()) {
            DevicePlugin plugin;
            synchronized (this) {
                plugin = plugins.get(given.getKey());
            }
            if (plugin != null) {
                plugin.beforeStart(given.getValue());
            }
        }
    }

    /// Takes back what a pod had.
    public synchronized void free(String podUid) {
        try {
            if (checkpoint.remove(podUid)) {
                checkpoint.write();
            }
        } catch (IOException e) {
            LOG.warn("cannot write {}: {}", directory, e.toString());
        }
    }

    /// The healthy devices of each resource.
    synchronized Map<String, Set<String>> devices() {
        Map<String, Set<String>> result = new HashMap<>();
        plugins.forEach((resource, plugin) -> result.put(resource, plugin.healthy()));
        return result;
    }

    @Override
    public synchronized void close() {
        plugins.values().forEach(DevicePlugin::close);
        if (server != null) {
            server.close();
        }
    }
}
