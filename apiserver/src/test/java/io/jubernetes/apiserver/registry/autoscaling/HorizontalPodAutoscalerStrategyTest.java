package io.jubernetes.apiserver.registry.autoscaling;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.registry.Checks;
import io.jubernetes.apiserver.resource.Meta;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class HorizontalPodAutoscalerStrategyTest {
    private static final HorizontalPodAutoscalerStrategy AUTOSCALERS = new HorizontalPodAutoscalerStrategy();
    private static final String TARGET = "scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: d}";

    private static ObjectNode object(String version, String spec) {
        return Checks.object(
                AUTOSCALERS,
                version,
                "HorizontalPodAutoscaler",
                "{metadata: {name: h}, spec: {" + TARGET + ", maxReplicas: 3, " + spec + "}}");
    }

    private static Arguments row(String spec, String... problems) {
        return Arguments.of(spec, List.of(problems));
    }

    static Stream<Arguments> specs() {
        return Stream.of(
                row("minReplicas: 2"),
                row(
                        "minReplicas: 5",
                        "spec.maxReplicas: Invalid value: 3: must be greater than or equal to `minReplicas`"),
                row(
                        "metrics: [{type: Pods}]",
                        "spec.metrics[0].pods: Required value: must populate information for the given metric source"),
                row(
                        "metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization}}}]",
                        "spec.metrics[0].resource.target.averageUtilization: Required value: must set either a target raw"
                                + " value or a target utilization"),
                row(
                        "behavior: {scaleUp: {policies: [{type: Pods, value: 0, periodSeconds: 1801}]}}",
                        "spec.behavior.scaleUp.policies[0].value: Invalid value: 0: must be greater than zero",
                        "spec.behavior.scaleUp.policies[0].periodSeconds: Invalid value: 1801: must be less than or equal"
                                + " to 1800"));
    }

    @ParameterizedTest
    @MethodSource("specs")
    void saysWhatIsWrong(String spec, List<String> problems) {
        assertThat(Checks.shown(AUTOSCALERS.validate(object("autoscaling/v2", spec))))
                .isEqualTo(problems);
    }

    static Stream<String> roundTrips() {
        return Stream.of(
                "minReplicas: 2",
                "metrics: [{type: Resource, resource: {name: memory, target: {type: AverageValue, averageValue: 1Gi}}}]",
                "metrics: [{type: Pods, pods: {metric: {name: m}, target: {type: AverageValue, averageValue: '1'}}}]",
                "metrics: [{type: Object, object: {describedObject: {apiVersion: v1, kind: K, name: n}, metric: {name: m},"
                        + " target: {type: Value, value: '1'}}}]",
                "metrics: [{type: External, external: {metric: {name: m, selector: {matchLabels: {a: b}}},"
                        + " target: {type: AverageValue, averageValue: '1'}}}]",
                "behavior: {scaleDown: {stabilizationWindowSeconds: 5, selectPolicy: Disabled}}");
    }

    @ParameterizedTest
    @MethodSource("roundTrips")
    void losesNothingInTheFirstVersion(String spec) {
        ObjectNode stored = object("autoscaling/v2", spec);
        AUTOSCALERS.prepareForCreate(stored);

        ObjectNode old = AUTOSCALERS.fromStorage(stored.deepCopy(), "autoscaling/v1");
        ObjectNode back = AUTOSCALERS.toStorage(old);

        assertThat(Meta.same(back, stored)).as(back.toString()).isTrue();
    }

    @Test
    void showsCpuAsTheFirstVersionDoes() {
        ObjectNode stored = AUTOSCALERS.toStorage(object("autoscaling/v1", "targetCPUUtilizationPercentage: 40"));

        assertThat(stored.path("spec").path("metrics").toString())
                .isEqualTo(
                        "[{\"type\":\"Resource\",\"resource\":{\"name\":\"cpu\",\"target\":{\"type\":\"Utilization\","
                                + "\"averageUtilization\":40}}}]");
        assertThat(AUTOSCALERS
                        .fromStorage(stored, "autoscaling/v1")
                        .path("spec")
                        .path("targetCPUUtilizationPercentage")
                        .asInt())
                .isEqualTo(40);
    }
}
