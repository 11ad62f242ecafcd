package io.jubernetes.apiserver.registry.apps;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.registry.Checks;
import io.jubernetes.apiserver.registry.Strategies;
import io.jubernetes.apiserver.resource.Strategy;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class WorkloadStrategiesTest {
    private static final String TEMPLATE =
            "template: {metadata: {labels: {a: b}}, spec: {containers: [{name: c, image: i}]}}";
    private static final String SPEC = "selector: {matchLabels: {a: b}}, " + TEMPLATE;

    private static ObjectNode object(String kind, String spec) {
        return Checks.object(
                Strategies.of("apps/v1/" + kind), "apps/v1", kind, "{metadata: {name: w}, spec: {" + spec + "}}");
    }

    private static Arguments row(String kind, String spec, String... problems) {
        return Arguments.of(kind, spec, List.of(problems));
    }

    static Stream<Arguments> specs() {
        return Stream.of(
                row("Deployment", SPEC),
                row("ReplicaSet", SPEC),
                row("DaemonSet", SPEC),
                row("StatefulSet", SPEC),
                row(
                        "Deployment",
                        TEMPLATE,
                        "spec.selector: Required value",
                        "spec.template.metadata.labels: Invalid value: {\"a\":\"b\"}: `selector` does not match template"
                                + " `labels`"),
                row(
                        "DaemonSet",
                        TEMPLATE,
                        "spec.template.metadata.labels: Invalid value: {\"a\":\"b\"}: `selector` does not match template"
                                + " `labels`"),
                row(
                        "ReplicaSet",
                        "selector: {}, " + TEMPLATE,
                        "spec.selector: Invalid value: {}: empty selector is invalid for deployment"),
                row(
                        "Deployment",
                        SPEC + ", strategy: {type: Recreate, rollingUpdate: {maxSurge: 1}}",
                        "spec.strategy.rollingUpdate: Forbidden: may not be specified when strategy `type` is 'Recreate'"),
                row(
                        "Deployment",
                        SPEC + ", strategy: {type: Blue}",
                        "spec.strategy: Unsupported value: {\"Type\":\"Blue\",\"RollingUpdate\":null}: supported values:"
                                + " \"Recreate\", \"RollingUpdate\""),
                row(
                        "Deployment",
                        SPEC + ", strategy: {rollingUpdate: {maxSurge: 0, maxUnavailable: 0}}",
                        "spec.strategy.rollingUpdate.maxUnavailable: Invalid value: 0: may not be 0 when `maxSurge` is 0"),
                row(
                        "DaemonSet",
                        SPEC + ", updateStrategy: {rollingUpdate: {maxSurge: 1, maxUnavailable: 1}}",
                        "spec.updateStrategy.rollingUpdate.maxSurge: Invalid value: 1: may not be set when maxUnavailable"
                                + " is non-zero"),
                row(
                        "StatefulSet",
                        SPEC + ", podManagementPolicy: Random",
                        "spec.podManagementPolicy: Invalid value: \"Random\": must be 'OrderedReady' or 'Parallel'"),
                row(
                        "StatefulSet",
                        SPEC + ", volumeClaimTemplates: [{metadata: {name: d}, spec: {}}]",
                        "spec.volumeClaimTemplates[0].spec.accessModes: Required value: at least 1 access mode is required",
                        "spec.volumeClaimTemplates[0].spec.resources[storage]: Required value"));
    }

    @ParameterizedTest
    @MethodSource("specs")
    void saysWhatIsWrong(String kind, String spec, List<String> problems) {
        Strategy strategy = Strategies.of("apps/v1/" + kind);

        assertThat(Checks.shown(strategy.validate(object(kind, spec)))).isEqualTo(problems);
    }

    static Stream<Arguments> changes() {
        String other = "selector: {matchLabels: {a: b, c: d}},"
                + " template: {metadata: {labels: {a: b, c: d}}, spec: {containers: [{name: c, image: i}]}}";
        return Stream.of(
                row(
                        "Deployment",
                        other,
                        "spec.selector: Invalid value: {\"matchLabels\":{\"a\":\"b\",\"c\":\"d\"}}: field"
                                + " is immutable"),
                row("StatefulSet", SPEC + ", replicas: 9"),
                row(
                        "StatefulSet",
                        SPEC + ", serviceName: s",
                        "spec: Forbidden: updates to statefulset spec for fields"
                                + " other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit',"
                                + " 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden"));
    }

    @ParameterizedTest
    @MethodSource("changes")
    void keepsWhatCannotChange(String kind, String spec, List<String> problems) {
        Strategy strategy = Strategies.of("apps/v1/" + kind);

        assertThat(Checks.shown(strategy.validateChange(object(kind, spec), object(kind, SPEC), "")))
                .isEqualTo(problems);
    }

    static Stream<Arguments> statuses() {
        return Stream.of(
                row(
                        "ReplicaSet",
                        "{replicas: 1, readyReplicas: 2}",
                        "status.readyReplicas: Invalid value: 2: cannot be greater than status.replicas"),
                row(
                        "Deployment",
                        "{replicas: 2, availableReplicas: 1}",
                        "status.availableReplicas: Invalid value: 1: cannot be greater than readyReplicas"),
                row(
                        "DaemonSet",
                        "{numberReady: -1}",
                        "status.numberReady: Invalid value: -1: must be greater than or equal to 0"));
    }

    @ParameterizedTest
    @MethodSource("statuses")
    void countsInStatus(String kind, String status, List<String> problems) {
        Strategy strategy = Strategies.of("apps/v1/" + kind);
        ObjectNode old = object(kind, SPEC);
        ObjectNode changed = Checks.object(
                strategy, "apps/v1", kind, "{metadata: {name: w}, spec: {" + SPEC + "}, status: " + status + "}");

        assertThat(Checks.shown(strategy.validateStatusUpdate(changed, old))).isEqualTo(problems);
    }

    @org.junit.jupiter.api.Test
    void countsTemplatesOfDaemonSets() {
        Strategy strategy = Strategies.of("apps/v1/DaemonSet");
        ObjectNode old = object("DaemonSet", SPEC);
        strategy.prepareForCreate(old);
        ObjectNode changed = object("DaemonSet", SPEC.replace("image: i", "image: j"));

        strategy.prepareForUpdate(changed, old);

        assertThat(changed.path("metadata")
                        .path("annotations")
                        .path("deprecated.daemonset.template.generation")
                        .asText())
                .isEqualTo("2");
    }
}
