package io.jubernetes.apiserver.registry.core;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.registry.SpecStatusStrategy;
import io.jubernetes.apiserver.registry.TemplateRules;
import io.jubernetes.apiserver.registry.core.podspec.PodResizeRules;
import io.jubernetes.apiserver.registry.core.podspec.PodResources;
import io.jubernetes.apiserver.registry.core.podspec.PodSpecRules;
import io.jubernetes.apiserver.registry.core.podspec.PodStatusRules;
import io.jubernetes.apiserver.registry.core.podspec.PodUpdateRules;
import io.jubernetes.apiserver.registry.core.podspec.PodWarnings;
import io.jubernetes.apiserver.resource.ApiException.Cause;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.apiserver.resource.Strategy;
import io.jubernetes.apiserver.resource.Table;
import io.jubernetes.apiserver.validation.Field;
import java.util.ArrayList;
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
        PodDefaults.applyToPod(pod);
        if (pod.get("status") instanceof ObjectNode status) {
            agreeOnAddress(status);
        }
    }

    /// The first of a pod's addresses stands alone as well; the lone one wins.
    private static void agreeOnAddress(ObjectNode status) {
        String lone = status.path("podIP").asText("");
        String first = status.path("podIPs").path(0).path("ip").asText("");
        if (!lone.isEmpty() && !lone.equals(first)) {
            status.putArray("podIPs").addObject().put("ip", lone);
        } else if (lone.isEmpty() && !first.isEmpty()) {
            status.put("podIP", first);
        }
    }

    @Override
    public void prepareForCreate(ObjectNode pod) {
        ObjectNode status = pod.putObject("status");
        status.put("phase", "Pending");
        status.put("qosClass", PodResources.qosClass(pod.path("spec")));
        List<ObjectNode> gates = Meta.items(pod.path("spec"), "schedulingGates");
        if (!gates.isEmpty()) {
            ObjectNode condition = status.putArray("conditions").addObject();
            condition.put("type", "PodScheduled").put("status", "False").put("reason", "SchedulingGated");
            condition.put("message", "Scheduling is blocked due to non-empty scheduling gates");
            condition.putNull("lastProbeTime");
            // Its first transition is the pod's creation.
            condition.set("lastTransitionTime", Meta.of(pod).path("creationTimestamp"));
        }
        PodPreparation.prepare(pod);
    }

    @Override
    public void prepareForStatusUpdate(ObjectNode pod, ObjectNode old) {
        super.prepareForStatusUpdate(pod, old);
        ObjectNode status = Meta.child(pod, "status");
        if (status.path("qosClass").asText("").isEmpty()) {
            Strategy.restore(status, Meta.child(old, "status"), "qosClass");
        }
        Strategy.restore(Meta.of(pod), Meta.of(old), "ownerReferences");
    }

    @Override
    public void prepareForSubresource(String subresource, ObjectNode pod, ObjectNode old) {
        switch (subresource) {
            case "resize" -> {
                PodResizeRules.keepRest(pod, old);
                keepMetadata(pod, old);
            }
            case "ephemeralcontainers" -> {
                JsonNode containers = pod.path("spec").path("ephemeralContainers");
                ObjectNode spec = old.path("spec").deepCopy();
                spec.remove("ephemeralContainers");
                if (!containers.isEmpty()) {
                    spec.set("ephemeralContainers", containers);
                }
                pod.set("spec", spec);
                Strategy.restore(pod, old, "status");
                keepMetadata(pod, old);
            }
            default -> {}
        }
    }

    private static void keepMetadata(ObjectNode pod, ObjectNode old) {
        for (String field : List.of("labels", "annotations", "finalizers", "ownerReferences")) {
            Strategy.restore(Meta.of(pod), Meta.of(old), field);
        }
    }

    @Override
    public List<Cause> validate(ObjectNode pod) {
        return PodSpecRules.causes(Field.root(pod));
    }

    @Override
    public List<Cause> validateChange(ObjectNode pod, ObjectNode old, String subresource) {
        Field root = Field.root(pod);
        if (subresource.equals("binding") || subresource.equals("eviction")) {
            return List.of();
        }
        PodSpecRules.checkPod(root, old);
        switch (subresource) {
            case "resize" -> PodResizeRules.check(root, old);
            case "ephemeralcontainers" -> PodUpdateRules.checkEphemeralContainers(root, old);
            default -> PodUpdateRules.check(root, old);
        }
        return root.causes();
    }

    @Override
    public List<Cause> validateStatusUpdate(ObjectNode pod, ObjectNode old) {
        Field root = Field.root(pod);
        PodStatusRules.check(root, old);
        return root.causes();
    }

    @Override
    public List<String> warnings(ObjectNode pod) {
        List<String> warnings = new ArrayList<>(TemplateRules.nameWarnings(pod, "the Pod's hostname"));
        warnings.addAll(updateWarnings(pod, pod));
        return warnings;
    }

    @Override
    public List<String> updateWarnings(ObjectNode pod, ObjectNode old) {
        List<String> warnings = new ArrayList<>(PodPreparation.appArmorWarnings(pod));
        warnings.addAll(PodWarnings.ofPod(pod));
        return warnings;
    }

    /// Being bound to a node is not what a pod's author wants.
    @Override
    public boolean desiredStateChanged(ObjectNode pod, ObjectNode old) {
        ObjectNode now = pod.path("spec").deepCopy();
        ObjectNode before = old.path("spec").deepCopy();
        return !Meta.same(now.without("nodeName"), before.without("nodeName"));
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
