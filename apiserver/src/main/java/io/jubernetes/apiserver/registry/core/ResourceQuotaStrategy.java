package io.jubernetes.apiserver.registry.core;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.registry.CheckedStrategy;
import io.jubernetes.apiserver.registry.Columns;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.apiserver.resource.Table;
import io.jubernetes.apiserver.validation.Field;
import io.jubernetes.apiserver.validation.QuantityRules;
import io.jubernetes.common.meta.NameRules;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/// Resource quotas.
public final class ResourceQuotaStrategy extends CheckedStrategy {
    private static final Set<String> COMPUTE =
            Set.of("cpu", "memory", "limits.cpu", "limits.memory", "requests.cpu", "requests.memory");
    private static final Set<String> SCOPES = Set.of(
            "Terminating",
            "NotTerminating",
            "BestEffort",
            "NotBestEffort",
            "PriorityClass",
            "CrossNamespacePodAffinity",
            "VolumeAttributesClass");
    private static final Set<String> PLAIN_SCOPES =
            Set.of("Terminating", "NotTerminating", "BestEffort", "NotBestEffort", "CrossNamespacePodAffinity");
    private static final List<List<String>> CONFLICTS =
            List.of(List.of("BestEffort", "NotBestEffort"), List.of("Terminating", "NotTerminating"));
    private static final Table TABLE = Columns.named()
            .text("Request", quota -> use(quota, false))
            .text("Limit", quota -> use(quota, true))
            .age();

    @Override
    public boolean hasStatus() {
        return true;
    }

    @Override
    public boolean returnsDeletedObject() {
        return true;
    }

    @Override
    protected void check(Field quota) {
        Field spec = quota.get("spec");
        checkAmounts(spec.get("hard"));
        checkScopes(spec);
        checkSelector(spec);
        checkStatus(quota);
    }

    private static void checkStatus(Field quota) {
        checkAmounts(quota.get("status").get("hard"));
        checkAmounts(quota.get("status").get("used"));
    }

    private static void checkAmounts(Field amounts) {
        amounts.entries().forEach((resource, amount) -> {
            List<String> problems = NameRules.qualifiedName(resource);
            problems.forEach(problem -> amount.invalid(resource, problem));
            if (problems.isEmpty() && !resource.contains("/") && !isQuota(resource)) {
                amount.invalid(resource, "must be a standard resource for quota");
            }
            QuantityRules.checkAmount(resource, amount);
        });
    }

    private static boolean isQuota(String resource) {
        return QuantityRules.isStandard(resource) && !resource.equals("storage");
    }

    private static void checkScopes(Field spec) {
        Field scopes = spec.get("scopes");
        Set<String> seen = new HashSet<>();
        for (Field scope : scopes.items()) {
            if (!SCOPES.contains(scope.text())) {
                scopes.invalid("unsupported scope");
            }
            for (String resource : spec.get("hard").entries().keySet()) {
                if (isQuota(resource) && !fits(scope.text(), resource)) {
                    scopes.invalid("unsupported scope applied to resource");
                }
            }
            seen.add(scope.text());
        }
        if (CONFLICTS.stream().anyMatch(seen::containsAll)) {
            scopes.invalid("conflicting scopes");
        }
    }

    private static boolean fits(String scope, String resource) {
        return switch (scope) {
            case "BestEffort" -> resource.equals("pods");
            case "Terminating", "NotTerminating", "NotBestEffort", "PriorityClass", "CrossNamespacePodAffinity" ->
                resource.equals("pods") || COMPUTE.contains(resource);
            case "VolumeAttributesClass" ->
                resource.equals("persistentvolumeclaims") || resource.equals("requests.storage");
            default -> true;
        };
    }

    private static void checkSelector(Field spec) {
        Field selector = spec.get("scopeSelector");
        Field list = selector.get("matchExpressions");
        Set<String> seen = new HashSet<>();
        for (Field requirement : list.items()) {
            String scope = requirement.get("scopeName").text();
            if (!SCOPES.contains(scope)) {
                list.get("scopeName").invalid(scope, "unsupported scope");
            }
            for (String resource : spec.get("hard").entries().keySet()) {
                if (isQuota(resource) && !fits(scope, resource)) {
                    list.invalid(selector.value(), "unsupported scope applied to resource");
                }
            }
            checkOperator(list, requirement, scope);
            seen.add(scope);
        }
        if (CONFLICTS.stream().anyMatch(seen::containsAll)) {
            list.invalid(
                    spec.get("scopes").isSet() ? spec.get("scopes").value() : NullNode.instance, "conflicting scopes");
        }
    }

    private static void checkOperator(Field list, Field requirement, String scope) {
        String operator = requirement.get("operator").text();
        if (PLAIN_SCOPES.contains(scope) && !operator.equals("Exists")) {
            list.get("operator")
                    .invalid(
                            operator,
                            "must be 'Exist' when scope is any of ResourceQuotaScopeTerminating, "
                                    + "ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, "
                                    + "ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity");
        }
        Field values = requirement.get("values");
        switch (operator) {
            case "In", "NotIn" -> {
                if (values.isEmpty()) {
                    list.get("values")
                            .required("must be at least one value when `operator` is 'In' or 'NotIn' for scope "
                                    + "selector");
                }
            }
            case "Exists", "DoesNotExist" -> {
                if (!values.isEmpty()) {
                    list.get("values")
                            .invalid(
                                    values.value(),
                                    "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope "
                                            + "selector");
                }
            }
            default -> list.get("operator").invalid(operator, "not a valid selector operator");
        }
    }

    @Override
    protected void checkUpdate(Field quota, Field old) {
        Field scopes = quota.get("spec").get("scopes");
        if (!names(scopes).equals(names(old.get("spec").get("scopes")))) {
            scopes.invalid(scopes.isSet() ? scopes.value() : NullNode.instance, "field is immutable");
        }
    }

    private static Set<String> names(Field scopes) {
        Set<String> names = new HashSet<>();
        scopes.items().forEach(scope -> names.add(scope.text()));
        return names;
    }

    @Override
    protected void checkStatusUpdate(Field quota, Field old) {
        checkStatus(quota);
    }

    @Override
    public Table table() {
        return TABLE;
    }

    private static String use(JsonNode quota, boolean limits) {
        JsonNode hard = quota.path("status").path("hard");
        JsonNode used = quota.path("status").path("used");
        List<String> shown = new ArrayList<>();
        for (String resource : new TreeSet<>(Meta.strings(hard).keySet())) {
            if (resource.startsWith("limits") == limits) {
                shown.add(resource + ": " + used.path(resource).asText("0") + "/"
                        + hard.path(resource).asText());
            }
        }
        return String.join(", ", shown);
    }

    /// The status a quota begins with.
    @Override
    public void prepareForCreate(ObjectNode quota) {
        quota.remove("status");
    }
}
