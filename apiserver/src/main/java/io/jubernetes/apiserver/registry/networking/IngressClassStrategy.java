package io.jubernetes.apiserver.registry.networking;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.registry.CheckedStrategy;
import io.jubernetes.apiserver.registry.Columns;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.apiserver.resource.Table;
import io.jubernetes.apiserver.validation.DomainPathRules;
import io.jubernetes.apiserver.validation.Field;
import io.jubernetes.common.meta.NameRules;
import java.util.List;

/// Ingress classes.
public final class IngressClassStrategy extends CheckedStrategy {
    private static final int MAX_CONTROLLER = 250;
    private static final Table TABLE = Columns.named()
            .text("Controller", item -> item.path("spec").path("controller").asText(""))
            .text("Parameters", IngressClassStrategy::parameters)
            .age();

    @Override
    public boolean hasGeneration() {
        return true;
    }

    @Override
    public void applyDefaults(ObjectNode item) {
        if (item.path("spec").path("parameters") instanceof ObjectNode parameters) {
            Meta.defaultTo(parameters, "scope", "Cluster");
        }
    }

    @Override
    protected void check(Field item) {
        Field spec = item.get("spec");
        Field controller = spec.get("controller");
        if (controller.text().length() > MAX_CONTROLLER) {
            controller.tooLong(MAX_CONTROLLER);
        }
        DomainPathRules.check(controller);
        Field parameters = spec.get("parameters");
        if (parameters.isSet()) {
            ParameterRules.check(parameters);
            checkScope(parameters.get("scope"), parameters.get("namespace"));
        }
    }

    private static void checkScope(Field scope, Field namespace) {
        if (!scope.isSet()) {
            scope.required("");
            return;
        }
        switch (scope.text()) {
            case "Namespace" -> {
                if (!namespace.isSet()) {
                    namespace.required("`parameters.scope` is set to 'Namespace'");
                } else {
                    namespace.requireForm(NameRules::label);
                }
            }
            case "Cluster" -> {
                if (namespace.isSet()) {
                    namespace.forbidden("`parameters.scope` is set to 'Cluster'");
                }
            }
            default -> scope.notSupported(List.of("Cluster", "Namespace"));
        }
    }

    @Override
    protected void checkUpdate(Field item, Field old) {
        item.get("spec").get("controller").requireSame(old.get("spec").get("controller"));
    }

    @Override
    public Table table() {
        return TABLE;
    }

    private static String parameters(JsonNode item) {
        JsonNode parameters = item.path("spec").path("parameters");
        if (parameters.isMissingNode()) {
            return "<none>";
        }
        String group = parameters.path("apiGroup").asText("");
        return parameters.path("kind").asText("") + (group.isEmpty() ? "" : "." + group) + "/"
                + parameters.path("name").asText("");
    }
}
