package io.jubernetes.controllermanager.clusterrole;

import io.fabric8.kubernetes.api.model.rbac.ClusterRole;
import io.fabric8.kubernetes.api.model.rbac.PolicyRule;
import io.jubernetes.common.controller.Informed;
import io.jubernetes.common.controller.KeyedReconciler.Result;
import io.jubernetes.common.controller.WorkQueue;
import io.jubernetes.common.meta.LabelSelectors;
import io.jubernetes.common.meta.ObjectKey;
import io.jubernetes.controllermanager.Controller;
import io.jubernetes.controllermanager.ControllerContext;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/// A cluster role with an aggregation rule has the rules of all roles that the rule selects.
public final class ClusterRoleAggregationController {
    private ClusterRoleAggregationController() {}

    public static Controller create(String name, ControllerContext context) {
        Informed<ClusterRole> roles = context.informers().of(ClusterRole.class);
        WorkQueue<ObjectKey> queue = context.queue(name);
        roles.listen((_, _) -> roles.all().stream()
                .filter(role -> role.getAggregationRule() != null)
                .forEach(role -> queue.add(ObjectKey.of(role))));
        return Controller.of(context.runner(name, queue, (key, _) -> {
            ClusterRole role = roles.find(key).orElse(null);
            if (role == null || role.getAggregationRule() == null) {
                return Result.done();
            }
            List<PolicyRule> wanted = rules(role, roles.all());
            if (differ(wanted, role.getRules())) {
                context.client()
                        .resource(role.toBuilder().withRules(wanted).build())
                        .update();
            }
            return Result.done();
        }));
    }

    /// Whether the rules allow different things. Their order does not count: roles that select each other would change
    /// it for ever.
    static boolean differ(List<PolicyRule> wanted, List<PolicyRule> present) {
        return !Set.copyOf(wanted).equals(Set.copyOf(present));
    }

    static List<PolicyRule> rules(ClusterRole role, List<ClusterRole> all) {
        Set<PolicyRule> rules = new LinkedHashSet<>();
        for (var selector : role.getAggregationRule().getClusterRoleSelectors()) {
            all.stream()
                    .filter(each -> !each.getMetadata()
                            .getName()
                            .equals(role.getMetadata().getName()))
                    .filter(each ->
                            LabelSelectors.matches(selector, each.getMetadata().getLabels()))
                    .sorted(Comparator.comparing(each -> each.getMetadata().getName()))
                    .forEach(each -> rules.addAll(each.getRules()));
        }
        return new ArrayList<>(rules);
    }
}
