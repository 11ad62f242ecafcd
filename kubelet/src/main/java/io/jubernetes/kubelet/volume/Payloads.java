package io.jubernetes.kubelet.volume;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.DownwardAPIVolumeFile;
import io.fabric8.kubernetes.api.model.KeyToPath;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.ServiceAccountTokenProjection;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.VolumeProjection;
import io.jubernetes.common.meta.Quantity;
import io.jubernetes.kubelet.cluster.ClusterFailure;
import io.jubernetes.kubelet.cluster.ClusterObjects;
import io.jubernetes.kubelet.container.DownwardFields;
import io.jubernetes.kubelet.container.DownwardFields.Addresses;
import io.jubernetes.kubelet.volume.AtomicWriter.Projection;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// The files of volumes whose content comes from the API: config maps, secrets, the pod's own fields, tokens.
final class Payloads {
    private static final int DEFAULT_MODE = 0644;
    private static final int PRIVATE_MODE = 0600;

    private final ClusterObjects objects;
    private final Tokens tokens;

    Payloads(ClusterObjects objects, Tokens tokens) {
        this.objects = objects;
        this.tokens = tokens;
    }

    /// What the pod's node adds to a request.
    record Context(Pod pod, Addresses addresses, Map<String, Quantity> allocatable) {}

    /// The files of a volume of one of these kinds.
    ///
    /// @throws IOException when something it refers to does not exist; the message is for the user
    Map<String, Projection> of(Context context, Volume volume) throws IOException, ClusterFailure {
        Map<String, Projection> files = new TreeMap<>();
        if (volume.getConfigMap() != null) {
            var source = volume.getConfigMap();
            addConfigMap(
                    context,
                    files,
                    source.getName(),
                    source.getItems(),
                    source.getOptional(),
                    mode(source.getDefaultMode()));
        } else if (volume.getSecret() != null) {
            var source = volume.getSecret();
            addSecret(
                    context,
                    files,
                    source.getSecretName(),
                    source.getItems(),
                    source.getOptional(),
                    mode(source.getDefaultMode()));
        } else if (volume.getDownwardAPI() != null) {
            var source = volume.getDownwardAPI();
            addFields(context, files, source.getItems(), mode(source.getDefaultMode()));
        } else if (volume.getProjected() != null) {
            int mode = mode(volume.getProjected().getDefaultMode());
            for (VolumeProjection source : volume.getProjected().getSources()) {
                addProjected(context, files, source, mode);
            }
        }
        return files;
    }

    private void addProjected(Context context, Map<String, Projection> files, VolumeProjection source, int mode)
            throws IOException, ClusterFailure {
        if (source.getConfigMap() != null) {
            var part = source.getConfigMap();
            addConfigMap(context, files, part.getName(), part.getItems(), part.getOptional(), mode);
        } else if (source.getSecret() != null) {
            var part = source.getSecret();
            addSecret(context, files, part.getName(), part.getItems(), part.getOptional(), mode);
        } else if (source.getDownwardAPI() != null) {
            addFields(context, files, source.getDownwardAPI().getItems(), mode);
        } else if (source.getServiceAccountToken() != null) {
            addToken(context, files, source.getServiceAccountToken(), mode);
        } else {
            throw new IOException("this kind of projected volume source is not supported");
        }
    }

    private static int mode(@Nullable Integer mode) {
        return mode == null ? DEFAULT_MODE : mode;
    }

    private void addConfigMap(
            Context context,
            Map<String, Projection> files,
            String name,
            List<KeyToPath> items,
            @Nullable Boolean optional,
            int mode)
            throws IOException, ClusterFailure {
        var found = objects.configMap(context.pod().getMetadata().getNamespace(), name);
        if (found.isEmpty()) {
            require(optional, "configmap \"" + name + "\" not found");
            return;
        }
        addKeys(files, content(found.get()), items, optional, mode, "references non-existent config key: ");
    }

    private static Map<String, byte[]> content(ConfigMap map) {
        Map<String, byte[]> content = new HashMap<>();
        if (map.getData() != null) {
            map.getData().forEach((key, value) -> content.put(key, value.getBytes(StandardCharsets.UTF_8)));
        }
        if (map.getBinaryData() != null) {
            map.getBinaryData()
                    .forEach((key, value) ->
                            content.put(key, Base64.getMimeDecoder().decode(value)));
        }
        return content;
    }

    private void addSecret(
            Context context,
            Map<String, Projection> files,
            String name,
            List<KeyToPath> items,
            @Nullable Boolean optional,
            int mode)
            throws IOException, ClusterFailure {
        var found = objects.secret(context.pod().getMetadata().getNamespace(), name);
        if (found.isEmpty()) {
            require(optional, "secret \"" + name + "\" not found");
            return;
        }
        Map<String, byte[]> content = new HashMap<>();
        if (found.get().getData() != null) {
            found.get()
                    .getData()
                    .forEach((key, value) ->
                            content.put(key, Base64.getMimeDecoder().decode(value)));
        }
        addKeys(files, content, items, optional, mode, "references non-existent secret key: ");
    }

    private static void addKeys(
            Map<String, Projection> files,
            Map<String, byte[]> content,
            List<KeyToPath> items,
            @Nullable Boolean optional,
            int mode,
            String complaint)
            throws IOException {
        if (items == null || items.isEmpty()) {
            content.forEach((key, value) -> files.put(key, new Projection(value, mode, null)));
            return;
        }
        for (KeyToPath item : items) {
            byte[] value = content.get(item.getKey());
            if (value == null) {
                require(optional, complaint + item.getKey());
            } else {
                files.put(item.getPath(), new Projection(value, item.getMode() == null ? mode : item.getMode(), null));
            }
        }
    }

    private static void require(@Nullable Boolean optional, String complaint) throws IOException {
        if (!Boolean.TRUE.equals(optional)) {
            throw new IOException(complaint);
        }
    }

    private static void addFields(
            Context context, Map<String, Projection> files, List<DownwardAPIVolumeFile> items, int mode)
            throws IOException {
        for (DownwardAPIVolumeFile item : items) {
            String value;
            if (item.getFieldRef() != null) {
                value = DownwardFields.field(context.pod(), item.getFieldRef(), context.addresses())
                        .orElseThrow(() -> new IOException(
                                "unsupported fieldPath: " + item.getFieldRef().getFieldPath()));
            } else {
                var ref = Objects.requireNonNull(item.getResourceFieldRef());
                value = DownwardFields.resource(context.pod(), null, ref, context.allocatable())
                        .orElseThrow(() -> new IOException("unsupported container resource : " + ref.getResource()));
            }
            files.put(
                    item.getPath(),
                    new Projection(
                            value.getBytes(StandardCharsets.UTF_8),
                            item.getMode() == null ? mode : item.getMode(),
                            null));
        }
    }

    private void addToken(
            Context context, Map<String, Projection> files, ServiceAccountTokenProjection source, int mode)
            throws ClusterFailure {
        Pod pod = context.pod();
        var security = pod.getSpec().getSecurityContext();
        boolean group = security != null && security.getFsGroup() != null;
        Integer owner = Owners.commonUser(pod);
        // Whoever shares the group or is the one user of the pod gets at it that way; nobody else shall.
        int tokenMode = group || owner != null ? PRIVATE_MODE : mode;
        String token = tokens.get(pod, source.getAudience(), source.getExpirationSeconds());
        files.put(source.getPath(), new Projection(token.getBytes(StandardCharsets.UTF_8), tokenMode, owner));
    }
}
