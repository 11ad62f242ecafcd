package io.jubernetes.controllermanager.autoscaling;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.autoscaling.v2.HorizontalPodAutoscaler;
import io.jubernetes.controllermanager.testing.Written;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ScaleRulesTest {
    private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");
    private static final Duration WINDOW = Duration.ofMinutes(5);

    private static ScaleRules.Granted grant(int current, int wished, String behavior, ScaleRules.History history) {
        var hpa = Written.as(HorizontalPodAutoscaler.class, "{spec: {" + behavior + "}}");
        return ScaleRules.grant(
                current, wished, 2, 20, hpa.getSpec().getBehavior(), WINDOW, history.wish(NOW, wished), NOW);
    }

    @ParameterizedTest(name = "{0} to {1} with {2}: {3} {4}")
    @CsvSource(
            delimiter = '|',
            value = {
                "5 | 5 | '' | 5 | ''",
                "5 | 9 | '' | 9 | ''",
                "5 | 15 | '' | 10 | ScaleUpLimit",
                "2 | 15 | '' | 6 | ScaleUpLimit",
                "15 | 30 | '' | 20 | TooManyReplicas",
                "5 | 1 | '' | 2 | TooFewReplicas",
                "10 | 4 | '' | 4 | ''",
                "10 | 20 | 'behavior: {scaleUp: {policies: [{type: Pods, value: 1, periodSeconds: 60}]}}' | 11 |"
                        + " ScaleUpLimit",
                "10 | 20 | 'behavior: {scaleUp: {selectPolicy: Min, policies: [{type: Pods, value: 1, periodSeconds:"
                        + " 60}, {type: Percent, value: 50, periodSeconds: 60}]}}' | 11 | ScaleUpLimit",
                "10 | 20 | 'behavior: {scaleUp: {selectPolicy: Disabled}}' | 10 | ScaleUpLimit",
                "10 | 4 | 'behavior: {scaleDown: {policies: [{type: Percent, value: 10, periodSeconds: 60}]}}' | 9 |"
                        + " ScaleDownLimit",
                "10 | 4 | 'behavior: {scaleDown: {selectPolicy: Disabled}}' | 10 | ScaleDownLimit",
            })
    void boundsAndPoliciesLimit(int current, int wished, String behavior, int granted, String limit) {
        var result = grant(current, wished, behavior, ScaleRules.History.NONE);
        assertThat(result.replicas()).isEqualTo(granted);
        assertThat(result.limit()).isEqualTo(limit);
    }

    @Test
    void aHigherWishOfTheLastMinutesKeepsIt() {
        var history = ScaleRules.History.NONE.wish(NOW.minusSeconds(240), 8);
        var result = grant(10, 4, "", history);
        assertThat(result.replicas()).isEqualTo(8);
        assertThat(result.stabilized()).isEqualTo("ScaleDownStabilized");
        assertThat(grant(10, 4, "behavior: {scaleDown: {stabilizationWindowSeconds: 60}}", history)
                        .replicas())
                .isEqualTo(4);
    }

    @Test
    void whatWasAddedLatelyCountsAgainstThePolicy() {
        var history = ScaleRules.History.NONE.changed(NOW.minusSeconds(30), 3);
        String behavior = "behavior: {scaleUp: {policies: [{type: Pods, value: 4, periodSeconds: 60}]}}";
        assertThat(grant(10, 20, behavior, history).replicas()).isEqualTo(11);
        assertThat(grant(10, 20, behavior, ScaleRules.History.NONE.changed(NOW.minusSeconds(90), 3))
                        .replicas())
                .isEqualTo(14);
    }

    @ParameterizedTest(name = "{0} of a=1, b=2: {1}")
    @CsvSource(
            delimiter = '|',
            value = {
                "'' | true",
                "a=1 | true",
                "a==1,b!=1 | true",
                "a=2 | false",
                "a in (1, 3), b notin (1) | true",
                "b in (1) | false",
                "!c | true",
                "!a | false",
                "a,c | false",
            })
    void selectorsAreReadFromText(String query, boolean matches) {
        assertThat(LabelQuery.parse(query).test(Map.of("a", "1", "b", "2"))).isEqualTo(matches);
    }

    @Test
    void anUnreadableSelectorIsRefused() {
        assertThat(List.of("a=(", "in (a)", "="))
                .allSatisfy(text -> org.assertj.core.api.Assertions.assertThatThrownBy(() -> LabelQuery.parse(text))
                        .isInstanceOf(IllegalArgumentException.class));
    }
}
