package io.jubernetes.apiserver.registry.policy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.registry.Columns;
import io.jubernetes.apiserver.registry.SpecStatusStrategy;
import io.jubernetes.apiserver.resource.ApiException.Cause;
import io.jubernetes.apiserver.resource.Table;
import io.jubernetes.apiserver.validation.Field;
import io.jubernetes.apiserver.validation.InternalForm;
import io.jubernetes.apiserver.validation.LabelSelectorRules;
import io.jubernetes.apiserver.validation.PercentRules;
import java.util.List;

/// Pod disruption budgets.
public final class PodDisruptionBudgetStrategy extends SpecStatusStrategy {
    private static final Table TABLE = Columns.named()
            .text("Min Available", budget -> amount(budget, "minAvailable"))
            .text("Max Unavailable", budget -> amount(budget, "maxUnavailable"))
            .number(
                    "Allowed Disruptions",
                    budget -> budget.path("status").path("disruptionsAllowed").asLong(0))
            .age();

    private static String amount(JsonNode budget, String field) {
        return budget.path("spec").path(field).asText("N/A");
    }

    /// The names of budgets are not checked.
    @Override
    public Names names() {
        return Names.PATH_SEGMENT;
    }

    @Override
    public boolean allowsUnconditionalUpdate() {
        return false;
    }

    @Override
    public List<Cause> validate(ObjectNode budget) {
        Field spec = Field.root(budget).get("spec");
        Field available = spec.get("minAvailable");
        Field unavailable = spec.get("maxUnavailable");
        if (available.isSet() && unavailable.isSet()) {
            spec.invalid(
                    InternalForm.of("policy.v1.PodDisruptionBudgetSpec", spec.value()),
                    "minAvailable and maxUnavailable cannot be both set");
        }
        for (Field amount : List.of(available, unavailable)) {
            PercentRules.checkNonNegative(amount);
            PercentRules.checkAtMostAll(amount);
        }
        LabelSelectorRules.check(spec.get("selector"));
        Field policy = spec.get("unhealthyPodEvictionPolicy");
        if (policy.isSet()) {
            policy.requireListed(List.of("AlwaysAllow", "IfHealthyBudget"));
        }
        return spec.causes();
    }

    @Override
    public List<Cause> validateStatusUpdate(ObjectNode budget, ObjectNode old) {
        Field status = Field.root(budget).get("status");
        for (String count : List.of("disruptionsAllowed", "currentHealthy", "desiredHealthy", "expectedPods")) {
            status.get(count).requireNonNegative();
        }
        return status.causes();
    }

    @Override
    public Table table() {
        return TABLE;
    }
}
