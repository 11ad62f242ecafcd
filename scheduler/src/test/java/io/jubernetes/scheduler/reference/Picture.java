package io.jubernetes.scheduler.reference;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import io.jubernetes.common.meta.ObjectKey;
import io.jubernetes.scheduler.FakeCluster;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/// A cluster as plain lists. What would be if something were otherwise is asked of a changed copy.
public final class Picture {
    public final Map<String, Node> nodes = new LinkedHashMap<>();
    /// The pods that have a node.
    public final List<Pod> placed = new ArrayList<>();

    final FakeCluster objects;

    /// @param objects of all other kinds
    public Picture(FakeCluster objects) {
        this.objects = objects;
    }

    private Picture copy() {
        var copy = new Picture(objects);
        copy.nodes.putAll(nodes);
        copy.placed.addAll(placed);
        return copy;
    }

    Picture without(Collection<Pod> gone) {
        Picture copy = copy();
        copy.placed.removeAll(gone);
        return copy;
    }

    Picture with(Collection<Pod> come, Node node) {
        Picture copy = copy();
        come.forEach(pod -> copy.placed.add(
                pod.edit().editSpec().withNodeName(name(node)).endSpec().build()));
        return copy;
    }

    List<Pod> on(Node node) {
        return placed.stream()
                .filter(pod -> name(node).equals(pod.getSpec().getNodeName()))
                .toList();
    }

    Node home(Pod pod) {
        return Objects.requireNonNull(nodes.get(pod.getSpec().getNodeName()));
    }

    <T extends HasMetadata> List<T> all(Class<T> kind) {
        return objects.lister(kind).all();
    }

    <T extends HasMetadata> Optional<T> find(Class<T> kind, String namespace, String name) {
        return objects.lister(kind).find(ObjectKey.of(namespace, name));
    }

    static String name(HasMetadata object) {
        return object.getMetadata().getName();
    }

    static String namespace(HasMetadata object) {
        return object.getMetadata().getNamespace();
    }

    static Map<String, String> labels(HasMetadata object) {
        return Objects.requireNonNullElse(object.getMetadata().getLabels(), Map.of());
    }
}
