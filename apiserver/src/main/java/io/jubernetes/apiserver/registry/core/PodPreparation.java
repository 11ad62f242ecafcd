package io.jubernetes.apiserver.registry.core;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.resource.Meta;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// What the server makes of a new pod before it is checked: label keys become requirements, AppArmor annotations become
/// fields.
final class PodPreparation {
    private static final String APPARMOR = "container.apparmor.security.beta.kubernetes.io/";
    private static final List<String> LISTS = List.of("initContainers", "containers", "ephemeralContainers");

    private PodPreparation() {}

    static void prepare(ObjectNode pod) {
        ObjectNode spec = Meta.child(pod, "spec");
        Map<String, String> labels = Meta.labels(pod);
        for (String kind : List.of("podAffinity", "podAntiAffinity")) {
            JsonNode affinity = spec.path("affinity").path(kind);
            for (ObjectNode term : Meta.items(affinity, "requiredDuringSchedulingIgnoredDuringExecution")) {
                selectByKeys(term, labels);
            }
            for (ObjectNode term : Meta.items(affinity, "preferredDuringSchedulingIgnoredDuringExecution")) {
                if (term.get("podAffinityTerm") instanceof ObjectNode weighted) {
                    selectByKeys(weighted, labels);
                }
            }
        }
        for (ObjectNode constraint : Meta.items(spec, "topologySpreadConstraints")) {
            selectByKeys(constraint, labels);
        }
        if (!spec.path("os").path("name").asText("").equals("windows")) {
            takeAppArmor(pod, spec);
        }
    }

    private static void selectByKeys(ObjectNode term, Map<String, String> labels) {
        if (!(term.get("labelSelector") instanceof ObjectNode selector)) {
            return;
        }
        addRequirements(selector, term.path("matchLabelKeys"), "In", labels);
        addRequirements(selector, term.path("mismatchLabelKeys"), "NotIn", labels);
    }

    private static void addRequirements(
            ObjectNode selector, JsonNode keys, String operator, Map<String, String> labels) {
        for (JsonNode key : keys) {
            String value = labels.get(key.asText());
            if (value == null) {
                continue;
            }
            ArrayNode expressions = selector.get("matchExpressions") instanceof ArrayNode list
                    ? list
                    : selector.putArray("matchExpressions");
            ObjectNode requirement = expressions.objectNode();
            requirement.put("key", key.asText()).put("operator", operator);
            requirement.putArray("values").add(value);
            // Preparing a pod again under another generated name adds nothing.
            if (!isLast(expressions, requirement)) {
                expressions.add(requirement);
            }
        }
    }

    private static boolean isLast(ArrayNode expressions, ObjectNode requirement) {
        return !expressions.isEmpty() && expressions.get(expressions.size() - 1).equals(requirement);
    }

    private static void takeAppArmor(ObjectNode pod, ObjectNode spec) {
        JsonNode ofPod = spec.path("securityContext").path("appArmorProfile");
        for (String list : LISTS) {
            for (ObjectNode container : Meta.items(spec, list)) {
                String annotation = Meta.annotations(pod)
                        .get(APPARMOR + container.path("name").asText(""));
                if (annotation == null
                        || container
                                .path("securityContext")
                                .path("appArmorProfile")
                                .isObject()) {
                    continue;
                }
                ObjectNode profile = profile(annotation);
                if (profile != null && !profile.equals(ofPod)) {
                    Meta.child(container, "securityContext").set("appArmorProfile", profile);
                }
            }
        }
    }

    private static @Nullable ObjectNode profile(String annotation) {
        ObjectNode profile = io.jubernetes.common.codec.Json.object();
        if (annotation.equals("unconfined")) {
            return profile.put("type", "Unconfined");
        }
        if (annotation.equals("runtime/default")) {
            return profile.put("type", "RuntimeDefault");
        }
        String path = annotation.startsWith("localhost/") ? annotation.substring("localhost/".length()) : "";
        return path.isBlank() || !path.strip().equals(path)
                ? null
                : profile.put("type", "Localhost").put("localhostProfile", path);
    }

    /// Warnings about AppArmor annotations, unless the pod's author has written the fields as well.
    static List<String> appArmorWarnings(ObjectNode pod) {
        List<String> warnings = new ArrayList<>();
        Map<String, String> annotations = new TreeMap<>(Meta.annotations(pod));
        if (annotations.keySet().stream().noneMatch(key -> key.startsWith(APPARMOR))
                || pod.path("metadata").path("managedFields").toString().contains("f:appArmorProfile")) {
            return warnings;
        }
        for (String list : LISTS) {
            for (ObjectNode container : Meta.items(pod.path("spec"), list)) {
                String key = APPARMOR + container.path("name").asText("");
                if (annotations.containsKey(key)) {
                    warnings.add("metadata.annotations[" + key
                            + "]: deprecated since v1.30; use the \"appArmorProfile\" field instead");
                }
            }
        }
        return warnings;
    }
}
