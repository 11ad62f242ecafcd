package io.jubernetes.kubelet.container;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ObjectFieldSelector;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.ResourceFieldSelector;
import io.jubernetes.common.meta.Quantity;
import java.math.RoundingMode;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Fields of a pod as its containers can see them, in variables and files.
public final class DownwardFields {
    private DownwardFields() {}

    /// Addresses that are known before the pod's status says them.
    ///
    /// @param podIps empty before there is a sandbox
    public record Addresses(List<String> podIps, List<String> hostIps) {
        public Addresses {
            podIps = List.copyOf(podIps);
            hostIps = List.copyOf(hostIps);
        }
    }

    /// The value of a field; empty when the kubelet does not know such a field.
    public static Optional<String> field(Pod pod, ObjectFieldSelector selector, Addresses addresses) {
        String path = selector.getFieldPath();
        var metadata = pod.getMetadata();
        var spec = pod.getSpec();
        return switch (path) {
            case "metadata.name" -> Optional.of(metadata.getName());
            case "metadata.namespace" -> Optional.of(metadata.getNamespace());
            case "metadata.uid" -> Optional.of(metadata.getUid());
            case "metadata.labels" -> Optional.of(lines(metadata.getLabels()));
            case "metadata.annotations" -> Optional.of(lines(metadata.getAnnotations()));
            case "spec.nodeName" -> Optional.of(Objects.requireNonNullElse(spec.getNodeName(), ""));
            case "spec.serviceAccountName" -> Optional.of(Objects.requireNonNullElse(spec.getServiceAccountName(), ""));
            case "status.hostIP" -> Optional.of(first(addresses.hostIps()));
            case "status.hostIPs" -> Optional.of(String.join(",", addresses.hostIps()));
            case "status.podIP" -> Optional.of(first(addresses.podIps()));
            case "status.podIPs" -> Optional.of(String.join(",", addresses.podIps()));
            default ->
                subscript(path, "metadata.labels", metadata.getLabels())
                        .or(() -> subscript(path, "metadata.annotations", metadata.getAnnotations()));
        };
    }

    private static String first(List<String> values) {
        return values.isEmpty() ? "" : values.getFirst();
    }

    /// `metadata.labels['key']`
    private static Optional<String> subscript(String path, String map, @Nullable Map<String, String> values) {
        if (!path.startsWith(map + "['") || !path.endsWith("']")) {
            return Optional.empty();
        }
        String key = path.substring(map.length() + 2, path.length() - 2);
        return Optional.of(values == null ? "" : values.getOrDefault(key, ""));
    }

    /// `key="value"` lines in key order; values are quoted as Go quotes strings.
    private static String lines(@Nullable Map<String, String> values) {
        var text = new StringBuilder();
        new TreeMap<>(values == null ? Map.<String, String>of() : values)
                .forEach((key, value) -> text.append(text.isEmpty() ? "" : "\n")
                        .append(key)
                        .append('=')
                        .append(quote(value)));
        return text.toString();
    }

    private static String quote(String value) {
        var out = new StringBuilder("\"");
        value.codePoints().forEach(c -> {
            switch (c) {
                case '"' -> out.append("\\\"");
                case '\\' -> out.append("\\\\");
                case '\n' -> out.append("\\n");
                case '\r' -> out.append("\\r");
                case '\t' -> out.append("\\t");
                case 7 -> out.append("\\a");
                case '\b' -> out.append("\\b");
                case '\f' -> out.append("\\f");
                case 11 -> out.append("\\v");
                default -> {
                    if (c < 32 || c == 127) {
                        out.append("\\x%02x".formatted(c));
                    } else {
                        out.appendCodePoint(c);
                    }
                }
            }
        });
        return out.append('"').toString();
    }

    /// The value of a resource field of a container.
    ///
    /// @param own the container that asks, if one does; a selector that names another looks there
    /// @param allocatable of the node: what a container without a limit can use at most
    /// @return empty when there is no such container or resource
    public static Optional<String> resource(
            Pod pod, @Nullable Container own, ResourceFieldSelector selector, Map<String, Quantity> allocatable) {
        String name = selector.getContainerName();
        Container container = name == null || name.isEmpty()
                ? own
                : Stream.concat(pod.getSpec().getInitContainers().stream(), pod.getSpec().getContainers().stream())
                        .filter(candidate -> candidate.getName().equals(name))
                        .findFirst()
                        .orElse(null);
        String field = selector.getResource();
        int dot = field.indexOf('.');
        if (container == null || dot < 0) {
            return Optional.empty();
        }
        String resource = field.substring(dot + 1);
        Optional<Quantity> amount = switch (field.substring(0, dot)) {
            case "limits" ->
                Resources.limit(container, resource).or(() -> Optional.ofNullable(allocatable.get(resource)));
            case "requests" -> Resources.request(container, resource).or(() -> Optional.of(Quantity.ZERO));
            default -> Optional.empty();
        };
        Quantity divisor = selector.getDivisor() == null
                ? Quantity.of(1)
                : Quantity.parse(selector.getDivisor().toString());
        Quantity by = divisor.signum() == 0 ? Quantity.of(1) : divisor;
        return amount.map(value ->
                value.value().divide(by.value(), 0, RoundingMode.CEILING).toPlainString());
    }
}
