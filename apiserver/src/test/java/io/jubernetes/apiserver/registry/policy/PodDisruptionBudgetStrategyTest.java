package io.jubernetes.apiserver.registry.policy;

import static org.assertj.core.api.Assertions.assertThat;

import io.jubernetes.apiserver.registry.Checks;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class PodDisruptionBudgetStrategyTest {
    private static final PodDisruptionBudgetStrategy BUDGETS = new PodDisruptionBudgetStrategy();

    static Stream<Arguments> specs() {
        return Stream.of(
                Arguments.of("minAvailable: 1", List.of()),
                Arguments.of("minAvailable: 50%", List.of()),
                Arguments.of(
                        "minAvailable: 1, maxUnavailable: 1",
                        List.of("spec: Invalid value: {\"MinAvailable\":1,\"Selector\":null,\"MaxUnavailable\":1,"
                                + "\"UnhealthyPodEvictionPolicy\":null}: minAvailable and maxUnavailable cannot be both"
                                + " set")),
                Arguments.of(
                        "maxUnavailable: 101%",
                        List.of("spec.maxUnavailable: Invalid value: \"101%\": must not be greater than 100%")),
                Arguments.of(
                        "unhealthyPodEvictionPolicy: Now",
                        List.of(
                                "spec.unhealthyPodEvictionPolicy: Unsupported value: \"Now\": supported values: \"AlwaysAllow\","
                                        + " \"IfHealthyBudget\"")));
    }

    @ParameterizedTest
    @MethodSource("specs")
    void saysWhatIsWrong(String spec, List<String> problems) {
        var budget = Checks.object(
                BUDGETS, "policy/v1", "PodDisruptionBudget", "{metadata: {name: b}, spec: {" + spec + "}}");

        assertThat(Checks.shown(BUDGETS.validate(budget))).isEqualTo(problems);
    }
}
