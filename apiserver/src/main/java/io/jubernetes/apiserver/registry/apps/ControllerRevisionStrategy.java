package io.jubernetes.apiserver.registry.apps;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.registry.Columns;
import io.jubernetes.apiserver.resource.ApiException.Cause;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.apiserver.resource.Strategy;
import io.jubernetes.apiserver.resource.Table;
import io.jubernetes.apiserver.validation.Field;
import java.util.ArrayList;
import java.util.List;

/// Controller revisions: snapshots of a workload's state, which never change.
public final class ControllerRevisionStrategy implements Strategy {
    private static final Table TABLE = Columns.named()
            .text("Controller", ControllerRevisionStrategy::controller)
            .text("Revision", revision -> revision.path("revision").asLong(0))
            .age();

    private static String controller(com.fasterxml.jackson.databind.JsonNode revision) {
        for (var owner : revision.path("metadata").path("ownerReferences")) {
            if (owner.path("controller").asBoolean(false)) {
                String version = owner.path("apiVersion").asText("");
                String group = version.contains("/") ? version.substring(0, version.indexOf('/')) : "";
                String kind = owner.path("kind").asText("").toLowerCase(java.util.Locale.ROOT);
                return (group.isEmpty() ? kind : kind + "." + group) + "/"
                        + owner.path("name").asText("");
            }
        }
        return "<none>";
    }

    @Override
    public List<Cause> validate(ObjectNode revision) {
        Field root = Field.root(revision);
        if (!root.get("data").isSet()) {
            root.get("data").required("data is mandatory");
        }
        root.get("revision").requireNonNegative();
        return root.causes();
    }

    @Override
    public List<Cause> validateUpdate(ObjectNode revision, ObjectNode old) {
        List<Cause> causes = new ArrayList<>();
        if (!Meta.same(revision.path("data"), old.path("data"))) {
            causes.add(Cause.invalid("data", revision.path("data"), "field is immutable"));
        }
        return causes;
    }

    @Override
    public Table table() {
        return TABLE;
    }
}
