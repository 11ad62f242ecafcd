package io.jubernetes.kubelet.node;

import io.fabric8.kubernetes.api.model.ContainerImage;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeAddress;
import io.fabric8.kubernetes.api.model.NodeAddressBuilder;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.NodeCondition;
import io.fabric8.kubernetes.api.model.NodeConditionBuilder;
import io.fabric8.kubernetes.api.model.NodeRuntimeHandlerBuilder;
import io.fabric8.kubernetes.api.model.NodeStatus;
import io.fabric8.kubernetes.api.model.NodeStatusBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.Taint;
import io.fabric8.kubernetes.api.model.TaintBuilder;
import io.jubernetes.common.component.ComponentVersion;
import io.jubernetes.kubelet.config.KubeletSettings;
import io.jubernetes.kubelet.config.NodePolicies;
import io.jubernetes.kubelet.device.DeviceManager;
import io.jubernetes.kubelet.runtime.ImageInfo;
import io.jubernetes.kubelet.runtime.RuntimeVersion;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.IntSupplier;
import java.util.function.Supplier;
import java.util.stream.Stream;

/// Makes the Node object and its status out of what the machine has.
final class NodeObjects {
    private static final int MAX_IMAGES = 50;

    private final KubeletSettings settings;
    private final RuntimeVersion runtime;
    private final IntSupplier port;
    private final Supplier<Set<String>> pressures;
    private final DeviceManager devices;
    private final Supplier<List<String>> volumes;

    /// @param port the kubelet's server's
    /// @param pressures the conditions that say that something runs short
    /// @param volumes the attached volumes that must not be detached now
    NodeObjects(
            KubeletSettings settings,
            RuntimeVersion runtime,
            IntSupplier port,
            Supplier<Set<String>> pressures,
            DeviceManager devices,
            Supplier<List<String>> volumes) {
        this.pressures = pressures;
        this.devices = devices;
        this.volumes = volumes;
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
        devices.capacity().forEach((name, count) -> capacity.put(name, new Quantity(Long.toString(count.toLong()))));
        capacity.put("pods", new Quantity(Integer.toString(settings.maxPods())));
        return capacity;
    }

    /// What pods can have of it: without what is reserved for others, and what must always be left.
    Map<String, Quantity> allocatable() {
        Map<String, Quantity> allocatable = new LinkedHashMap<>();
        NodePolicies policies = settings.policies();
        var usable = devices.allocatable();
        capacity().forEach((name, amount) -> {
            var healthy = usable.get(name);
            if (healthy != null) {
                allocatable.put(name, new Quantity(Long.toString(healthy.toLong())));
                return;
            }
            var has = io.jubernetes.common.meta.Quantity.parse(amount.toString());
            var left =
                    has.minus(reserved(policies.systemReserved(), name)).minus(reserved(policies.kubeReserved(), name));
            String signal = name.equals("memory")
                    ? "memory.available"
                    : name.equals("ephemeral-storage") ? "nodefs.available" : "";
            String floor = policies.eviction().hard().get(signal);
            if (floor != null) {
                left = left.minus(part(floor, has));
            }
            boolean whole = left.compareTo(has) == 0;
            allocatable.put(name, whole ? amount : Quantity.parse(text(name, left)));
        });
        return allocatable;
    }

    private static io.jubernetes.common.meta.Quantity reserved(
            Map<String, io.jubernetes.common.meta.Quantity> reserved, String name) {
        return reserved.getOrDefault(name, io.jubernetes.common.meta.Quantity.ZERO);
    }

    /// An amount, or a part of the whole.
    private static io.jubernetes.common.meta.Quantity part(String amount, io.jubernetes.common.meta.Quantity whole) {
        return amount.endsWith("%")
                ? io.jubernetes.common.meta.Quantity.of(
                        (long) (whole.toLong() * Double.parseDouble(amount.substring(0, amount.length() - 1)) / 100))
                : io.jubernetes.common.meta.Quantity.parse(amount);
    }

    /// As upstream shows them: memory in kibibytes, disk in bytes.
    private static String text(String name, io.jubernetes.common.meta.Quantity amount) {
        var shown = amount.signum() < 0 ? io.jubernetes.common.meta.Quantity.ZERO : amount;
        return switch (name) {
            case "memory" -> (shown.toLong() >> 10) + "Ki";
            case "cpu" -> shown.toMilli() % 1000 == 0 ? Long.toString(shown.toMilli() / 1000) : shown.toMilli() + "m";
            default -> shown.isWhole() ? Long.toString(shown.toLong()) : shown.toString();
        };
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
                .withVolumesInUse(volumes.get())
                // The attach and detach controller's.
                .withVolumesAttached(old.getVolumesAttached())
                .withRuntimeHandlers(new NodeRuntimeHandlerBuilder()
                        .withName("")
                        .withNewFeatures()
                        .withRecursiveReadOnlyMounts(false)
                        .withUserNamespaces(false)
                        .endFeatures()
                        .build())
                .withNewFeatures()
                .withSupplementalGroupsPolicy(true)
                .endFeatures()
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
        Set<String> found = pressures.get();
        return List.of(
                pressure(
                        old,
                        "MemoryPressure",
                        found.contains("MemoryPressure"),
                        "KubeletHasInsufficientMemory",
                        "KubeletHasSufficientMemory",
                        "kubelet has insufficient memory available",
                        "kubelet has sufficient memory available",
                        now),
                pressure(
                        old,
                        "DiskPressure",
                        found.contains("DiskPressure"),
                        "KubeletHasDiskPressure",
                        "KubeletHasNoDiskPressure",
                        "kubelet has disk pressure",
                        "kubelet has no disk pressure",
                        now),
                pressure(
                        old,
                        "PIDPressure",
                        found.contains("PIDPressure"),
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
