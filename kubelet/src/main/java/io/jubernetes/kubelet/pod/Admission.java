package io.jubernetes.kubelet.pod;

import io.fabric8.kubernetes.api.model.Affinity;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerPort;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeSelector;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodSecurityContext;
import io.fabric8.kubernetes.api.model.Sysctl;
import io.fabric8.kubernetes.api.model.Taint;
import io.jubernetes.common.meta.Quantity;
import io.jubernetes.common.scheduling.NodeSelectors;
import io.jubernetes.common.scheduling.Tolerations;
import io.jubernetes.kubelet.container.Resources;
import io.jubernetes.kubelet.device.DeviceManager;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Supplier;

/// Decides whether a pod that was sent to this node may run here: a scheduler can be mistaken, bypassed or a
/// moment late. Pods that are let in count until they are forgotten. Thread-safe.
public final class Admission {
    /// Priorities from here on are the system's own.
    private static final int CRITICAL = 2_000_000_000;

    private static final String MIRROR = "kubernetes.io/config.mirror";
    private static final String SOURCE = "kubernetes.io/config.source";
    private static final String PODS = "pods";

    /// Kernel settings that concern nobody but the pod.
    private static final Set<String> SAFE_SYSCTLS = Set.of(
            "kernel.shm_rmid_forced",
            "net.ipv4.ip_local_port_range",
            "net.ipv4.tcp_syncookies",
            "net.ipv4.ping_group_range",
            "net.ipv4.ip_unprivileged_port_start",
            "net.ipv4.ip_local_reserved_ports",
            "net.ipv4.tcp_keepalive_time",
            "net.ipv4.tcp_fin_timeout",
            "net.ipv4.tcp_keepalive_intvl",
            "net.ipv4.tcp_keepalive_probes",
            "net.ipv4.tcp_rmem",
            "net.ipv4.tcp_wmem");

    private final Map<String, Quantity> allocatable;
    private final DeviceManager devices;
    private final Set<String> allowedSysctls;
    private final Supplier<Optional<Node>> node;
    private final Supplier<Set<String>> pressures;
    private final Map<String, Pod> admitted = new HashMap<>(); // guarded by this

    private volatile boolean closed;

    /// Why a pod may not run here.
    record Rejection(String reason, String message) {}

    /// @param allocatable what all pods together can have; nothing means that nobody counts
    /// @param devices what device plugins offer besides
    /// @param allowedSysctls patterns of kernel settings that pods may change though they are not safe
    /// @param node as last seen; empty before it is registered
    /// @param pressures the node conditions that say that something runs short
    public Admission(
            Map<String, Quantity> allocatable,
            DeviceManager devices,
            List<String> allowedSysctls,
            Supplier<Optional<Node>> node,
            Supplier<Set<String>> pressures) {
        this.allocatable = Map.copyOf(allocatable);
        this.devices = devices;
        this.allowedSysctls = Set.copyOf(allowedSysctls);
        this.node = node;
        this.pressures = pressures;
    }

    /// Says whether the node is about to end, and takes no more pods.
    public void close(boolean ending) {
        closed = ending;
    }

    /// Lets a pod in or says why not.
    ///
    /// @param runsAlready whether something of it is there: it is not turned away any more
    synchronized Optional<Rejection> admit(Pod pod, boolean runsAlready) {
        String uid = pod.getMetadata().getUid();
        Optional<Rejection> rejection =
                runsAlready ? Optional.empty() : check(pod).or(() -> allocateDevices(pod));
        if (rejection.isEmpty()) {
            admitted.put(uid, pod);
        }
        return rejection;
    }

    /// Whether a pod that is here can have what it asks for now; if so, it is counted with that.
    synchronized Optional<Allocation.Pending> resize(Pod pod) {
        Map<String, Quantity> used = used(pod.getMetadata().getUid());
        for (var one : new TreeMap<>(Resources.podRequests(pod)).entrySet()) {
            String name = one.getKey();
            if (!name.equals(Resources.CPU) && !name.equals(Resources.MEMORY) || allocatable.isEmpty()) {
                continue;
            }
            Quantity has = allocatable.getOrDefault(name, Quantity.ZERO);
            Quantity taken = used.getOrDefault(name, Quantity.ZERO);
            String requested = name + ", requested: " + number(name, one.getValue());
            if (one.getValue().compareTo(has) > 0) {
                return Optional.of(new Allocation.Pending(
                        "Infeasible",
                        "Node didn't have enough capacity: " + requested + ", capacity: " + number(name, has)));
            }
            if (taken.plus(one.getValue()).compareTo(has) > 0) {
                return Optional.of(new Allocation.Pending(
                        "Deferred",
                        "Node didn't have enough resource: " + requested + ", used: " + number(name, taken)
                                + ", capacity: " + number(name, has)));
            }
        }
        admitted.put(pod.getMetadata().getUid(), pod);
        return Optional.empty();
    }

    /// What all pods but one ask for.
    private Map<String, Quantity> used(String butFor) {
        Map<String, Quantity> used = new HashMap<>();
        admitted.forEach((uid, other) -> {
            if (!uid.equals(butFor)) {
                Resources.podRequests(other).forEach((name, amount) -> used.merge(name, amount, Quantity::plus));
            }
        });
        return used;
    }

    /// The pod is gone from its source: it may still take a moment to stop, but what it asked for is promised to others
    /// by now. Its devices stay its own until it has ended.
    synchronized void discount(String podUid) {
        admitted.remove(podUid);
    }

    /// The pod has ended.
    synchronized void forget(String podUid) {
        admitted.remove(podUid);
        devices.free(podUid);
    }

    private Optional<Rejection> allocateDevices(Pod pod) {
        try {
            devices.allocate(pod);
            return Optional.empty();
        } catch (IOException e) {
            return Optional.of(new Rejection("UnexpectedAdmissionError", String.valueOf(e.getMessage())));
        }
    }

    private Optional<Rejection> check(Pod pod) {
        if (closed) {
            return Optional.of(new Rejection("NodeShutdown", "Pod was rejected as the node is shutting down."));
        }
        return pressure(pod)
                .or(() -> sysctls(pod))
                .or(() -> appArmor(pod))
                .or(() -> operatingSystem(pod))
                .or(() -> resources(pod))
                .or(() -> place(pod))
                .or(() -> ports(pod));
    }

    static boolean isCritical(Pod pod) {
        Integer priority = pod.getSpec().getPriority();
        Map<String, String> annotations = pod.getMetadata().getAnnotations();
        boolean isStatic = annotations != null
                && (annotations.containsKey(MIRROR)
                        || annotations.containsKey(SOURCE)
                                && !annotations.get(SOURCE).equals("api"));
        return isStatic || priority != null && priority >= CRITICAL;
    }

    private Optional<Rejection> pressure(Pod pod) {
        Set<String> now = pressures.get();
        if (now.isEmpty() || isCritical(pod)) {
            return Optional.empty();
        }
        if (now.equals(Set.of("MemoryPressure"))) {
            // Who asks for memory has it reserved; who does not must say that he can do with little.
            Taint taint = new Taint("NoSchedule", "node.kubernetes.io/memory-pressure", null, null);
            if (Resources.qos(pod) != Resources.Qos.BEST_EFFORT
                    || Tolerations.tolerates(pod.getSpec().getTolerations(), taint)) {
                return Optional.empty();
            }
        }
        return Optional.of(new Rejection(
                "Evicted",
                "The node had condition: ["
                        + String.join(" ", now.stream().sorted().toList()) + "]. "));
    }

    private Optional<Rejection> sysctls(Pod pod) {
        PodSecurityContext context = pod.getSpec().getSecurityContext();
        if (context == null) {
            return Optional.empty();
        }
        for (Sysctl sysctl : context.getSysctls()) {
            String name = sysctl.getName().replace('/', '.');
            boolean ipc = name.startsWith("kernel.shm")
                    || name.startsWith("kernel.msg")
                    || name.equals("kernel.sem")
                    || name.startsWith("fs.mqueue.");
            boolean net = name.startsWith("net.");
            String complaint = !SAFE_SYSCTLS.contains(name) && !isAllowed(name)
                    ? "not allowlisted"
                    : ipc && Boolean.TRUE.equals(pod.getSpec().getHostIPC())
                            ? "not allowed with host ipc enabled"
                            : net && Boolean.TRUE.equals(pod.getSpec().getHostNetwork())
                                    ? "not allowed with host net enabled"
                                    : "";
            if (!complaint.isEmpty()) {
                return Optional.of(new Rejection("SysctlForbidden", "forbidden sysctl: \"" + name + "\" " + complaint));
            }
        }
        return Optional.empty();
    }

    private boolean isAllowed(String name) {
        return allowedSysctls.stream()
                .anyMatch(pattern -> pattern.endsWith("*")
                        ? name.startsWith(pattern.substring(0, pattern.length() - 1))
                        : name.equals(pattern));
    }

    private static Optional<Rejection> appArmor(Pod pod) {
        boolean wanted = Containers.all(pod).stream().anyMatch(container -> wantsAppArmor(pod, container));
        if (!wanted) {
            return Optional.empty();
        }
        try {
            if (Files.readString(Path.of("/sys/module/apparmor/parameters/enabled"))
                    .startsWith("Y")) {
                return Optional.empty();
            }
        } catch (IOException e) {
            // The kernel has none.
        }
        return Optional.of(new Rejection("AppArmor", "Cannot enforce AppArmor: AppArmor is not enabled on the host"));
    }

    private static boolean wantsAppArmor(Pod pod, Container container) {
        var own = container.getSecurityContext() == null
                ? null
                : container.getSecurityContext().getAppArmorProfile();
        var common = pod.getSpec().getSecurityContext() == null
                ? null
                : pod.getSpec().getSecurityContext().getAppArmorProfile();
        var profile = own != null ? own : common;
        return profile != null && !"Unconfined".equals(profile.getType());
    }

    private static Optional<Rejection> operatingSystem(Pod pod) {
        String label = pod.getSpec().getNodeSelector() == null
                ? null
                : pod.getSpec().getNodeSelector().get("kubernetes.io/os");
        if (label != null && !label.equals("linux")) {
            return Optional.of(new Rejection(
                    "PodOSSelectorNodeLabelDoesNotMatch",
                    "Failed to admit pod as the `kubernetes.io/os` label doesn't match node label"));
        }
        if (pod.getSpec().getOs() != null
                && !"linux".equals(pod.getSpec().getOs().getName())) {
            return Optional.of(
                    new Rejection("PodOSNotSupported", "Failed to admit pod as the OS field doesn't match node OS"));
        }
        return Optional.empty();
    }

    private Optional<Rejection> resources(Pod pod) {
        if (allocatable.isEmpty() && devices.capacity().isEmpty()) {
            return Optional.empty();
        }
        Map<String, Quantity> offered = devices.allocatable();
        Map<String, Quantity> used = used(pod.getMetadata().getUid());
        Map<String, Quantity> wanted = new LinkedHashMap<>();
        wanted.put(PODS, Quantity.of(1));
        wanted.putAll(new TreeMap<>(Resources.podRequests(pod)));
        used.put(PODS, Quantity.of(admitted.size()));
        for (var one : wanted.entrySet()) {
            String name = one.getKey();
            Quantity has = offered.getOrDefault(name, allocatable.getOrDefault(name, Quantity.ZERO));
            if (allocatable.isEmpty() && !offered.containsKey(name)) {
                continue;
            }
            Quantity taken = used.getOrDefault(name, Quantity.ZERO);
            if (one.getValue().signum() > 0 && taken.plus(one.getValue()).compareTo(has) > 0) {
                return Optional.of(new Rejection(
                        "OutOf" + name,
                        "Node didn't have enough resource: " + name + ", requested: " + number(name, one.getValue())
                                + ", used: " + number(name, taken) + ", capacity: " + number(name, has)));
            }
        }
        return Optional.empty();
    }

    /// As upstream counts: processors in thousandths.
    private static long number(String resource, Quantity amount) {
        return resource.equals(Resources.CPU) ? amount.toMilli() : amount.toLong();
    }

    private Optional<Rejection> place(Pod pod) {
        Optional<Node> known = node.get();
        if (known.isEmpty()) {
            return Optional.empty();
        }
        String name = known.get().getMetadata().getName();
        Map<String, String> labels = known.get().getMetadata().getLabels() == null
                ? Map.of()
                : known.get().getMetadata().getLabels();
        Map<String, String> wanted = pod.getSpec().getNodeSelector();
        boolean fits = wanted == null || labels.entrySet().containsAll(wanted.entrySet());
        Affinity affinity = pod.getSpec().getAffinity();
        if (fits && affinity != null && affinity.getNodeAffinity() != null) {
            NodeSelector required = affinity.getNodeAffinity().getRequiredDuringSchedulingIgnoredDuringExecution();
            fits = required == null || NodeSelectors.matches(required, name, labels);
        }
        if (!fits) {
            return Optional.of(new Rejection(
                    "NodeAffinity",
                    "Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector"));
        }
        if (known.get().getSpec() != null
                && isCritical(pod)
                && pod.getMetadata().getAnnotations() != null) {
            boolean tolerated = known.get().getSpec().getTaints().stream()
                    .filter(taint -> "NoExecute".equals(taint.getEffect()))
                    .allMatch(taint -> Tolerations.tolerates(pod.getSpec().getTolerations(), taint));
            if (!tolerated) {
                return Optional.of(new Rejection(
                        "TaintToleration",
                        "Predicate TaintToleration failed: node(s) had taints that the pod didn't tolerate"));
            }
        }
        return Optional.empty();
    }

    private Optional<Rejection> ports(Pod pod) {
        Set<String> taken = new HashSet<>();
        admitted.values().forEach(other -> taken.addAll(hostPorts(other)));
        for (String port : hostPorts(pod)) {
            String any = port.substring(0, port.lastIndexOf(' ')) + " 0.0.0.0";
            String prefix = port.substring(0, port.lastIndexOf(' ') + 1);
            boolean clash = taken.contains(port)
                    || taken.contains(any)
                    || port.equals(any) && taken.stream().anyMatch(other -> other.startsWith(prefix));
            if (clash) {
                return Optional.of(new Rejection(
                        "NodePorts",
                        "Predicate NodePorts failed: node(s) didn't have free ports for the requested pod ports"));
            }
        }
        return Optional.empty();
    }

    /// `TCP 80 0.0.0.0` each.
    private static Set<String> hostPorts(Pod pod) {
        Set<String> ports = new HashSet<>();
        for (Container container : pod.getSpec().getContainers()) {
            for (ContainerPort port : container.getPorts()) {
                if (port.getHostPort() != null && port.getHostPort() > 0) {
                    String ip = port.getHostIP() == null || port.getHostIP().isEmpty() ? "0.0.0.0" : port.getHostIP();
                    ports.add((port.getProtocol() == null ? "TCP" : port.getProtocol()) + " " + port.getHostPort() + " "
                            + ip);
                }
            }
        }
        return ports;
    }
}
