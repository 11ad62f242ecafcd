package io.jubernetes.kubelet.device;

import io.jubernetes.common.time.Deadline;
import io.jubernetes.kubelet.rpc.Message;
import io.jubernetes.kubelet.rpc.RpcChannel;
import io.jubernetes.kubelet.runtime.ContainerSpec;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The connection to one device plugin: follows which devices there are, and asks what containers need for them.
/// Thread-safe.
final class DevicePlugin implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(DevicePlugin.class);
    private static final String SERVICE = "v1beta1.DevicePlugin/";
    private static final String HEALTHY = "Healthy";
    private static final Duration ANSWER = Duration.ofSeconds(10);

    private final String resource;
    private final RpcChannel channel;
    private final boolean preStart;
    private final Runnable changed;
    private final Thread thread;
    /// Whether each device is healthy; replaced as a whole.
    private volatile Map<String, Boolean> devices = Map.of();

    private volatile boolean connected = true;

    /// @param preStart whether it wants to be told before a container starts
    /// @param changed called when the devices change
    DevicePlugin(String resource, Path socket, boolean preStart, Runnable changed) {
        this.resource = resource;
        this.channel = RpcChannel.unix(socket);
        this.preStart = preStart;
        this.changed = changed;
        this.thread = Thread.ofVirtual().name("device-plugin-" + resource).unstarted(this::run);
    }

    void start() {
        thread.start();
    }

    private void run() {
        try {
            channel.stream(SERVICE + "ListAndWatch", new Message(), answer -> {
                Map<String, Boolean> now = new HashMap<>();
                for (Message device : answer.messages(1)) {
                    now.put(device.text(1), device.text(2).equals(HEALTHY));
                }
                devices = Map.copyOf(now);
                changed.run();
            });
            LOG.info("the device plugin of {} has ended its list", resource);
        } catch (IOException | RuntimeException e) {
            LOG.info("lost the device plugin of {}: {}", resource, e.getMessage());
        }
        connected = false;
        devices = Map.of();
        changed.run();
    }

    boolean isConnected() {
        return connected;
    }

    /// All devices.
    Set<String> all() {
        return devices.keySet();
    }

    Set<String> healthy() {
        var healthy = new TreeSet<String>();
        devices.forEach((id, well) -> {
            if (well) {
                healthy.add(id);
            }
        });
        return healthy;
    }

    /// Asks what a container needs to use devices.
    DeviceGrant allocate(List<String> ids) throws IOException {
        Message answer = channel.call(
                SERVICE + "Allocate", new Message().put(1, new Message().putAll(1, ids)), Deadline.in(ANSWER));
        Message one = answer.message(1);
        var mounts = new ArrayList<ContainerSpec.Mount>();
        for (Message mount : one.messages(2)) {
            mounts.add(new ContainerSpec.Mount(mount.text(2), mount.text(1), mount.flag(3), "private"));
        }
        var nodes = new ArrayList<ContainerSpec.Device>();
        for (Message device : one.messages(3)) {
            nodes.add(new ContainerSpec.Device(device.text(2), device.text(1), device.text(3)));
        }
        return new DeviceGrant(Map.of(resource, ids), one.map(1), mounts, nodes);
    }

    /// Tells the plugin that a container is about to start, if it wants to know.
    void beforeStart(List<String> ids) throws IOException {
        if (preStart) {
            var _ = channel.call(
                    SERVICE + "PreStartContainer", new Message().putAll(1, ids), Deadline.in(ANSWER.multipliedBy(3)));
        }
    }

    @Override
    public void close() {
        thread.interrupt();
        channel.close();
    }
}
