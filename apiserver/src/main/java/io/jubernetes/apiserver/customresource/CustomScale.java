package io.jubernetes.apiserver.customresource;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.resource.ApiException;
import io.jubernetes.apiserver.resource.ApiException.Cause;
import io.jubernetes.apiserver.resource.Meta;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// How the number of replicas is read from and written into objects of a custom kind. Immutable.
public final class CustomScale {
    private final CustomKind.Scale paths;

    CustomScale(CustomKind.Scale paths) {
        this.paths = paths;
    }

    private static List<String> steps(String path) {
        return Arrays.asList((path.startsWith(".") ? path.substring(1) : path).split("\\."));
    }

    private static JsonNode at(JsonNode object, String path) {
        JsonNode value = object;
        for (String step : steps(path)) {
            value = value.path(step);
        }
        return value;
    }

    /// The Scale of an object, with the metadata every Scale shows.
    ///
    /// @throws ApiException 500 when the object does not say how many replicas are wanted
    public ObjectNode scaleOf(ObjectNode object) {
        JsonNode wanted = at(object, paths.specReplicas());
        if (!wanted.isNumber()) {
            throw ApiException.internal("the spec replicas field \"" + paths.specReplicas() + "\" does not exist");
        }
        ObjectNode scale = io.jubernetes.common.codec.Json.object();
        scale.put("kind", "Scale").put("apiVersion", "autoscaling/v1");
        ObjectNode meta = scale.putObject("metadata");
        for (String field : List.of("name", "namespace", "uid", "resourceVersion", "creationTimestamp")) {
            JsonNode value = object.path("metadata").get(field);
            if (value != null) {
                meta.set(field, value);
            }
        }
        ObjectNode spec = scale.putObject("spec");
        if (wanted.asLong() != 0) {
            spec.put("replicas", wanted.asLong());
        }
        ObjectNode status = scale.putObject("status");
        status.put("replicas", at(object, paths.statusReplicas()).asLong(0));
        String selector = paths.labelSelector().isEmpty()
                ? ""
                : at(object, paths.labelSelector()).asText("");
        if (!selector.isEmpty()) {
            status.put("selector", selector);
        }
        return scale;
    }

    /// Makes an object that does not say how many replicas are wanted say none, in place.
    public void complete(ObjectNode object) {
        if (!at(object, paths.specReplicas()).isNumber()) {
            set(object, 0);
        }
    }

    /// Writes the number of wanted replicas into an object, in place.
    public void set(ObjectNode object, long replicas) {
        List<String> steps = steps(paths.specReplicas());
        ObjectNode parent = object;
        for (String step : steps.subList(0, steps.size() - 1)) {
            parent = Meta.child(parent, step);
        }
        parent.put(steps.getLast(), replicas);
    }

    /// Everything wrong with the numbers of an object.
    List<Cause> validate(ObjectNode object) {
        List<Cause> causes = new ArrayList<>();
        number(object, paths.specReplicas(), causes);
        if (!paths.labelSelector().isEmpty()) {
            JsonNode selector = at(object, paths.labelSelector());
            if (!selector.isMissingNode() && !selector.isTextual()) {
                causes.add(Cause.invalid(
                        paths.labelSelector(), "", accessorError(paths.labelSelector(), selector, "string")));
            }
        }
        number(object, paths.statusReplicas(), causes);
        return causes;
    }

    private static void number(ObjectNode object, String path, List<Cause> causes) {
        JsonNode value = at(object, path);
        if (value.isMissingNode()) {
            return;
        }
        if (!value.isIntegralNumber()) {
            causes.add(Cause.invalid(path, 0, accessorError(path, value, "int64")));
        } else if (value.asLong() < 0) {
            causes.add(Cause.invalid(path, value, "should be a non-negative integer"));
        } else if (value.asLong() > Integer.MAX_VALUE) {
            causes.add(Cause.invalid(path, value, "should be less than or equal to " + Integer.MAX_VALUE));
        }
    }

    private static String accessorError(String path, JsonNode value, String wanted) {
        String type = switch (value.getNodeType()) {
            case OBJECT -> "map[string]interface {}";
            case ARRAY -> "[]interface {}";
            case BOOLEAN -> "bool";
            case NUMBER -> value.isIntegralNumber() ? "int64" : "float64";
            case NULL -> "<nil>";
            default -> "string";
        };
        return path + " accessor error: " + (value.isNull() ? "<nil>" : value.asText()) + " is of the type " + type
                + ", expected " + wanted;
    }
}
