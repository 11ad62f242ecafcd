package io.jubernetes.apiserver.registry.flowcontrol;

import com.fasterxml.jackson.databind.JsonNode;
import io.jubernetes.apiserver.flowcontrol.BootstrapFlows;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.apiserver.validation.Field;
import io.jubernetes.apiserver.validation.GoShape;
import java.util.function.BiPredicate;

/// The specs of mandatory objects, which must be as they were at the start.
final class FixedSpec {
    private FixedSpec() {}

    /// Reports a flow schema that is mandatory and has another spec.
    static void checkSchema(Field item) {
        check(item, "FlowSchema", "", (fixed, spec) -> Meta.same(fixed, spec));
    }

    /// Reports a priority level that is mandatory and has another spec; the share of the exempt one is free.
    static void checkLevel(Field item) {
        if (item.get("metadata").get("name").text().equals("exempt")) {
            check(
                    item,
                    "PriorityLevelConfiguration",
                    " except the 'spec.exempt' field",
                    (fixed, spec) -> fixed.path("type").equals(spec.path("type")) && !spec.has("limited"));
        } else {
            check(item, "PriorityLevelConfiguration", "", (fixed, spec) -> Meta.same(fixed, spec));
        }
    }

    private static void check(Field item, String kind, String free, BiPredicate<JsonNode, JsonNode> same) {
        String name = item.get("metadata").get("name").text();
        Field spec = item.get("spec");
        BootstrapFlows.mandatorySpec(kind, name)
                .filter(fixed -> !same.test(fixed, spec.value()))
                .ifPresent(_ -> spec.invalid(
                        GoShape.of("flowcontrol.v1." + kind + "Spec", spec.value()),
                        "spec of '" + name + "'" + free + " must equal the fixed value"));
    }
}
