package io.jubernetes.apiserver.registry.core.podspec;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.apiserver.resource.Strategy;
import io.jubernetes.apiserver.validation.Field;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// What may change through a pod's `resize`: the CPU and memory of containers that run.
public final class PodResizeRules {
    private static final List<String> PARTS = List.of("requests", "limits");
    private static final List<String> MUTABLE = List.of("cpu", "memory");

    private PodResizeRules() {}

    /// Puts back everything of a pod that a resize does not look at.
    ///
    /// @param pod as asked for; changed in place
    public static void keepRest(ObjectNode pod, ObjectNode old) {
        JsonNode asked = pod.path("spec").deepCopy();
        ObjectNode spec = old.path("spec").deepCopy();
        for (String list : List.of("containers", "initContainers")) {
            if (asked.path(list) instanceof ArrayNode containers) {
                spec.set(list, resized(containers, spec.path(list)));
            }
        }
        if (asked.has("resources")) {
            spec.set("resources", asked.get("resources"));
        }
        pod.set("spec", spec);
        Strategy.restore(pod, old, "status");
    }

    private static ArrayNode resized(ArrayNode asked, JsonNode present) {
        Map<String, JsonNode> byName = new HashMap<>();
        present.forEach(container -> byName.put(container.path("name").asText(""), container));
        ArrayNode result = asked.arrayNode();
        for (JsonNode container : asked) {
            // Containers that are added stay, so that they are refused.
            if (byName.get(container.path("name").asText("")) instanceof ObjectNode known
                    && container instanceof ObjectNode wanted) {
                ObjectNode copy = known.deepCopy();
                Strategy.restore(copy, wanted, "resources");
                Strategy.restore(copy, wanted, "resizePolicy");
                result.add(copy);
            } else {
                result.add(container);
            }
        }
        return result;
    }

    /// Reports changes that a resize may not make.
    public static void check(Field pod, ObjectNode old) {
        if (old.path("metadata").path("annotations").has(AnnotationRules.MIRROR)) {
            refuse(pod, "static pods cannot be resized");
            return;
        }
        if (old.path("spec").path("os").path("name").asText("").equals("windows")) {
            refuse(pod, "windows pods cannot be resized");
            return;
        }
        Field spec = pod.get("spec");
        JsonNode before = old.path("spec");
        String qos = old.path("status").path("qosClass").asText(PodResources.qosClass(before));
        if (!qos.equals(PodResources.qosClass(spec.value()))) {
            spec.invalid(qos, "Pod QOS Class may not change as a result of resizing");
        }
        if (!isSupportedByNode(old)) {
            spec.forbidden("Pod running on node without support for resize");
        }
        for (String list : List.of("initContainers", "containers")) {
            if (!sameNames(spec.get(list).value(), before.path(list))) {
                spec.get(list).forbidden("containers may not be added or removed on resize");
                return;
            }
        }
        checkList(spec, before, "initContainers");
        checkList(spec, before, "containers");
        int found = pod.causes().size();
        checkRest(spec, before);
        if (found == pod.causes().size() && found == 0) {
            checkPodLevel(spec.get("resources"), before.path("resources"));
        }
    }

    private static void refuse(Field pod, String why) {
        pod.causes().clear();
        pod.forbidden(why);
    }

    /// A node that reports its containers' resources can change them.
    private static boolean isSupportedByNode(ObjectNode pod) {
        for (JsonNode container : pod.path("status").path("containerStatuses")) {
            if (container.path("state").path("running").isObject()) {
                return container.path("resources").isObject();
            }
        }
        return true;
    }

    private static boolean sameNames(JsonNode now, JsonNode before) {
        if (now.size() != before.size()) {
            return false;
        }
        for (int i = 0; i < now.size(); i++) {
            if (!now.path(i).path("name").equals(before.path(i).path("name"))) {
                return false;
            }
        }
        return true;
    }

    private static void checkList(Field spec, JsonNode before, String list) {
        int index = 0;
        for (Field container : spec.get(list).items()) {
            JsonNode old = before.path(list).path(index++);
            if (list.equals("initContainers")
                    && !old.path("restartPolicy").asText("").equals("Always")) {
                continue;
            }
            Field resources = container.get("resources");
            for (String part : PARTS) {
                old.path("resources").path(part).fieldNames().forEachRemaining(name -> {
                    if (!resources.get(part).value().has(name)
                            && resources.get(part).causes().stream()
                                    .noneMatch(cause -> cause.field()
                                            .equals(resources.get(part).path()))) {
                        resources.get(part).forbidden("resource " + part + " cannot be removed");
                    }
                });
            }
        }
    }

    private static void checkRest(Field spec, JsonNode before) {
        int index = 0;
        for (Field container : spec.get("containers").items()) {
            if (!sameButMutable(container.value(), before.path("containers").path(index++))) {
                spec.forbidden("only cpu and memory resources are mutable");
            }
        }
        index = 0;
        for (Field container : spec.get("initContainers").items()) {
            JsonNode old = before.path("initContainers").path(index++);
            if (ContainerRules.isSidecar(container)) {
                if (!sameButMutable(container.value(), old)) {
                    spec.forbidden("only cpu and memory resources for sidecar containers are mutable");
                }
            } else if (!Meta.same(container.value(), old)) {
                spec.forbidden("resources for non-sidecar init containers are immutable");
            }
        }
    }

    /// Whether nothing but CPU and memory differs. Removed ones have been reported before.
    private static boolean sameButMutable(JsonNode now, JsonNode before) {
        ObjectNode copy = now.deepCopy();
        ObjectNode resources = Meta.child(copy, "resources");
        for (String part : PARTS) {
            JsonNode old = before.path("resources").path(part);
            if (!old.isObject()) {
                resources.remove(part);
                continue;
            }
            ObjectNode amounts = Meta.child(resources, part);
            for (String name : MUTABLE) {
                Strategy.restore(amounts, (ObjectNode) old, name);
            }
        }
        // The restart policies of a resize may change with it.
        Strategy.restore(copy, (ObjectNode) before, "resizePolicy");
        ObjectNode then = before.deepCopy();
        Meta.child(then, "resources");
        return Meta.same(copy, then);
    }

    private static void checkPodLevel(Field resources, JsonNode before) {
        for (String part : PARTS) {
            before.path(part).properties().forEach(entry -> {
                String name = entry.getKey();
                Field now = resources.get(part).key(name);
                if (!now.isSet()) {
                    resources.get(part).forbidden("pod-level resource " + part + " cannot be removed");
                } else if (!MUTABLE.contains(name) && !Meta.same(now.value(), entry.getValue())) {
                    resources.forbidden("only cpu and memory resources are mutable");
                }
            });
        }
    }
}
