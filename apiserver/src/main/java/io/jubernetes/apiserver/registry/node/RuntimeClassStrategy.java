package io.jubernetes.apiserver.registry.node;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.registry.CheckedStrategy;
import io.jubernetes.apiserver.registry.Columns;
import io.jubernetes.apiserver.registry.DeprecatedLabels;
import io.jubernetes.apiserver.resource.ApiException.Cause;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.apiserver.resource.Table;
import io.jubernetes.apiserver.validation.Field;
import io.jubernetes.apiserver.validation.GoShape;
import io.jubernetes.apiserver.validation.MetadataRules;
import io.jubernetes.apiserver.validation.QuantityRules;
import io.jubernetes.apiserver.validation.TaintRules;
import io.jubernetes.common.codec.Json;
import io.jubernetes.common.meta.NameRules;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// Runtime classes.
public final class RuntimeClassStrategy extends CheckedStrategy {
    private static final Table TABLE = Columns.named()
            .text("Handler", item -> item.path("handler").asText(""))
            .age();

    @Override
    public boolean allowsUnconditionalUpdate() {
        return false;
    }

    @Override
    protected void check(Field item) {
        Field handler = item.get("handler");
        if (handler.isEmpty()) {
            handler.required("");
        } else {
            handler.requireForm(NameRules::label);
        }
        if (item.get("overhead").isSet()) {
            checkOverhead(item);
        }
        Field scheduling = item.get("scheduling");
        Field selector = scheduling.get("nodeSelector");
        MetadataRules.labels(Meta.strings(selector.value()), selector.path()).forEach(selector::report);
        Field tolerations = scheduling.get("tolerations");
        TaintRules.checkTolerations(tolerations);
        Set<String> seen = new HashSet<>();
        for (Field toleration : tolerations.items()) {
            var shown = GoShape.of("core.v1.Toleration", toleration.value());
            if (!seen.add(shown.toString())) {
                toleration.report(Cause.duplicate(toleration.path(), shown));
            }
        }
    }

    /// The overhead is checked as the limits of a container, and messages name it so.
    private static void checkOverhead(Field item) {
        Field amounts = Field.root(Json.object()
                        .set(
                                "overhead",
                                Json.object()
                                        .set(
                                                "limits",
                                                item.get("overhead")
                                                        .get("podFixed")
                                                        .value())))
                .get("overhead")
                .get("limits");
        amounts.entries().forEach((name, amount) -> {
            QuantityRules.checkContainerName(amount, name);
            QuantityRules.checkAmount(name, amount);
        });
        amounts.causes().forEach(item::report);
    }

    @Override
    protected void checkUpdate(Field item, Field old) {
        item.get("handler").requireSame(old.get("handler"));
    }

    @Override
    public List<String> warnings(ObjectNode item) {
        List<String> warnings = new ArrayList<>();
        for (String key :
                Meta.strings(item.path("scheduling").path("nodeSelector")).keySet()) {
            DeprecatedLabels.message(key).ifPresent(message -> warnings.add("scheduling.nodeSelector: " + message));
        }
        return warnings;
    }

    @Override
    public Table table() {
        return TABLE;
    }
}
