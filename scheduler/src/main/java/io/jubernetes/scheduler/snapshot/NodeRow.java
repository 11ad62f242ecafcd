package io.jubernetes.scheduler.snapshot;

import io.fabric8.kubernetes.api.model.ContainerImage;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Taint;
import io.jubernetes.scheduler.framework.HostPort;
import io.jubernetes.scheduler.framework.NodeInfo;
import io.jubernetes.scheduler.framework.PodInfo;
import io.jubernetes.scheduler.framework.Resources;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// One node of the table: what is not a number, and the way to its numbers.
final class NodeRow implements NodeInfo {
    private final NodeTable table;
    private final Map<String, PodInfo> pods = new LinkedHashMap<>();
    private final List<HostPort> usedPorts = new ArrayList<>();
    private int index;
    private long generation;
    private Node node;
    private String name;
    private List<Taint> taints = List.of();
    private boolean unschedulable;
    private Map<String, String> labels = Map.of();
    private Map<String, Long> images = Map.of();

    NodeRow(NodeTable table, int index, Node node) {
        this.table = table;
        this.index = index;
        this.node = node;
        this.name = node.getMetadata().getName();
    }

    int index() {
        return index;
    }

    void moveTo(int row) {
        index = row;
    }

    void touch(long number) {
        generation = number;
    }

    /// Whether a new state changes nothing that scheduling looks at; a heartbeat does not.
    boolean isSame(Node state) {
        return hasSameLabels(state)
                && hasSameTaints(state)
                && Objects.equals(
                        node.getMetadata().getAnnotations(), state.getMetadata().getAnnotations())
                && (node.getStatus() == null
                        ? state.getStatus() == null
                        : state.getStatus() != null
                                && Objects.equals(
                                        node.getStatus().getAllocatable(),
                                        state.getStatus().getAllocatable())
                                && node.getStatus()
                                        .getImages()
                                        .equals(state.getStatus().getImages()));
    }

    boolean hasSameLabels(Node state) {
        return labels.equals(labelsOf(state));
    }

    boolean hasSameTaints(Node state) {
        return Objects.equals(node.getSpec(), state.getSpec());
    }

    void replace(Node state) {
        node = state;
    }

    private static Map<String, String> labelsOf(Node node) {
        return node.getMetadata().getLabels() == null
                ? Map.of()
                : node.getMetadata().getLabels();
    }

    void update(Node state) {
        node = state;
        name = state.getMetadata().getName();
        taints = state.getSpec() == null ? List.of() : state.getSpec().getTaints();
        unschedulable =
                state.getSpec() != null && Boolean.TRUE.equals(state.getSpec().getUnschedulable());
        labels = labelsOf(state);
        var sizes = new HashMap<String, Long>();
        if (state.getStatus() != null) {
            for (ContainerImage image : state.getStatus().getImages()) {
                long size = image.getSizeBytes() == null ? 0 : image.getSizeBytes();
                image.getNames().forEach(name -> sizes.put(name, size));
            }
        }
        images = sizes;
    }

    void addPod(PodInfo pod) {
        pods.put(pod.uid(), pod);
        usedPorts.addAll(pod.hostPorts());
    }

    @Nullable
    PodInfo findPod(String uid) {
        return pods.get(uid);
    }

    /// Takes another state of a pod that is there.
    void swapPod(PodInfo pod) {
        pods.put(pod.uid(), pod);
    }

    @Nullable
    PodInfo removePod(String uid) {
        PodInfo pod = pods.remove(uid);
        if (pod != null) {
            pod.hostPorts().forEach(usedPorts::remove);
        }
        return pod;
    }

    @Override
    public Node node() {
        return node;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public int row() {
        return index;
    }

    @Override
    public long generation() {
        return generation;
    }

    @Override
    public Map<String, String> labels() {
        return labels;
    }

    @Override
    public List<Taint> taints() {
        return taints;
    }

    @Override
    public boolean isUnschedulable() {
        return unschedulable;
    }

    @Override
    public Collection<PodInfo> pods() {
        return pods.values();
    }

    @Override
    public Collection<HostPort> usedPorts() {
        return usedPorts;
    }

    @Override
    public Map<String, Long> images() {
        return images;
    }

    @Override
    public long allocatable(int resource) {
        return resource < table.allocatable.length ? table.allocatable[resource][index] : 0;
    }

    @Override
    public long requested(int resource) {
        return resource < table.requested.length ? table.requested[resource][index] : 0;
    }

    @Override
    public long nonZeroRequested(int resource) {
        return switch (resource) {
            case Resources.CPU -> table.nonZeroCpu[index];
            case Resources.MEMORY -> table.nonZeroMemory[index];
            default -> requested(resource);
        };
    }

    @Override
    public String toString() {
        return name();
    }
}
