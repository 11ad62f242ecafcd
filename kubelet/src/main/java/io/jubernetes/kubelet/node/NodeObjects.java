package io.jubernetes.kubelet.node;

import io.fabric8.kubernetes.api.model.ContainerImage;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeAddress;
import io.fabric8.kubernetes.api.model.NodeAddressBuilder;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.NodeCondition;
import io.fabric8.kubernetes.api.model.NodeConditionBuilder;
import io.fabric8.kubernetes.api.model.NodeStatus;
import io.fabric8.kubernetes.api.model.NodeStatusBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.Taint;
import io.fabric8.kubernetes.api.model.TaintBuilder;
import io.jubernetes.common.component.ComponentVersion;
import io.jubernetes.kubelet.config.KubeletSettings;
import io.jubernetes.kubelet.runtime.ImageInfo;
import io.jubernetes.kubelet.runtime.RuntimeVersion;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntSupplier;
import java.util.stream.Stream;

/// Makes the Node object and its status out of what the machine has.
final class NodeObjects {
    /// As upstream's hard eviction threshold for memory: what pods together cannot have.
    private static final long RESERVED_MEMORY = 100L << 20;

    private static final int MAX_IMAGES = 50;
    private static final double LEAST_DISK = 0.1;

    private final KubeletSettings settings;
    private final RuntimeVersion runtime;
    private final IntSupplier port;

    /// @param port the kubelet's server's
    NodeObjects(KubeletSettings settings, RuntimeVersion runtime, IntSupplier port) {
        this.settings = settings;
        this.runtime = runtime;
        this.port = port;
    }

    /// A new Node, without status.
    Node node(Optional<String> podCidr) {
        return new NodeBuilder()
                .withNewMetadata()
                .withName(settings.nodeName())
                .withLabels(labels())
                .withAnnotations(Map.of("volumes.kubernetes.io/controller-managed-attach-detach", "true"))
                .endMetadata()
                .withNewSpec()
                .withPodCIDR(podCidr.orElse(null))
                .withPodCIDRs(podCidr.map(List::of).orElse(List.of()))
                .withProviderID(settings.providerId().isEmpty() ? null : settings.providerId())
                .withTaints(settings.taints().stream().map(NodeObjects::taint).toList())
                .endSpec()
                .build();
    }

    /// `key=value:effect` or `key:effect`.
    static Taint taint(String text) {
        int colon = text.lastIndexOf(':');
        if (colon <= 0) {
            throw new IllegalArgumentException("\"" + text + "\" is not a taint such as key=value:NoSchedule");
        }
        String[] pair = text.substring(0, colon).split("=", 2);
        return new TaintBuilder()
                .withKey(pair[0])
                .withValue(pair.length > 1 ? pair[1] : null)
                .withEffect(text.substring(colon + 1))
                .build();
    }

    /// The labels every node has, and those it was given.
    Map<String, String> labels() {
        Map<String, String> labels = new LinkedHashMap<>();
        for (String prefix : List.of("beta.kubernetes.io/", "kubernetes.io/")) {
            labels.put(prefix + "arch", Machine.architecture());
            labels.put(prefix + "os", "linux");
        }
        labels.put("kubernetes.io/hostname", settings.nodeName());
        labels.putAll(settings.nodeLabels());
        return labels;
    }

    /// What the machine has in all.
    Map<String, Quantity> capacity() {
        Map<String, Quantity> capacity = new LinkedHashMap<>();
        capacity.put("cpu", new Quantity(Integer.toString(Machine.processors())));
        Machine.disk(settings.rootDirectory())
                .ifPresent(disk -> capacity.put("ephemeral-storage", new Quantity((disk.total() >> 10) + "Ki")));
        Machine.hugePages()
                .forEach((name, bytes) -> capacity.put(
                        name,
                        Quantity.parse(io.jubernetes.common.meta.Quantity.ofBytes(bytes)
                                .toString())));
        capacity.put("memory", new Quantity((Machine.memory() >> 10) + "Ki"));
        capacity.put("pods", new Quantity(Integer.toString(settings.maxPods())));
        return capacity;
    }

    /// What pods can have of it.
    Map<String, Quantity> allocatable() {
        Map<String, Quantity> allocatable = new LinkedHashMap<>(capacity());
        allocatable.put("memory", new Quantity(((Machine.memory() - RESERVED_MEMORY) >> 10) + "Ki"));
        Machine.disk(settings.rootDirectory())
                .ifPresent(disk -> allocatable.put(
                        "ephemeral-storage", new Quantity(Long.toString((long) (disk.total() * (1 - LEAST_DISK))))));
        return allocatable;
    }

    private List<NodeAddress> addresses() {
        return Stream.concat(
                        settings.nodeIps().stream().map(ip -> address("InternalIP", ip)),
                        Stream.of(address("Hostname", settings.nodeName())))
                .toList();
    }

    private static NodeAddress address(String type, String address) {
        return new NodeAddressBuilder().withType(type).withAddress(address).build();
    }

    /// The status.
    ///
    /// @param old as last written, for the times of conditions
    /// @param trouble why no pods can be run; empty when they can
    NodeStatus status(NodeStatus old, List<ImageInfo> images, Optional<String> trouble, Instant now) {
        return new NodeStatusBuilder()
                .withCapacity(capacity())
                .withAllocatable(allocatable())
                .withConditions(conditions(old, trouble, now))
                .withAddresses(addresses())
                .withNewDaemonEndpoints()
                .withNewKubeletEndpoint(port.getAsInt())
                .endDaemonEndpoints()
                .withNewNodeInfo()
                .withMachineID(Machine.machineId())
                .withSystemUUID(Machine.systemUuid())
                .withBootID(Machine.bootId())
                .withKernelVersion(runtime.kernelVersion())
                .withOsImage(runtime.operatingSystem())
                .withContainerRuntimeVersion(runtime.name() + "://" + runtime.version())
                .withKubeletVersion(ComponentVersion.GIT_VERSION)
                .withKubeProxyVersion("")
                .withOperatingSystem("linux")
                .withArchitecture(Machine.architecture())
                .endNodeInfo()
                .withImages(images(images))
                .build();
    }

    /// The biggest ones, as upstream shows them.
    private static List<ContainerImage> images(List<ImageInfo> images) {
        return images.stream()
                .sorted(Comparator.comparingLong(ImageInfo::size).reversed().thenComparing(ImageInfo::id))
                .filter(image -> !image.tags().isEmpty() || !image.digests().isEmpty())
                .limit(MAX_IMAGES)
                .map(image -> {
                    var names = new ArrayList<>(image.digests());
                    names.addAll(image.tags());
                    return new ContainerImage(names.subList(0, Math.min(5, names.size())), image.size());
                })
                .toList();
    }

    private List<NodeCondition> conditions(NodeStatus old, Optional<String> trouble, Instant now) {
        boolean memory = Machine.availableMemory() < RESERVED_MEMORY;
        boolean disk = Machine.disk(Path.of(runtime.rootDirectory().isEmpty() ? "/" : runtime.rootDirectory()))
                .map(found -> found.available() < found.total() * LEAST_DISK)
                .orElse(false);
        return List.of(
                pressure(
                        old,
                        "MemoryPressure",
                        memory,
                        "KubeletHasInsufficientMemory",
                        "KubeletHasSufficientMemory",
                        "kubelet has insufficient memory available",
                        "kubelet has sufficient memory available",
                        now),
                pressure(
                        old,
                        "DiskPressure",
                        disk,
                        "KubeletHasDiskPressure",
                        "KubeletHasNoDiskPressure",
                        "kubelet has disk pressure",
                        "kubelet has no disk pressure",
                        now),
                pressure(
                        old,
                        "PIDPressure",
                        false,
                        "KubeletHasInsufficientPID",
                        "KubeletHasSufficientPID",
                        "kubelet has insufficient PID available",
                        "kubelet has sufficient PID available",
                        now),
                condition(
                        old,
                        "Ready",
                        trouble.isEmpty() ? "True" : "False",
                        trouble.isEmpty() ? "KubeletReady" : "KubeletNotReady",
                        trouble.orElse("kubelet is posting ready status"),
                        now));
    }

    private static NodeCondition pressure(
            NodeStatus old,
            String type,
            boolean pressure,
            String reason,
            String wellReason,
            String message,
            String wellMessage,
            Instant now) {
        return condition(
                old,
                type,
                pressure ? "True" : "False",
                pressure ? reason : wellReason,
                pressure ? message : wellMessage,
                now);
    }

    private static NodeCondition condition(
            NodeStatus old, String type, String status, String reason, String message, Instant now) {
        String time = now.truncatedTo(ChronoUnit.SECONDS).toString();
        Optional<NodeCondition> before = old.getConditions().stream()
                .filter(condition -> condition.getType().equals(type))
                .findFirst();
        boolean same = before.isPresent() && status.equals(before.get().getStatus());
        return new NodeConditionBuilder()
                .withType(type)
                .withStatus(status)
                .withReason(reason)
                .withMessage(message)
                .withLastHeartbeatTime(time)
                .withLastTransitionTime(same ? before.get().getLastTransitionTime() : time)
                .build();
    }
}
