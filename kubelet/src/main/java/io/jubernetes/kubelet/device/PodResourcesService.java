package io.jubernetes.kubelet.device;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.Pod;
import io.jubernetes.kubelet.rpc.Message;
import io.jubernetes.kubelet.rpc.RpcServer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/// Upstream's pod resources service (`v1.PodResourcesLister`) on `pod-resources/kubelet.sock`: which containers have
/// which devices.
public final class PodResourcesService implements AutoCloseable {
    private final Supplier<List<Pod>> pods;
    private final DeviceManager devices;
    private final RpcServer server;

    private PodResourcesService(Path rootDirectory, Supplier<List<Pod>> pods, DeviceManager devices)
            throws IOException {
        this.pods = pods;
        this.devices = devices;
        this.server = RpcServer.start(
                rootDirectory.resolve("pod-resources").resolve("kubelet.sock"),
                new RpcServer.Service(
                        "v1.PodResourcesLister",
                        Map.of(
                                "List", _ -> list(),
                                "GetAllocatableResources", _ -> allocatable(),
                                "Get", this::get),
                        Map.of()));
    }

    /// @param pods the pods of this node
    public static PodResourcesService start(Path rootDirectory, Supplier<List<Pod>> pods, DeviceManager devices)
            throws IOException {
        return new PodResourcesService(rootDirectory, pods, devices);
    }

    private Message list() {
        var answer = new Message();
        pods.get().forEach(pod -> answer.put(1, describe(pod)));
        return answer;
    }

    private Message get(Message request) {
        return pods.get().stream()
                .filter(pod -> pod.getMetadata().getName().equals(request.text(1))
                        && pod.getMetadata().getNamespace().equals(request.text(2)))
                .findFirst()
                .map(pod -> new Message().put(1, describe(pod)))
                .orElseThrow(() -> new IllegalArgumentException(
                        "pod " + request.text(1) + " in namespace " + request.text(2) + " not found"));
    }

    private Message describe(Pod pod) {
        var message = new Message()
                .put(1, pod.getMetadata().getName())
                .put(2, pod.getMetadata().getNamespace());
        for (Container container : pod.getSpec().getContainers()) {
            var one = new Message().put(1, container.getName());
            devices.grant(pod.getMetadata().getUid(), container.getName())
                    .ids()
                    .forEach((resource, ids) ->
                            one.put(2, new Message().put(1, resource).putAll(2, ids)));
            message.put(3, one);
        }
        return message;
    }

    private Message allocatable() {
        var answer = new Message();
        devices.devices()
                .forEach((resource, ids) ->
                        answer.put(1, new Message().put(1, resource).putAll(2, ids)));
        return answer;
    }

    @Override
    public void close() {
        server.close();
    }
}
