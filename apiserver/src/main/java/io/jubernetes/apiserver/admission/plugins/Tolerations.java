package io.jubernetes.apiserver.admission.plugins;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.resource.Meta;
import java.util.ArrayList;
import java.util.List;

/// How tolerations of pods add up.
final class Tolerations {
    private Tolerations() {}

    /// Adds a toleration to a pod that has no equal one.
    static void add(ObjectNode spec, JsonNode toleration) {
        ArrayNode all = spec.get("tolerations") instanceof ArrayNode present ? present : spec.putArray("tolerations");
        for (JsonNode present : all) {
            if (Meta.same(present, toleration)) {
                return;
            }
        }
        all.add(toleration.deepCopy());
    }

    /// All of both, without those that another one covers; of equal ones the first stays.
    static List<JsonNode> merge(Iterable<JsonNode> first, Iterable<JsonNode> second) {
        List<JsonNode> all = new ArrayList<>();
        first.forEach(all::add);
        second.forEach(all::add);
        List<JsonNode> merged = new ArrayList<>();
        for (int i = 0; i < all.size(); i++) {
            JsonNode own = all.get(i);
            boolean covered = covers(merged, own)
                    || all.subList(i + 1, all.size()).stream()
                            .anyMatch(later -> !Meta.same(later, own) && covers(later, own));
            if (!covered) {
                merged.add(own);
            }
        }
        return merged;
    }

    /// Whether one of several tolerates whatever a toleration does.
    static boolean covers(Iterable<JsonNode> several, JsonNode toleration) {
        for (JsonNode each : several) {
            if (covers(each, toleration)) {
                return true;
            }
        }
        return false;
    }

    private static boolean covers(JsonNode wide, JsonNode narrow) {
        if (Meta.same(wide, narrow)) {
            return true;
        }
        boolean exists = text(wide, "operator").equals("Exists");
        boolean anyKey = text(wide, "key").isEmpty() && exists;
        if (!anyKey && !text(wide, "key").equals(text(narrow, "key"))) {
            return false;
        }
        String effect = text(wide, "effect");
        if (!effect.isEmpty() && !effect.equals(text(narrow, "effect"))) {
            return false;
        }
        JsonNode limit = wide.path("tolerationSeconds");
        if (effect.equals("NoExecute") && limit.isNumber()) {
            JsonNode asked = narrow.path("tolerationSeconds");
            if (!asked.isNumber() || asked.longValue() > limit.longValue()) {
                return false;
            }
        }
        return exists
                || !text(narrow, "operator").equals("Exists")
                        && text(wide, "value").equals(text(narrow, "value"));
    }

    private static String text(JsonNode toleration, String field) {
        return toleration.path(field).asText("");
    }
}
