package io.jubernetes.apiserver.customresource;

import com.fasterxml.jackson.databind.JsonNode;
import io.jubernetes.apiserver.resource.ApiException.Cause;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.apiserver.validation.MetadataRules;
import io.jubernetes.common.meta.NameRules;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What must hold for objects that are embedded in another: a kind, an API version and well-formed
/// metadata.
final class EmbeddedRules {
    private EmbeddedRules() {}

    /// Everything wrong with embedded objects below a value.
    static List<Cause> validate(Structural schema, JsonNode value, String path) {
        List<Cause> causes = new ArrayList<>();
        walk(schema, value, path, causes);
        return causes;
    }

    private static void walk(@Nullable Structural schema, JsonNode value, String path, List<Cause> causes) {
        if (schema == null) {
            return;
        }
        if (value.isObject()) {
            if (schema.isEmbedded()) {
                check(value, path, causes);
            }
            for (Map.Entry<String, JsonNode> entry : value.properties()) {
                Structural named = schema.property(entry.getKey());
                String below = path.isEmpty()
                        ? entry.getKey()
                        : named == null ? path + "[" + entry.getKey() + "]" : path + "." + entry.getKey();
                walk(named == null ? schema.additional() : named, entry.getValue(), below, causes);
            }
        } else if (value.isArray()) {
            for (int i = 0; i < value.size(); i++) {
                walk(schema.items(), value.get(i), path + "[" + i + "]", causes);
            }
        }
    }

    private static void check(JsonNode object, String path, List<Cause> causes) {
        String apiVersion = object.path("apiVersion").asText("");
        if (apiVersion.isEmpty()) {
            causes.add(Cause.required(path + ".apiVersion", ""));
        } else if (apiVersion.split("/", -1).length > 2) {
            causes.add(
                    Cause.invalid(path + ".apiVersion", apiVersion, "unexpected GroupVersion string: " + apiVersion));
        }
        String kind = object.path("kind").asText("");
        if (kind.isEmpty()) {
            causes.add(Cause.required(path + ".kind", ""));
        } else {
            List<String> problems = NameRules.label1035(kind.toLowerCase(Locale.ROOT));
            if (!problems.isEmpty()) {
                causes.add(Cause.invalid(
                        path + ".kind",
                        kind,
                        "may have mixed case, but should otherwise match: " + String.join(",", problems)));
            }
        }
        causes.addAll(MetadataRules.labels(Meta.labels(object), path + ".metadata.labels"));
        causes.addAll(MetadataRules.annotations(Meta.annotations(object), path + ".metadata.annotations"));
    }
}
