package io.jubernetes.apiserver.registry.apps;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.registry.SpecStatusStrategy;
import io.jubernetes.apiserver.registry.TemplateRules;
import io.jubernetes.apiserver.registry.core.PodDefaults;
import io.jubernetes.apiserver.resource.ApiException.Cause;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.apiserver.validation.Field;
import java.util.ArrayList;
import java.util.List;

/// What the workloads with a selector and a pod template have in common.
public abstract class WorkloadStrategy extends SpecStatusStrategy {
    private static final ObjectNode NOTHING = io.jubernetes.common.codec.Json.object();

    @Override
    public void applyDefaults(ObjectNode workload) {
        ObjectNode spec = Meta.child(workload, "spec");
        PodDefaults.applyToTemplate(spec);
        applySpecDefaults(spec);
    }

    protected abstract void applySpecDefaults(ObjectNode spec);

    /// Reports everything wrong with a specification.
    ///
    /// @param old the stored one; an empty object for a new workload
    protected abstract void check(Field spec, JsonNode old);

    /// Reports everything wrong with a change of the specification beside that.
    protected void checkChange(Field spec, JsonNode old) {
        Field selector = spec.get("selector");
        if (!Meta.same(selector.value(), old.path("selector"))) {
            selector.invalid(TemplateRules.shown(selector.value()), "field is immutable");
        }
    }

    /// Reports everything wrong with a status.
    protected abstract void checkStatus(Field status, JsonNode old);

    @Override
    public List<Cause> validate(ObjectNode workload) {
        Field root = Field.root(workload);
        check(root.get("spec"), NOTHING);
        return root.causes();
    }

    @Override
    public List<Cause> validateChange(ObjectNode workload, ObjectNode old, String subresource) {
        Field root = Field.root(workload);
        check(root.get("spec"), old.path("spec"));
        checkChange(root.get("spec"), old.path("spec"));
        return root.causes();
    }

    @Override
    public List<Cause> validateStatusUpdate(ObjectNode workload, ObjectNode old) {
        Field root = Field.root(workload);
        checkStatus(root.get("status"), old.path("status"));
        return root.causes();
    }

    @Override
    public List<String> warnings(ObjectNode workload) {
        return TemplateRules.warnings(workload, "spec", "template");
    }

    @Override
    public List<String> updateWarnings(ObjectNode workload, ObjectNode old) {
        List<String> warnings = new ArrayList<>();
        if (Meta.generation(workload) != Meta.generation(old)) {
            warnings.addAll(warnings(workload));
            warnings.removeAll(TemplateRules.nameWarnings(workload));
        }
        return warnings;
    }

    protected static long replicas(JsonNode workload, String field) {
        return workload.path("status").path(field).asLong(0);
    }
}
