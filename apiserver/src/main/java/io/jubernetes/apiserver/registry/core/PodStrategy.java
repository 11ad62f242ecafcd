package io.jubernetes.apiserver.registry.core;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.registry.SpecStatusStrategy;
import io.jubernetes.apiserver.resource.ApiException.Cause;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.apiserver.resource.Table;
import io.jubernetes.common.meta.Quantity;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Pods.
public final class PodStrategy extends SpecStatusStrategy {
    private static final PodTable TABLE = new PodTable();
    private static final Set<String> FINISHED = Set.of("Succeeded", "Failed");

    @Override
    public void applyDefaults(ObjectNode pod) {
        ObjectNode spec = Meta.child(pod, "spec");
        PodDefaults.apply(spec);
        Meta.defaultTo(spec, "enableServiceLinks", true);
    }

    @Override
    public void prepareForCreate(ObjectNode pod) {
        ObjectNode status = pod.putObject("status");
        status.put("phase", "Pending");
        status.put("qosClass", qosClass(pod.path("spec")));
        List<ObjectNode> gates = Meta.items(pod.path("spec"), "schedulingGates");
        if (!gates.isEmpty()) {
            ObjectNode condition = status.putArray("conditions").addObject();
            condition.put("type", "PodScheduled").put("status", "False").put("reason", "SchedulingGated");
            condition.put("message", "Scheduling is blocked due to non-empty scheduling gates");
            condition.putNull("lastProbeTime");
            condition.putNull("lastTransitionTime");
        }
    }

    @Override
    public void prepareForStatusUpdate(ObjectNode pod, ObjectNode old) {
        super.prepareForStatusUpdate(pod, old);
        if (pod.get("status") instanceof ObjectNode status) {
            Meta.defaultTo(
                    status, "qosClass", old.path("status").path("qosClass").asText("BestEffort"));
        }
    }

    /// The quality of service class that requests and limits give a pod.
    static String qosClass(JsonNode spec) {
        boolean any = false;
        boolean guaranteed = true;
        for (String list : List.of("containers", "initContainers")) {
            for (JsonNode container : spec.path(list)) {
                JsonNode requests = container.path("resources").path("requests");
                JsonNode limits = container.path("resources").path("limits");
                for (String resource : List.of("cpu", "memory")) {
                    boolean requested = positive(requests.path(resource));
                    boolean limited = positive(limits.path(resource));
                    any |= requested || limited;
                    guaranteed &=
                            limited && requested && requests.path(resource).equals(limits.path(resource));
                }
            }
        }
        return any ? guaranteed ? "Guaranteed" : "Burstable" : "BestEffort";
    }

    private static boolean positive(JsonNode quantity) {
        return Quantity.tryParse(quantity.asText("")).map(q -> q.signum() > 0).orElse(false);
    }

    @Override
    public List<Cause> validate(ObjectNode pod) {
        return validateSpec(pod.path("spec"), "spec");
    }

    /// Everything wrong with a pod spec.
    public static List<Cause> validateSpec(JsonNode spec, String path) {
        List<Cause> causes = new ArrayList<>();
        if (spec.path("containers").isEmpty()) {
            causes.add(Cause.required(path + ".containers", ""));
        }
        Set<String> names = new HashSet<>();
        for (String list : List.of("initContainers", "containers")) {
            int index = 0;
            for (JsonNode container : spec.path(list)) {
                container(container, path + "." + list + "[" + index + "]", names, causes);
                index++;
            }
        }
        String restart = spec.path("restartPolicy").asText("");
        if (!List.of("Always", "OnFailure", "Never").contains(restart)) {
            causes.add(Cause.notSupported(path + ".restartPolicy", restart, List.of("Always", "OnFailure", "Never")));
        }
        return causes;
    }

    private static void container(JsonNode container, String path, Set<String> names, List<Cause> causes) {
        String name = container.path("name").asText("");
        if (name.isEmpty()) {
            causes.add(Cause.required(path + ".name", ""));
        } else {
            for (String problem : io.jubernetes.apiserver.validation.NameRules.label(name)) {
                causes.add(Cause.invalid(path + ".name", name, problem));
            }
            if (!names.add(name)) {
                causes.add(Cause.duplicate(path + ".name", name));
            }
        }
        if (container.path("image").asText("").isEmpty()) {
            causes.add(Cause.required(path + ".image", ""));
        }
    }

    @Override
    public boolean gracefulDeletion() {
        return true;
    }

    @Override
    public long gracePeriodSeconds(ObjectNode pod, @Nullable Long asked) {
        long own = pod.path("spec").path("terminationGracePeriodSeconds").asLong(30);
        long period = asked != null ? asked : own;
        boolean scheduled = !pod.path("spec").path("nodeName").asText("").isEmpty();
        boolean finished = FINISHED.contains(pod.path("status").path("phase").asText(""));
        return !scheduled || finished ? 0 : Math.max(period, 0);
    }

    @Override
    public boolean returnsDeletedObject() {
        return true;
    }

    @Override
    public Map<String, String> selectableFields(JsonNode pod) {
        JsonNode spec = pod.path("spec");
        JsonNode status = pod.path("status");
        Map<String, String> fields = new LinkedHashMap<>();
        fields.put("spec.nodeName", spec.path("nodeName").asText(""));
        fields.put("spec.restartPolicy", spec.path("restartPolicy").asText(""));
        fields.put("spec.schedulerName", spec.path("schedulerName").asText(""));
        fields.put("spec.serviceAccountName", spec.path("serviceAccountName").asText(""));
        fields.put("spec.hostNetwork", Boolean.toString(spec.path("hostNetwork").asBoolean(false)));
        fields.put("status.phase", status.path("phase").asText(""));
        fields.put("status.podIP", status.path("podIP").asText(""));
        fields.put("status.nominatedNodeName", status.path("nominatedNodeName").asText(""));
        return fields;
    }

    @Override
    public Table table() {
        return TABLE;
    }
}
