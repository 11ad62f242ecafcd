package io.jubernetes.kubelet.csi;

import io.jubernetes.common.time.Deadline;
import io.jubernetes.kubelet.rpc.Message;
import io.jubernetes.kubelet.rpc.RpcChannel;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// The connection to a driver's node service. Calls block, may be repeated, and end in two minutes at the latest.
/// Thread-safe.
public final class CsiDriver implements AutoCloseable {
    private static final String NODE = "csi.v1.Node/";
    private static final Duration ANSWER = Duration.ofMinutes(2);

    private final Path endpoint;
    private final RpcChannel channel;
    private final Set<Long> capabilities = new HashSet<>();
    private final Info info;

    /// How the driver knows this node.
    ///
    /// @param mostVolumes how many it can take; 0 for any number
    /// @param topology where the node is, as volumes must be too
    public record Info(String nodeId, long mostVolumes, Map<String, String> topology) {
        public Info {
            topology = Map.copyOf(topology);
        }
    }

    /// How full a volume is.
    ///
    /// @param unit 1 for bytes, 2 for inodes
    public record Usage(long available, long total, long used, long unit) {}

    /// What a driver may be able to do beyond mounting.
    public enum Capability {
        STAGE(1),
        STATS(2),
        EXPAND(3),
        MANY_WRITERS(5),
        GROUP(6);

        private final long number;

        Capability(long number) {
            this.number = number;
        }
    }

    private CsiDriver(Path endpoint, RpcChannel channel) throws IOException {
        this.endpoint = endpoint;
        this.channel = channel;
        Message node = call("NodeGetInfo", new Message());
        info = new Info(node.text(1), node.number(2), node.message(3).map(1));
        for (Message capability : call("NodeGetCapabilities", new Message()).messages(1)) {
            capabilities.add(capability.message(1).number(1));
        }
    }

    /// Asks a driver for what it can do.
    static CsiDriver connect(Path endpoint) throws IOException {
        RpcChannel channel = RpcChannel.unix(endpoint);
        try {
            return new CsiDriver(endpoint, channel);
        } catch (IOException e) {
            channel.close();
            throw e;
        }
    }

    private Message call(String method, Message request) throws IOException {
        return channel.call(NODE + method, request, Deadline.in(ANSWER));
    }

    Path endpoint() {
        return endpoint;
    }

    Info info() {
        return info;
    }

    public boolean can(Capability capability) {
        return capabilities.contains(capability.number);
    }

    /// Brings a volume to this node.
    ///
    /// @param staging where to
    public void stage(CsiVolume volume, Path staging) throws IOException {
        var _ = call(
                "NodeStageVolume",
                new Message()
                        .put(1, volume.handle())
                        .put(2, volume.publishContext())
                        .put(3, staging.toString())
                        .put(4, use(volume))
                        .put(5, volume.secrets())
                        .put(6, volume.context()));
    }

    /// Takes a volume off this node.
    public void unstage(String handle, Path staging) throws IOException {
        var _ = call("NodeUnstageVolume", new Message().put(1, handle).put(2, staging.toString()));
    }

    /// Gives a volume to a pod.
    ///
    /// @param staging where it was staged; empty when the driver does not stage
    public void publish(CsiVolume volume, Optional<Path> staging, Path target, boolean readOnly) throws IOException {
        var _ = call(
                "NodePublishVolume",
                new Message()
                        .put(1, volume.handle())
                        .put(2, volume.publishContext())
                        .put(3, staging.map(Path::toString).orElse(""))
                        .put(4, target.toString())
                        .put(5, use(volume))
                        .put(6, readOnly)
                        .put(7, volume.secrets())
                        .put(8, volume.context()));
    }

    /// Takes a volume from a pod.
    public void unpublish(String handle, Path target) throws IOException {
        var _ = call("NodeUnpublishVolume", new Message().put(1, handle).put(2, target.toString()));
    }

    /// Makes what lies on a volume as large as the volume has become.
    public void expand(CsiVolume volume, Path path, Optional<Path> staging, long bytes) throws IOException {
        var _ = call(
                "NodeExpandVolume",
                new Message()
                        .put(1, volume.handle())
                        .put(2, path.toString())
                        .put(3, new Message().put(1, bytes))
                        .put(4, staging.map(Path::toString).orElse(""))
                        .put(5, use(volume))
                        .put(6, volume.secrets()));
    }

    /// How full a volume is, in bytes and in inodes where the driver counts them.
    public java.util.List<Usage> usage(String handle, Path path) throws IOException {
        Message answer = call("NodeGetVolumeStats", new Message().put(1, handle).put(2, path.toString()));
        var result = new java.util.ArrayList<Usage>();
        for (Message one : answer.messages(1)) {
            result.add(new Usage(one.number(1), one.number(2), one.number(3), one.number(4)));
        }
        return result;
    }

    private Message use(CsiVolume volume) {
        return volume.use().message(can(Capability.MANY_WRITERS));
    }

    @Override
    public void close() {
        channel.close();
    }
}
