package io.jubernetes.apiserver.admission.plugins;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.admission.AdmissionPlugin;
import io.jubernetes.apiserver.admission.AdmissionRequest;
import io.jubernetes.apiserver.resource.ApiResource;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.apiserver.resource.ObjectStorage;
import io.jubernetes.apiserver.resource.Strategy;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Turns the name of a priority class into the pod's priority.
public final class Priority implements AdmissionPlugin {
    private static final Set<String> SYSTEM_CLASSES = Set.of("system-node-critical", "system-cluster-critical");

    private final Stored classes;

    public Priority(ObjectStorage storage, ApiResource classes) {
        this.classes = new Stored(storage, classes);
    }

    @Override
    public String name() {
        return "Priority";
    }

    @Override
    public void mutate(AdmissionRequest request) {
        if (!request.isWrite() || !request.isFor("", "pods") || !request.isMain()) {
            return;
        }
        ObjectNode spec = Meta.child(Objects.requireNonNull(request.object()), "spec");
        if (request.operation() == AdmissionRequest.Operation.UPDATE) {
            // A replacement that does not repeat what was worked out at creation does not mean to take it away.
            for (String field : List.of("priority", "preemptionPolicy")) {
                if (!spec.hasNonNull(field)) {
                    Strategy.restore(spec, Meta.child(Objects.requireNonNull(request.old()), "spec"), field);
                }
            }
            return;
        }
        String className = spec.path("priorityClassName").asText("");
        long priority = 0;
        String preemption = "PreemptLowerPriority";
        ObjectNode found = className.isEmpty() ? globalDefault() : named(request, className);
        if (found != null) {
            priority = found.path("value").asLong(0);
            preemption = found.path("preemptionPolicy").asText(preemption);
            spec.put("priorityClassName", Meta.name(found));
        }
        if (spec.hasNonNull("priority") && spec.get("priority").asLong() != priority) {
            throw request.forbidden(
                    "the integer value of priority (" + spec.get("priority").asLong()
                            + ") must not be provided in pod spec; priority admission controller computed " + priority
                            + " from the given PriorityClass name");
        }
        spec.put("priority", priority);
        if (spec.hasNonNull("preemptionPolicy")
                && !spec.get("preemptionPolicy").asText().equals(preemption)) {
            throw request.forbidden("the string value of PreemptionPolicy ("
                    + spec.get("preemptionPolicy").asText()
                    + ") must not be provided in pod spec; priority admission controller computed "
                    + preemption + " from the given PriorityClass name");
        }
        spec.put("preemptionPolicy", preemption);
    }

    @Override
    public void validate(AdmissionRequest request) {
        if (request.operation() == AdmissionRequest.Operation.DELETE
                && request.isFor("scheduling.k8s.io", "priorityclasses")
                && SYSTEM_CLASSES.contains(request.name())) {
            throw request.forbidden("this is a system priority class and cannot be deleted");
        }
    }

    private ObjectNode named(AdmissionRequest request, String className) {
        return classes.find("", className, request.context().deadline())
                .orElseThrow(() -> request.forbidden("no PriorityClass with name " + className + " was found"));
    }

    private @Nullable ObjectNode globalDefault() {
        return classes.in("").stream()
                .filter(found -> found.path("globalDefault").asBoolean(false))
                .min(Comparator.comparingLong(found -> found.path("value").asLong()))
                .orElse(null);
    }
}
