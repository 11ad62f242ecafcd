package io.jubernetes.kubelet.source;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodStatus;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.jubernetes.common.codec.Json;
import io.jubernetes.common.codec.Sha256;
import io.jubernetes.common.codec.Yaml;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// Pods that come from manifests on this machine. They carry annotations that say so, and an identity made
/// from their content and this node: a changed manifest is another pod.
public final class StaticPods {
    static final String HASH = "kubernetes.io/config.hash";
    static final String MIRROR = "kubernetes.io/config.mirror";
    static final String SOURCE = "kubernetes.io/config.source";
    static final String SEEN = "kubernetes.io/config.seen";
    private static final String API = "api";

    private StaticPods() {}

    /// Whether a pod comes from a manifest.
    public static boolean isStatic(Pod pod) {
        String source = annotation(pod, SOURCE);
        return source != null && !source.equals(API) && !isMirror(pod);
    }

    /// Whether a pod of the API server only shows a static one.
    public static boolean isMirror(Pod pod) {
        return annotation(pod, MIRROR) != null;
    }

    static @Nullable String annotation(Pod pod, String name) {
        Map<String, String> annotations = pod.getMetadata().getAnnotations();
        return annotations == null ? null : annotations.get(name);
    }

    /// Reads a manifest.
    ///
    /// @param source `file` or another word for where it comes from
    /// @param where the file or URL, which makes equal manifests at two places two pods
    /// @throws IOException when it is not the manifest of one pod; the message says why
    static Pod read(byte[] manifest, String source, String where, String nodeName, Instant now) throws IOException {
        return read(Yaml.read(manifest), source, where, nodeName, now);
    }

    /// Reads the manifest of one pod or of a list of them.
    static List<Pod> readAll(byte[] manifest, String source, String where, String nodeName, Instant now)
            throws IOException {
        JsonNode tree = Yaml.read(manifest);
        String kind = tree.path("kind").asText();
        if (!kind.equals("PodList") && !kind.equals("List")) {
            return List.of(read(tree, source, where, nodeName, now));
        }
        var pods = new ArrayList<Pod>();
        for (JsonNode item : tree.path("items")) {
            if (item instanceof ObjectNode pod && !pod.has("kind")) {
                pod.put("kind", "Pod");
            }
            pods.add(read(item, source, where, nodeName, now));
        }
        return pods;
    }

    private static Pod read(JsonNode tree, String source, String where, String nodeName, Instant now)
            throws IOException {
        if (!"Pod".equals(tree.path("kind").asText())) {
            throw new IOException("not a Pod: kind is \"" + tree.path("kind").asText() + "\"");
        }
        Pod pod;
        try {
            pod = Serialization.unmarshal(Json.text(tree), Pod.class);
        } catch (RuntimeException e) {
            throw new IOException("not a Pod: " + e.getMessage(), e);
        }
        if (pod.getMetadata() == null
                || pod.getMetadata().getName() == null
                || pod.getSpec() == null
                || pod.getSpec().getContainers().isEmpty()) {
            throw new IOException("a Pod needs a name and at least one container");
        }
        String given = pod.getMetadata().getUid();
        String uid = given != null && !given.isEmpty() ? given : hash(tree, nodeName, where);
        Map<String, String> annotations = new TreeMap<>();
        if (pod.getMetadata().getAnnotations() != null) {
            annotations.putAll(pod.getMetadata().getAnnotations());
        }
        annotations.put(HASH, uid);
        annotations.put(SOURCE, source);
        annotations.put(SEEN, now.toString());
        String namespace = pod.getMetadata().getNamespace();
        return new PodBuilder(pod)
                .editMetadata()
                .withName(pod.getMetadata().getName() + "-" + nodeName)
                .withNamespace(namespace == null || namespace.isEmpty() ? "default" : namespace)
                .withUid(uid)
                .withAnnotations(annotations)
                .endMetadata()
                .editSpec()
                .withNodeName(nodeName)
                .addNewToleration()
                .withOperator("Exists")
                .withEffect("NoExecute")
                .endToleration()
                .endSpec()
                .withStatus(new PodStatus())
                .build();
    }

    private static String hash(JsonNode tree, String nodeName, String where) {
        String text = new String(Json.bytes(tree), StandardCharsets.UTF_8);
        return Sha256.hex(text + "\nhost:" + nodeName + "\nfile:" + where, 16);
    }
}
