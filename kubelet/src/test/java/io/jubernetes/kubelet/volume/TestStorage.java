package io.jubernetes.kubelet.volume;

import io.jubernetes.kubelet.TestPlugin;
import io.jubernetes.kubelet.network.Command;
import io.jubernetes.kubelet.rpc.Message;
import io.jubernetes.kubelet.rpc.RpcServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;

/// A small storage driver: volumes are directories, which it mounts where the kubelet says, and it notes what it is
/// asked.
final class TestStorage {
    static final String NAME = "dirs.example.com";
    private static final Duration LIMIT = Duration.ofSeconds(10);
    /// STAGE_UNSTAGE_VOLUME, GET_VOLUME_STATS, EXPAND_VOLUME.
    private static final List<Long> CAPABILITIES = List.of(1L, 2L, 3L);

    /// The calls in order: the method and the volume.
    final Queue<String> calls = new ConcurrentLinkedQueue<>();
    private final Map<String, Message> requests = new ConcurrentHashMap<>();
    /// What staging answers; empty for success.
    volatile String stageError = "";

    private final Path volumes;

    TestStorage(Path volumes) throws IOException {
        this.volumes = Files.createDirectories(volumes);
    }

    TestPlugin start(Path registry) throws IOException {
        Map<String, RpcServer.Handler> methods = new ConcurrentHashMap<>();
        methods.put(
                "NodeGetInfo",
                _ -> new Message()
                        .put(1, "the-node")
                        .put(2, 7)
                        .put(3, new Message().put(1, Map.of("example.com/rack", "r1"))));
        methods.put("NodeGetCapabilities", _ -> {
            var answer = new Message();
            CAPABILITIES.forEach(type -> answer.put(1, new Message().put(1, new Message().put(1, type))));
            return answer;
        });
        methods.put("NodeStageVolume", this::stage);
        methods.put("NodeUnstageVolume", request -> unmount("NodeUnstageVolume", request));
        methods.put("NodePublishVolume", this::publish);
        methods.put("NodeUnpublishVolume", request -> unmount("NodeUnpublishVolume", request));
        methods.put("NodeExpandVolume", request -> note("NodeExpandVolume", request));
        return new TestPlugin(
                registry, "CSIPlugin", NAME, "1.0.0", new RpcServer.Service("csi.v1.Node", methods, Map.of()));
    }

    private Message note(String method, Message request) {
        calls.add(method + " " + request.text(1));
        requests.put(method, request);
        return new Message();
    }

    private Path directory(Message request) throws IOException {
        return Files.createDirectories(volumes.resolve(request.text(1)));
    }

    private static void run(String... command) throws IOException {
        Command.run(LIMIT, List.of(command)).orThrow();
    }

    private Message stage(Message request) throws IOException {
        if (!stageError.isEmpty()) {
            throw new IOException(stageError);
        }
        run("mount", "--bind", directory(request).toString(), request.text(3));
        return note("NodeStageVolume", request);
    }

    private Message publish(Message request) throws IOException {
        Path target = Path.of(request.text(4));
        if (request.message(5).messages(1).isEmpty()) {
            Files.createDirectories(target);
            String source = request.text(3).isEmpty() ? directory(request).toString() : request.text(3);
            var options = new ArrayList<>(List.of("mount", "--bind"));
            if (request.flag(6)) {
                options.addAll(List.of("-o", "ro"));
            }
            options.addAll(List.of(source, target.toString()));
            run(options.toArray(String[]::new));
        } else {
            // Every block volume of this driver is the null device.
            Files.createFile(target);
            run("mount", "--bind", "/dev/null", target.toString());
        }
        return note("NodePublishVolume", request);
    }

    private Message unmount(String method, Message request) throws IOException {
        Path target = Path.of(request.text(2));
        if (Files.exists(target) && Mounts.isMounted(target)) {
            run("umount", target.toString());
        }
        return note(method, request);
    }

    /// The last request of a method.
    Message request(String method) {
        return Objects.requireNonNull(requests.get(method), method);
    }

    Path file(String handle, String name) {
        return volumes.resolve(handle).resolve(name);
    }
}
