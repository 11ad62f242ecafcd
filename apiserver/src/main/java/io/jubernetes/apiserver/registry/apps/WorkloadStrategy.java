package io.jubernetes.apiserver.registry.apps;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.registry.SpecStatusStrategy;
import io.jubernetes.apiserver.registry.core.PodDefaults;
import io.jubernetes.apiserver.registry.core.PodStrategy;
import io.jubernetes.apiserver.resource.ApiException.Cause;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.common.codec.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// What the workloads with a selector and a pod template have in common.
abstract class WorkloadStrategy extends SpecStatusStrategy {
    @Override
    public void applyDefaults(ObjectNode workload) {
        ObjectNode spec = Meta.child(workload, "spec");
        PodDefaults.applyToTemplate(spec);
        applySpecDefaults(spec);
    }

    abstract void applySpecDefaults(ObjectNode spec);

    @Override
    public List<Cause> validate(ObjectNode workload) {
        List<Cause> causes = new ArrayList<>();
        JsonNode spec = workload.path("spec");
        long replicas = spec.path("replicas").asLong(0);
        if (replicas < 0) {
            causes.add(Cause.invalid("spec.replicas", replicas, "must be greater than or equal to 0"));
        }
        JsonNode selector = spec.path("selector");
        if (selector.isMissingNode()) {
            causes.add(Cause.required("spec.selector", ""));
        } else if (selector.path("matchLabels").isEmpty()
                && selector.path("matchExpressions").isEmpty()) {
            causes.add(Cause.invalid("spec.selector", selector, "empty selector is invalid for " + kindInMessages()));
        } else {
            Map<String, String> labels = Meta.labels(spec.path("template"));
            boolean matches = Meta.strings(selector.path("matchLabels")).entrySet().stream()
                    .allMatch(entry -> entry.getValue().equals(labels.get(entry.getKey())));
            if (!matches) {
                causes.add(Cause.invalid(
                        "spec.template.metadata.labels",
                        Json.tree(labels),
                        "`selector` does not match template `labels`"));
            }
        }
        causes.addAll(PodStrategy.validateSpec(spec.path("template").path("spec"), "spec.template.spec"));
        return causes;
    }

    abstract String kindInMessages();

    @Override
    public List<Cause> validateUpdate(ObjectNode workload, ObjectNode old) {
        JsonNode selector = workload.path("spec").path("selector");
        return selector.equals(old.path("spec").path("selector"))
                ? List.of()
                : List.of(Cause.invalid("spec.selector", selector, "field is immutable"));
    }

    static long replicas(JsonNode workload, String field) {
        return workload.path("status").path(field).asLong(0);
    }
}
