package io.jubernetes.apiserver.resource;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.common.codec.Json;
import java.util.List;

/// Makes `autoscaling/v1` Scales of objects.
final class Scale {
    private static final String VERSION = "autoscaling/v1";

    private Scale() {}

    /// The Scale of an object whose replicas and selector are where most kinds have them.
    static ObjectNode of(ObjectNode object) {
        ObjectNode scale = Json.object();
        scale.put("kind", "Scale").put("apiVersion", VERSION);
        ObjectNode meta = scale.putObject("metadata");
        for (String field : List.of("name", "namespace", "uid", "resourceVersion", "creationTimestamp")) {
            JsonNode value = object.path("metadata").get(field);
            if (value != null) {
                meta.set(field, value);
            }
        }
        long wanted = object.path("spec").path("replicas").asLong(0);
        ObjectNode spec = scale.putObject("spec");
        if (wanted != 0) {
            spec.put("replicas", wanted);
        }
        ObjectNode status = scale.putObject("status");
        status.put("replicas", object.path("status").path("replicas").asLong(0));
        String selector = SelectorText.of(object.path("spec").path("selector"));
        if (!selector.isEmpty()) {
            status.put("selector", selector);
        }
        return scale;
    }
}
