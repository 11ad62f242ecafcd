package io.jubernetes.apiserver.authz;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Who holds some rules may grant these parts of them and no more.
class RuleCoverageTest {
    private static PolicyRule rule(String verbs, String resources, String names) {
        return new PolicyRule(split(verbs), List.of(""), split(resources), split(names), List.of());
    }

    private static List<String> split(String text) {
        return text.isEmpty() ? List.of() : List.of(text.split(" "));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "get list|pods||get|pods||''",
                "*|*||get|pods/log|x|''",
                "get|*/log||get|pods/log||''",
                "get|pods||get|pods|x|''",
                "get|pods|x|get|pods||{APIGroups:[\"\"], Resources:[\"pods\"], Verbs:[\"get\"]}",
                "get|pods|x|get|pods|x y|{APIGroups:[\"\"], Resources:[\"pods\"], ResourceNames:[\"y\"], Verbs:[\"get\"]}",
                "get|pods||get list watch|pods||{APIGroups:[\"\"], Resources:[\"pods\"], Verbs:[\"list\" \"watch\"]}",
                "get|pods||*|pods||{APIGroups:[\"\"], Resources:[\"pods\"], Verbs:[\"*\"]}",
            })
    void namesWhatIsMissing(
            String heldVerbs,
            String heldResources,
            String heldNames,
            String verbs,
            String resources,
            String names,
            String missing) {
        List<PolicyRule> held = List.of(rule(heldVerbs, heldResources, heldNames == null ? "" : heldNames));
        List<PolicyRule> granted = List.of(rule(verbs, resources, names == null ? "" : names));
        assertThat(String.join("\n", RuleCoverage.missing(held, granted))).isEqualTo(missing);
    }

    @Test
    void pathsAreCoveredByPrefix() {
        var held = new PolicyRule(List.of("get"), List.of(), List.of(), List.of(), List.of("/logs/*"));
        var granted = new PolicyRule(List.of("get"), List.of(), List.of(), List.of(), List.of("/logs/a", "/metrics"));
        assertThat(RuleCoverage.missing(List.of(held), List.of(granted)))
                .containsExactly("{NonResourceURLs:[\"/metrics\"], Verbs:[\"get\"]}");
    }

    @Test
    void onlyEverythingCoversEverything() {
        assertThat(RuleCoverage.missing(RuleCoverage.EVERYTHING, RuleCoverage.EVERYTHING))
                .isEmpty();
        assertThat(RuleCoverage.missing(List.of(), RuleCoverage.EVERYTHING)).hasSize(2);
    }
}
