package io.jubernetes.scheduler.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.api.model.Pod;
import io.jubernetes.common.codec.Yaml;
import io.jubernetes.scheduler.TestObjects;
import io.jubernetes.scheduler.cycle.World;
import io.jubernetes.scheduler.framework.ExtensionPoint;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class SchedulerConfigurationTest {
    private static final String HEAD = """
            apiVersion: kubescheduler.config.k8s.io/v1
            kind: KubeSchedulerConfiguration
            """;

    private static SchedulerConfiguration read(String body) throws Exception {
        return SchedulerConfiguration.of(yaml(HEAD + body));
    }

    private static JsonNode yaml(String text) throws IOException {
        return Yaml.read(text.getBytes(StandardCharsets.UTF_8));
    }

    private static Pod pod(String scheduler) {
        return TestObjects.pod("p", "1", "1Gi")
                .editSpec()
                .withSchedulerName(scheduler)
                .endSpec()
                .build();
    }

    @Test
    void withoutProfilesThereIsTheDefaultOne() throws Exception {
        SchedulerConfiguration configuration = read("podMaxBackoffSeconds: 60");
        assertThat(configuration.maxBackoff()).isEqualTo(Duration.ofMinutes(1));
        assertThat(configuration.profiles())
                .extracting(SchedulerConfiguration.ProfileSpec::schedulerName)
                .containsExactly("default-scheduler");
    }

    /// One profile spreads pods, the other packs them and minds no cordon.
    @Test
    void profilesDecideEachInItsWay() throws Exception {
        var configuration = read("""
                profiles:
                - schedulerName: default-scheduler
                - schedulerName: packing
                  plugins:
                    filter:
                      disabled:
                      - name: NodeUnschedulable
                    score:
                      disabled:
                      - name: "*"
                      enabled:
                      - name: NodeResourcesFit
                        weight: 5
                  pluginConfig:
                  - name: NodeResourcesFit
                    args:
                      scoringStrategy:
                        type: MostAllocated
                """);
        try (var world = new World(1, configuration, List.of())) {
            world.with(
                    TestObjects.plainNode("empty"),
                    TestObjects.node("half", "4", "8Gi")
                            .editSpec()
                            .withUnschedulable(true)
                            .endSpec()
                            .build());
            world.with(TestObjects.pod("there", "2", "4Gi")
                    .editSpec()
                    .withNodeName("half")
                    .endSpec()
                    .build());
            assertThat(world.decide(pod("default-scheduler"))).isEqualTo("-> empty");
            assertThat(world.decide(pod("packing"))).isEqualTo("-> half");
        }
    }

    @Test
    void aCurveRatesUse() throws Exception {
        var configuration = read("""
                profiles:
                - plugins:
                    score:
                      disabled:
                      - name: "*"
                      enabled:
                      - name: NodeResourcesFit
                  pluginConfig:
                  - name: NodeResourcesFit
                    args:
                      scoringStrategy:
                        type: RequestedToCapacityRatio
                        resources:
                        - name: cpu
                          weight: 1
                        requestedToCapacityRatio:
                          shape:
                          - {utilization: 0, score: 0}
                          - {utilization: 70, score: 10}
                          - {utilization: 100, score: 0}
                """);
        try (var world = new World(1, configuration, List.of())) {
            for (String cpu : List.of("0", "1", "2", "3")) {
                world.with(TestObjects.plainNode("with-" + cpu));
                world.with(TestObjects.pod("there-" + cpu, cpu, "1Mi")
                        .editSpec()
                        .withNodeName("with-" + cpu)
                        .endSpec()
                        .build());
            }
            // 3 of 4 CPUs would be used there, next to the best use of 70 %.
            assertThat(world.decide(pod("default-scheduler"))).isEqualTo("-> with-2");
        }
    }

    @Test
    void aPointsOwnPluginsComeFirstAndOthersFollow() throws Exception {
        var sets = PluginSets.expand(
                yaml("""
                        multiPoint:
                          enabled:
                          - name: Extra
                        filter:
                          enabled:
                          - name: InterPodAffinity
                          disabled:
                          - name: NodePorts
                        score:
                          disabled:
                          - name: "*"
                          enabled:
                          - name: ImageLocality
                            weight: 7
                        """), "plugins", (_, point) -> point == ExtensionPoint.FILTER || point == ExtensionPoint.SCORE);
        assertThat(sets.get(ExtensionPoint.FILTER))
                .extracting(PluginSets.Named::name)
                .startsWith("InterPodAffinity", "SchedulingGates", "PrioritySort")
                .endsWith("DefaultBinder", "Extra")
                .doesNotContain("NodePorts");
        assertThat(sets.get(ExtensionPoint.SCORE)).containsExactly(new PluginSets.Named("ImageLocality", 7));
        assertThat(sets.get(ExtensionPoint.BIND)).isEmpty();
    }

    static Stream<Arguments> mistakes() {
        return Stream.of(
                Arguments.of("profilez: []", "strict decoding error: unknown field \"profilez\""),
                Arguments.of("parallelism: -1", "parallelism: Invalid value: -1: should be an integer value greater"),
                Arguments.of("percentageOfNodesToScore: 101", "not in valid range [0-100]"),
                Arguments.of(
                        "podInitialBackoffSeconds: 20", "must be greater than or equal to PodInitialBackoffSeconds"),
                Arguments.of("profiles: [{schedulerName: a}, {schedulerName: a}]", "Duplicate value: \"a\""),
                Arguments.of("profiles: [{schedulerName: a}, {}]", "profiles[1].schedulerName: Required value"),
                Arguments.of("profiles: [{plugins: {filter: {enabled: [{name: Nope}]}}}]", "no plugin \"Nope\""),
                Arguments.of(
                        "profiles: [{plugins: {bind: {enabled: [{name: NodeName}]}}}]",
                        "plugin \"NodeName\" does not extend bind plugin"),
                Arguments.of(
                        "profiles: [{plugins: {queueSort: {disabled: [{name: '*'}]}}}]",
                        "exactly one queue sort plugin must be enabled"),
                Arguments.of(
                        "profiles: [{pluginConfig: [{name: InterPodAffinity, args: {hardPodAffinityWeight: 101}}]}]",
                        "hardPodAffinityWeight: 101 is not from 0 to 100"),
                Arguments.of(
                        "extenders: [{urlPrefix: 'http://x', prioritizeVerb: p}]",
                        "must have a positive weight applied"),
                Arguments.of("extenders: [{bindVerb: b}, {bindVerb: b}]", "found 2 extenders implementing bind"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("mistakes")
    void saysWhatIsWrong(String body, String message) {
        assertThatThrownBy(() -> new World(1, read(body), List.of()).close()).hasStackTraceContaining(message);
    }
}
