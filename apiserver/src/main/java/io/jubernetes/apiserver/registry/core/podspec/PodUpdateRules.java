package io.jubernetes.apiserver.registry.core.podspec;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.apiserver.resource.Strategy;
import io.jubernetes.apiserver.validation.Field;
import io.jubernetes.apiserver.validation.InternalForm;
import io.jubernetes.apiserver.validation.TextDiff;
import io.jubernetes.common.codec.Json;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// What of a pod may change through the pod itself and through `ephemeralcontainers`: little.
public final class PodUpdateRules {
    private static final String CHANGEABLE = "pod updates may not change fields other than"
            + " `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations`"
            + " (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if"
            + " it was previously negative)";
    private static final String REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution";
    private static final String TERMS = "nodeSelectorTerms";

    private PodUpdateRules() {}

    /// Reports changes that a pod's update may not make.
    public static void check(Field pod, ObjectNode old) {
        Field annotations = pod.get("metadata").get("annotations");
        AnnotationRules.checkUpdate(annotations, old.path("metadata").path("annotations"), pod.get("spec"));
        Field spec = pod.get("spec");
        JsonNode before = old.path("spec");
        for (String list : List.of("containers", "initContainers")) {
            Field containers = spec.get(list);
            if (containers.value().size() != before.path(list).size()) {
                containers.forbidden("pod updates may not add or remove containers");
                return;
            }
            for (Field container : containers.items()) {
                container.get("image").requireValue();
                ContainerRules.checkImageOfPod(container);
            }
        }
        if (!checkDeadline(spec.get("activeDeadlineSeconds"), before.path("activeDeadlineSeconds"))) {
            return;
        }
        checkTolerations(spec.get("tolerations"), before.path("tolerations"));
        checkGates(spec.get("schedulingGates"), before.path("schedulingGates"));
        if (Meta.same(spec.value(), before)) {
            return;
        }
        ObjectNode rest = withoutChangeable(spec, (ObjectNode) before);
        if (!Meta.same(rest, before)) {
            String diff =
                    TextDiff.of(InternalForm.of("core.v1.PodSpec", before), InternalForm.of("core.v1.PodSpec", rest));
            spec.forbidden(CHANGEABLE + "\n" + diff);
        }
    }

    private static boolean checkDeadline(Field deadline, JsonNode before) {
        if (!deadline.isSet()) {
            if (before.isNumber()) {
                deadline.invalid(
                        com.fasterxml.jackson.databind.node.NullNode.instance,
                        "must not update from a positive integer to nil value");
            }
            return true;
        }
        if (deadline.number() < 0 || deadline.number() > Integer.MAX_VALUE) {
            deadline.requireBetween(0, Integer.MAX_VALUE);
            return false;
        }
        if (before.isNumber() && before.longValue() < deadline.number()) {
            deadline.invalid("must be less than or equal to previous value");
            return false;
        }
        return true;
    }

    private static void checkTolerations(Field tolerations, JsonNode before) {
        Set<JsonNode> present = new HashSet<>();
        tolerations.items().forEach(toleration -> present.add(lasting(toleration.value())));
        for (JsonNode toleration : before) {
            if (!present.contains(lasting(toleration))) {
                tolerations.forbidden("existing toleration can not be modified except its tolerationSeconds");
                return;
            }
        }
        SchedulingRules.checkTolerations(tolerations);
    }

    /// A toleration without the part that may change.
    private static JsonNode lasting(JsonNode toleration) {
        ObjectNode copy = toleration.deepCopy();
        copy.remove("tolerationSeconds");
        return copy;
    }

    private static void checkGates(Field gates, JsonNode before) {
        Set<String> known = new HashSet<>();
        before.forEach(gate -> known.add(gate.path("name").asText("")));
        Map<String, Field> added = new LinkedHashMap<>();
        for (Field gate : gates.items()) {
            if (!known.contains(gate.get("name").text())) {
                added.put(gate.get("name").text(), gate);
            }
        }
        added.forEach((name, gate) ->
                gate.get("name").forbidden("only deletion is allowed, but found new scheduling gate '" + name + "'"));
    }

    /// The new specification with everything put back that may change; what still differs may not.
    private static ObjectNode withoutChangeable(Field spec, ObjectNode before) {
        ObjectNode rest = spec.value().deepCopy();
        for (String list : List.of("containers", "initContainers")) {
            for (int i = 0; i < rest.path(list).size(); i++) {
                Strategy.restore(
                        (ObjectNode) rest.path(list).path(i),
                        (ObjectNode) before.path(list).path(i),
                        "image");
            }
        }
        for (String field : List.of("activeDeadlineSeconds", "schedulingGates", "tolerations")) {
            Strategy.restore(rest, before, field);
        }
        long grace = before.path("terminationGracePeriodSeconds").asLong(0);
        if (grace < 0 && rest.path("terminationGracePeriodSeconds").asLong(0) == 1) {
            Strategy.restore(rest, before, "terminationGracePeriodSeconds");
        }
        if (!before.path("schedulingGates").isEmpty()) {
            // As long as a pod waits, where it may run can be narrowed down.
            if (!Meta.same(rest.path("nodeSelector"), before.path("nodeSelector"))) {
                checkNodeSelector(spec.get("nodeSelector"), before.path("nodeSelector"));
                Strategy.restore(rest, before, "nodeSelector");
            }
            checkNodeAffinity(spec, rest, before);
        }
        return rest;
    }

    private static void checkNodeSelector(Field selector, JsonNode before) {
        Map<String, String> now = Meta.strings(selector.value());
        boolean kept = Meta.strings(before).entrySet().stream()
                .allMatch(entry -> entry.getValue().equals(now.get(entry.getKey())));
        if (!kept) {
            selector.invalid(
                    Json.tree(new java.util.TreeMap<>(now)),
                    "only additions to spec.nodeSelector are allowed (no mutations or deletions)");
        }
    }

    private static void checkNodeAffinity(Field spec, ObjectNode rest, ObjectNode before) {
        JsonNode now = rest.path("affinity").path("nodeAffinity");
        JsonNode then = before.path("affinity").path("nodeAffinity");
        if (Meta.same(now, then) || now.isMissingNode() && then.isMissingNode()) {
            return;
        }
        checkTerms(spec.get("affinity").get("nodeAffinity"), then);
        ObjectNode affinity = Meta.child(rest, "affinity");
        if (then.isMissingNode()) {
            affinity.remove("nodeAffinity");
            if (affinity.isEmpty() && !before.has("affinity")) {
                rest.remove("affinity");
            }
        } else {
            affinity.set("nodeAffinity", then.deepCopy());
        }
    }

    private static void checkTerms(Field affinity, JsonNode before) {
        if (!before.path(REQUIRED).isObject()) {
            return;
        }
        JsonNode old = before.path(REQUIRED).path(TERMS);
        Field terms = affinity.get(REQUIRED).get(TERMS);
        List<Field> now = terms.items();
        if (!old.isEmpty() && old.size() != now.size()) {
            var shown = Json.MAPPER.createArrayNode();
            now.forEach(term -> shown.add(InternalForm.of("core.v1.NodeSelectorTerm", term.value())));
            terms.invalid(
                    now.isEmpty() ? com.fasterxml.jackson.databind.node.NullNode.instance : shown,
                    "no additions/deletions to non-empty NodeSelectorTerms list are allowed");
            return;
        }
        for (int i = 0; i < old.size(); i++) {
            if (!hasOnlyAdditions(now.get(i).value(), old.path(i))) {
                now.get(i)
                        .invalid(
                                InternalForm.of(
                                        "core.v1.NodeSelectorTerm", now.get(i).value()),
                                "only additions are allowed (no mutations or deletions)");
            }
        }
    }

    private static boolean hasOnlyAdditions(JsonNode now, JsonNode before) {
        JsonNode labels = before.path("matchExpressions");
        JsonNode fields = before.path("matchFields");
        if (labels.isEmpty() && fields.isEmpty()) {
            // An empty term matches no node; additions would make it match some.
            return now.path("matchExpressions").isEmpty()
                    && now.path("matchFields").isEmpty();
        }
        return beginsWith(now.path("matchExpressions"), labels) && beginsWith(now.path("matchFields"), fields);
    }

    private static boolean beginsWith(JsonNode list, JsonNode start) {
        for (int i = 0; i < start.size(); i++) {
            if (!Meta.same(list.path(i), start.path(i))) {
                return false;
            }
        }
        return true;
    }

    /// Reports changes of ephemeral containers that exist already.
    public static void checkEphemeralContainers(Field pod, ObjectNode old) {
        JsonNode annotations = old.path("metadata").path("annotations");
        AnnotationRules.checkUpdate(pod.get("metadata").get("annotations"), annotations, pod.get("spec"));
        if (annotations.has(AnnotationRules.MIRROR)) {
            pod.causes().clear();
            pod.forbidden("static pods do not support ephemeral containers");
            return;
        }
        Field list = pod.get("spec").get("ephemeralContainers");
        Map<String, JsonNode> now = new LinkedHashMap<>();
        list.items().forEach(container -> now.put(container.get("name").text(), container.value()));
        for (JsonNode before : old.path("spec").path("ephemeralContainers")) {
            String name = before.path("name").asText("");
            JsonNode after = now.get(name);
            if (after == null) {
                list.forbidden("existing ephemeral containers " + Json.text(name) + " may not be removed\n");
            } else if (!Meta.same(after, before)) {
                String type = "core.v1.EphemeralContainer";
                list.forbidden("existing ephemeral containers " + Json.text(name) + " may not be changed\n"
                        + TextDiff.of(InternalForm.of(type, before), InternalForm.of(type, after)));
            }
        }
    }
}
