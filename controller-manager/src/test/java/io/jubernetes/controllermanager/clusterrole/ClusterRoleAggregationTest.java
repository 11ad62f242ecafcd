package io.jubernetes.controllermanager.clusterrole;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.rbac.ClusterRole;
import io.fabric8.kubernetes.api.model.rbac.ClusterRoleBuilder;
import io.fabric8.kubernetes.api.model.rbac.PolicyRule;
import io.fabric8.kubernetes.api.model.rbac.PolicyRuleBuilder;
import java.util.List;
import org.junit.jupiter.api.Test;

class ClusterRoleAggregationTest {
    private static PolicyRule reading(String resource) {
        return new PolicyRuleBuilder()
                .withApiGroups("")
                .withResources(resource)
                .withVerbs("get")
                .build();
    }

    private static ClusterRole role(String name, String label, PolicyRule... rules) {
        return new ClusterRoleBuilder()
                .withNewMetadata()
                .withName(name)
                .addToLabels(label, "true")
                .endMetadata()
                .withRules(rules)
                .build();
    }

    private static ClusterRole aggregating(String name, String label, String selected, PolicyRule... rules) {
        return new ClusterRoleBuilder(role(name, label, rules))
                .withNewAggregationRule()
                .addNewClusterRoleSelector()
                .addToMatchLabels(selected, "true")
                .endClusterRoleSelector()
                .endAggregationRule()
                .build();
    }

    /// All roles after each that aggregates has been brought up to date by what was there before.
    private static List<ClusterRole> round(List<ClusterRole> roles) {
        return roles.stream()
                .map(role -> {
                    if (role.getAggregationRule() == null) {
                        return role;
                    }
                    List<PolicyRule> wanted = ClusterRoleAggregationController.rules(role, roles);
                    return ClusterRoleAggregationController.differ(wanted, role.getRules())
                            ? new ClusterRoleBuilder(role).withRules(wanted).build()
                            : role;
                })
                .toList();
    }

    @Test
    void aRoleHasTheRulesOfThoseItSelectsOnce() {
        var all = List.of(
                aggregating("all", "none", "part", reading("secrets")),
                role("a", "part", reading("pods"), reading("nodes")),
                role("b", "part", reading("pods")),
                role("c", "other", reading("events")));

        assertThat(round(all).getFirst().getRules()).containsExactly(reading("pods"), reading("nodes"));
    }

    @Test
    void rolesThatSelectEachOtherComeToRest() {
        List<ClusterRole> roles = List.of(
                aggregating("left", "for-right", "for-left"),
                aggregating("right", "for-left", "for-right"),
                role("x", "for-left", reading("pods")),
                role("y", "for-right", reading("nodes")));
        for (int i = 0; i < 5; i++) {
            roles = round(roles);
        }

        assertThat(round(roles)).isEqualTo(roles);
        assertThat(roles.subList(0, 2))
                .allSatisfy(role ->
                        assertThat(role.getRules()).containsExactlyInAnyOrder(reading("pods"), reading("nodes")));
    }
}
