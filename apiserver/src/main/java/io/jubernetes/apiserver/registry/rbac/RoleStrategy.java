package io.jubernetes.apiserver.registry.rbac;

import com.fasterxml.jackson.databind.node.NullNode;
import io.jubernetes.apiserver.registry.CheckedStrategy;
import io.jubernetes.apiserver.validation.Field;
import io.jubernetes.apiserver.validation.LabelSelectorRules;

/// Roles of a namespace and of the cluster.
public final class RoleStrategy extends CheckedStrategy {
    private final boolean namespaced;

    /// @param namespaced whether the roles belong to namespaces
    public RoleStrategy(boolean namespaced) {
        this.namespaced = namespaced;
    }

    @Override
    public Names names() {
        return Names.PATH_SEGMENT;
    }

    @Override
    public boolean createsOnUpdate() {
        return true;
    }

    @Override
    protected void check(Field role) {
        role.get("rules").items().forEach(this::checkRule);
        Field aggregation = role.get("aggregationRule");
        if (aggregation.isSet()) {
            Field selectors = aggregation.get("clusterRoleSelectors");
            if (selectors.isEmpty()) {
                selectors.required("at least one clusterRoleSelector required if aggregationRule is non-nil");
            }
            for (Field selector : selectors.items()) {
                if (!LabelSelectorRules.check(selector)) {
                    selector.invalid(NullNode.instance, "invalid label selector.");
                }
            }
        }
    }

    private void checkRule(Field rule) {
        if (rule.get("verbs").isEmpty()) {
            rule.get("verbs").required("verbs must contain at least one value");
        }
        Field urls = rule.get("nonResourceURLs");
        if (!urls.isEmpty()) {
            if (namespaced) {
                urls.invalid("namespaced rules cannot apply to non-resource URLs");
            }
            if (!rule.get("apiGroups").isEmpty()
                    || !rule.get("resources").isEmpty()
                    || !rule.get("resourceNames").isEmpty()) {
                urls.invalid("rules cannot apply to both regular resources and non-resource URLs");
            }
            return;
        }
        if (rule.get("apiGroups").isEmpty()) {
            rule.get("apiGroups").required("resource rules must supply at least one api group");
        }
        if (rule.get("resources").isEmpty()) {
            rule.get("resources").required("resource rules must supply at least one resource");
        }
    }
}
