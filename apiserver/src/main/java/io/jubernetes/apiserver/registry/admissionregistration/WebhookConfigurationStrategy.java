package io.jubernetes.apiserver.registry.admissionregistration;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.registry.CheckedStrategy;
import io.jubernetes.apiserver.registry.Columns;
import io.jubernetes.apiserver.resource.ApiException.Cause;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.apiserver.resource.Table;
import io.jubernetes.apiserver.validation.Field;
import java.util.List;

/// Configurations of webhooks that change or check objects.
public final class WebhookConfigurationStrategy extends CheckedStrategy {
    private static final Table TABLE = Columns.named()
            .number("Webhooks", item -> (long) item.path("webhooks").size())
            .age();

    private final boolean mutating;

    /// @param mutating whether the webhooks change objects
    public WebhookConfigurationStrategy(boolean mutating) {
        this.mutating = mutating;
    }

    @Override
    public boolean hasGeneration() {
        return true;
    }

    @Override
    public boolean desiredStateChanged(ObjectNode item, ObjectNode old) {
        return !Meta.same(item.path("webhooks"), old.path("webhooks"));
    }

    @Override
    public boolean allowsUnconditionalUpdate() {
        return false;
    }

    @Override
    public void applyDefaults(ObjectNode item) {
        for (ObjectNode hook : Meta.items(item, "webhooks")) {
            Meta.defaultTo(hook, "failurePolicy", "Fail");
            Meta.defaultTo(hook, "matchPolicy", "Equivalent");
            Meta.child(hook, "namespaceSelector");
            Meta.child(hook, "objectSelector");
            Meta.defaultTo(hook, "timeoutSeconds", 10);
            if (mutating) {
                Meta.defaultTo(hook, "reinvocationPolicy", "Never");
            }
            MatchRules.defaultScopes(hook, "rules");
            if (hook.path("clientConfig").path("service") instanceof ObjectNode service) {
                Meta.defaultTo(service, "port", 443);
            }
        }
    }

    @Override
    protected void check(Field item) {
        WebhookRules.ALL.check(item.get("webhooks"));
    }

    @Override
    public List<Cause> validateChange(ObjectNode item, ObjectNode old, String subresource) {
        Field webhooks = Field.root(item).get("webhooks");
        WebhookRules.since(webhooks, Field.root(old).get("webhooks")).check(webhooks);
        return webhooks.causes();
    }

    @Override
    public Table table() {
        return TABLE;
    }
}
