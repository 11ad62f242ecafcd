package io.jubernetes.scheduler.framework;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerPort;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.Toleration;
import io.jubernetes.common.meta.ObjectKey;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/// A pod with what scheduling needs of it, computed once. Immutable.
public final class PodInfo {
    private final Pod pod;
    private final ObjectKey key;
    private final PodRequests requests;
    private final List<HostPort> hostPorts;
    private final Map<String, String> labels;
    private final PodTerms terms;

    private PodInfo(Pod pod, Resources resources) {
        this.pod = pod;
        this.key = ObjectKey.of(pod);
        this.requests = PodRequests.of(pod, resources);
        this.hostPorts = hostPorts(pod.getSpec());
        this.labels = pod.getMetadata().getLabels() == null
                ? Map.of()
                : pod.getMetadata().getLabels();
        this.terms = PodTerms.of(pod.getSpec().getAffinity(), key.namespace());
    }

    public static PodInfo of(Pod pod, Resources resources) {
        return new PodInfo(pod, resources);
    }

    public Pod pod() {
        return pod;
    }

    public ObjectKey key() {
        return key;
    }

    public Map<String, String> labels() {
        return labels;
    }

    /// What it asks about other pods.
    public PodTerms terms() {
        return terms;
    }

    public String uid() {
        return pod.getMetadata().getUid();
    }

    /// The node it is bound to, if any.
    public Optional<String> nodeName() {
        String name = pod.getSpec().getNodeName();
        return name == null || name.isEmpty() ? Optional.empty() : Optional.of(name);
    }

    public String schedulerName() {
        return Objects.requireNonNullElse(pod.getSpec().getSchedulerName(), "default-scheduler");
    }

    public int priority() {
        return Objects.requireNonNullElse(pod.getSpec().getPriority(), 0);
    }

    public PodRequests requests() {
        return requests;
    }

    public List<HostPort> hostPorts() {
        return hostPorts;
    }

    public List<Toleration> tolerations() {
        return pod.getSpec().getTolerations();
    }

    public boolean isTerminating() {
        return pod.getMetadata().getDeletionTimestamp() != null;
    }

    /// Whether the pod means the same to others as another state of it; what only its own status tells may differ.
    public boolean hasSameFootprint(PodInfo other) {
        return requests.equals(other.requests)
                && labels.equals(other.labels)
                && hostPorts.equals(other.hostPorts)
                && isTerminating() == other.isTerminating()
                && priority() == other.priority()
                && terms.equals(other.terms)
                && pod.getSpec().getVolumes().equals(other.pod.getSpec().getVolumes());
    }

    @Override
    public String toString() {
        return key.toString();
    }

    /// The ports of its node that a pod takes.
    public static List<HostPort> hostPorts(PodSpec spec) {
        var ports = new ArrayList<HostPort>();
        collect(spec.getContainers(), ports);
        collect(spec.getInitContainers().stream().filter(PodRequests::isSidecar).toList(), ports);
        return List.copyOf(ports);
    }

    private static void collect(List<Container> containers, List<HostPort> into) {
        for (Container container : containers) {
            for (ContainerPort port : container.getPorts()) {
                Integer hostPort = port.getHostPort();
                if (hostPort != null && hostPort > 0) {
                    String ip =
                            port.getHostIP() == null || port.getHostIP().isEmpty() ? HostPort.ANY : port.getHostIP();
                    into.add(new HostPort(ip, Objects.requireNonNullElse(port.getProtocol(), "TCP"), hostPort));
                }
            }
        }
    }
}
