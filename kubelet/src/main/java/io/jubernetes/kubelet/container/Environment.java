package io.jubernetes.kubelet.container;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.EnvFromSource;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.EnvVarSource;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Secret;
import io.jubernetes.common.meta.Quantity;
import io.jubernetes.kubelet.cluster.ClusterFailure;
import io.jubernetes.kubelet.cluster.ClusterObjects;
import io.jubernetes.kubelet.container.DownwardFields.Addresses;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// A container's variables. Later ones win over earlier ones of the same name; those of services come last
/// and never win.
final class Environment {
    private final Pod pod;
    private final Container container;
    private final ClusterObjects objects;
    private final Addresses addresses;
    private final Map<String, Quantity> allocatable;
    private final Map<String, String> variables = new LinkedHashMap<>();

    private Environment(
            Pod pod,
            Container container,
            ClusterObjects objects,
            Addresses addresses,
            Map<String, Quantity> allocatable) {
        this.pod = pod;
        this.container = container;
        this.objects = objects;
        this.addresses = addresses;
        this.allocatable = allocatable;
    }

    /// The variables in their order.
    ///
    /// @throws StartFailure when something that is referred to and not optional does not exist
    static Map<String, String> of(
            Pod pod,
            Container container,
            ClusterObjects objects,
            Addresses addresses,
            Map<String, Quantity> allocatable)
            throws StartFailure {
        var environment = new Environment(pod, container, objects, addresses, allocatable);
        try {
            environment.build();
        } catch (ClusterFailure e) {
            throw new StartFailure(StartFailure.CONFIG_ERROR, e.getMessage());
        }
        return environment.variables;
    }

    private void build() throws StartFailure, ClusterFailure {
        Map<String, String> services = ServiceVariables.of(pod, objects.services());
        for (EnvFromSource source : container.getEnvFrom()) {
            addAll(source);
        }
        // References may name services too, and only what was defined before.
        for (EnvVar variable : container.getEnv()) {
            EnvVarSource from = variable.getValueFrom();
            Optional<String> value;
            if (from == null) {
                Map<String, String> known = new LinkedHashMap<>(services);
                known.putAll(variables);
                value = Optional.of(Expansion.expand(variable.getValue() == null ? "" : variable.getValue(), known));
            } else {
                value = value(from);
            }
            value.ifPresent(text -> variables.put(variable.getName(), text));
        }
        services.forEach(variables::putIfAbsent);
    }

    private void addAll(EnvFromSource source) throws StartFailure, ClusterFailure {
        String prefix = source.getPrefix() == null ? "" : source.getPrefix();
        String namespace = pod.getMetadata().getNamespace();
        if (source.getConfigMapRef() != null) {
            String name = source.getConfigMapRef().getName();
            var found = objects.configMap(namespace, name);
            if (found.isEmpty() && !optional(source.getConfigMapRef().getOptional())) {
                throw missing("configmap", name);
            }
            found.map(ConfigMap::getData)
                    .ifPresent(data -> data.forEach((key, value) -> variables.put(prefix + key, value)));
        } else if (source.getSecretRef() != null) {
            String name = source.getSecretRef().getName();
            var found = objects.secret(namespace, name);
            if (found.isEmpty() && !optional(source.getSecretRef().getOptional())) {
                throw missing("secret", name);
            }
            found.map(Secret::getData)
                    .ifPresent(data -> data.forEach((key, value) -> variables.put(prefix + key, decode(value))));
        }
    }

    private Optional<String> value(EnvVarSource source) throws StartFailure, ClusterFailure {
        String namespace = pod.getMetadata().getNamespace();
        if (source.getFieldRef() != null) {
            String path = source.getFieldRef().getFieldPath();
            return Optional.of(DownwardFields.field(pod, source.getFieldRef(), addresses)
                    .orElseThrow(() -> new StartFailure(StartFailure.CONFIG_ERROR, "unsupported fieldPath: " + path)));
        }
        if (source.getResourceFieldRef() != null) {
            return Optional.of(DownwardFields.resource(pod, container, source.getResourceFieldRef(), allocatable)
                    .orElseThrow(() -> new StartFailure(
                            StartFailure.CONFIG_ERROR,
                            "unsupported container resource : "
                                    + source.getResourceFieldRef().getResource())));
        }
        if (source.getConfigMapKeyRef() != null) {
            var ref = source.getConfigMapKeyRef();
            var found = objects.configMap(namespace, ref.getName());
            if (found.isEmpty()) {
                return absent(ref.getOptional(), "configmap", ref.getName());
            }
            var data = found.get().getData();
            String value = data == null ? null : data.get(ref.getKey());
            return value != null
                    ? Optional.of(value)
                    : noKey(ref.getOptional(), ref.getKey(), "ConfigMap", ref.getName());
        }
        if (source.getSecretKeyRef() != null) {
            var ref = source.getSecretKeyRef();
            var found = objects.secret(namespace, ref.getName());
            if (found.isEmpty()) {
                return absent(ref.getOptional(), "secret", ref.getName());
            }
            var data = found.get().getData();
            String value = data == null ? null : data.get(ref.getKey());
            return value != null
                    ? Optional.of(decode(value))
                    : noKey(ref.getOptional(), ref.getKey(), "Secret", ref.getName());
        }
        return Optional.empty();
    }

    private static boolean optional(@Nullable Boolean flag) {
        return Boolean.TRUE.equals(flag);
    }

    private static Optional<String> absent(@Nullable Boolean optional, String kind, String name) throws StartFailure {
        if (optional(optional)) {
            return Optional.empty();
        }
        throw missing(kind, name);
    }

    private static StartFailure missing(String kind, String name) {
        return new StartFailure(StartFailure.CONFIG_ERROR, kind + " \"" + name + "\" not found");
    }

    private Optional<String> noKey(@Nullable Boolean optional, String key, String kind, String name)
            throws StartFailure {
        if (optional(optional)) {
            return Optional.empty();
        }
        throw new StartFailure(
                StartFailure.CONFIG_ERROR,
                "couldn't find key " + key + " in " + kind + " "
                        + pod.getMetadata().getNamespace() + "/" + name);
    }

    private static String decode(String base64) {
        return new String(Base64.getMimeDecoder().decode(base64), StandardCharsets.UTF_8);
    }
}
