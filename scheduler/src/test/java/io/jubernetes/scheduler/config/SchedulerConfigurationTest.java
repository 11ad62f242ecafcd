package io.jubernetes.scheduler.config;

import static org.assertj.core.api.Assertions.assertThat;

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
                        """),
                "plugins",
                (_, point) -> point == ExtensionPoint.FILTER || point == ExtensionPoint.SCORE,
                new Problems());
        assertThat(sets.get(ExtensionPoint.FILTER))
                .extracting(PluginSets.Named::name)
                .startsWith("InterPodAffinity", "SchedulingGates", "PrioritySort")
                .endsWith("DefaultBinder", "Extra")
                .doesNotContain("NodePorts");
        assertThat(sets.get(ExtensionPoint.SCORE)).containsExactly(new PluginSets.Named("ImageLocality", 7));
        assertThat(sets.get(ExtensionPoint.BIND)).isEmpty();
    }

    private static String args(String plugin, String args) {
        return "profiles: [{pluginConfig: [{name: " + plugin + ", args: {" + args + "}}]}]";
    }

    private static final String ARGS = "profiles[0].pluginConfig[0].args";

    static Stream<Arguments> mistakes() {
        return Stream.of(
                Arguments.of("profilez: []", "strict decoding error: unknown field \"profilez\""),
                Arguments.of(
                        "profiles: [{plugins: {filter: {enabeld: []}}}]",
                        "strict decoding error: unknown field \"profiles[0].plugins.filter.enabeld\""),
                Arguments.of(
                        "parallelism: -1",
                        "parallelism: Invalid value: -1: should be an integer value greater than zero"),
                Arguments.of("parallelism: many", "parallelism: Invalid value: \"many\": must be an integer"),
                Arguments.of("profiles: {}", "profiles: Invalid value: {}: must be a list"),
                Arguments.of(
                        "percentageOfNodesToScore: 101",
                        "percentageOfNodesToScore: Invalid value: 101: not in valid range [0-100]"),
                Arguments.of(
                        "podInitialBackoffSeconds: 0",
                        "podInitialBackoffSeconds: Invalid value: 0: must be greater than 0"),
                Arguments.of(
                        "podInitialBackoffSeconds: 20",
                        "podMaxBackoffSeconds: Invalid value: 10: must be greater than or equal to"
                                + " PodInitialBackoffSeconds"),
                Arguments.of(
                        "leaderElection: {leaseDuration: 5s}",
                        "leaderElection.leaseDuration: Invalid value: \"5s\": LeaseDuration must be greater than"
                                + " RenewDeadline"),
                Arguments.of(
                        "leaderElection: {resourceLock: endpoints}",
                        "leaderElection.resourceLock: Invalid value: \"endpoints\": resourceLock value must be"
                                + " \"leases\""),
                Arguments.of(
                        "clientConnection: {burst: -1}",
                        "clientConnection.burst: Invalid value: -1: must be non-negative"),
                Arguments.of(
                        "profiles: [{schedulerName: a}, {schedulerName: a}]",
                        "profiles[1].schedulerName: Duplicate value: \"a\""),
                Arguments.of("profiles: [{schedulerName: a}, {}]", "profiles[1].schedulerName: Required value"),
                Arguments.of(
                        "profiles: [{plugins: {filter: {enabled: [{name: NodeName}, {name: Nope}]}}}]",
                        "profiles[0].plugins.filter.enabled[1].name: Invalid value: \"Nope\": there is no such plugin"),
                Arguments.of(
                        "profiles: [{plugins: {score: {enabled: [{name: NodeName}, {name: NodeName}]}}}]",
                        "profiles[0].plugins.score.enabled[1]: plugin \"NodeName\" already registered"),
                Arguments.of(
                        "profiles: [{plugins: {filter: {enabled: [{name: EBSLimits}]}}}]",
                        "profiles[0].plugins.filter.enabled[0]: Invalid value: \"EBSLimits\": was invalid in version"
                                + " \"kubescheduler.config.k8s.io/v1\" (KubeSchedulerConfiguration is version"
                                + " \"kubescheduler.config.k8s.io/v1\")"),
                Arguments.of(
                        "profiles: [{plugins: {bind: {enabled: [{name: NodeName}]}}}]",
                        "profiles[0].plugins.bind: plugin \"NodeName\" does not extend bind plugin"),
                Arguments.of(
                        "profiles: [{plugins: {queueSort: {disabled: [{name: '*'}]}}}]",
                        "profiles[0]: profile default-scheduler: exactly one queue sort plugin must be enabled, and"
                                + " there are 0"),
                Arguments.of(
                        "profiles: [{pluginConfig: [{name: NodeName}, {name: NodeName}]}]",
                        "profiles[0].pluginConfig[1]: Duplicate value: \"NodeName\""),
                Arguments.of(
                        args("InterPodAffinity", "hardPodAffinityWeight: 101"),
                        ARGS + ".hardPodAffinityWeight: Invalid value: 101: not in valid range [0, 100]"),
                Arguments.of(
                        args("InterPodAffinity", "kind: NodeAffinityArgs"),
                        ARGS + ": Invalid value: \"NodeAffinityArgs\": has to match plugin args"),
                Arguments.of(
                        args("DefaultPreemption", "minCandidateNodesPercentage: 101"),
                        ARGS + ".minCandidateNodesPercentage: Invalid value: 101: not in valid range [0, 100]"),
                Arguments.of(
                        args("DefaultPreemption", "minCandidateNodesPercentage: 0, minCandidateNodesAbsolute: 0"),
                        "[" + ARGS
                                + ".minCandidateNodesPercentage: Invalid value: 0: cannot be zero at the same time as"
                                + " minCandidateNodesAbsolute, " + ARGS
                                + ".minCandidateNodesAbsolute: Invalid value: 0:"
                                + " cannot be zero at the same time as minCandidateNodesPercentage]"),
                Arguments.of(
                        args(
                                "NodeAffinity",
                                "addedAffinity: {requiredDuringSchedulingIgnoredDuringExecution:"
                                        + " {nodeSelectorTerms: [{matchExpressions: [{key: a, operator: In}]}]}}"),
                        ARGS + ".addedAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0]"
                                + ".matchExpressions[0].values: Required value: must be specified when `operator` is"
                                + " 'In' or 'NotIn'"),
                Arguments.of(
                        args(
                                "NodeAffinity",
                                "addedAffinity: {preferredDuringSchedulingIgnoredDuringExecution:"
                                        + " [{weight: 101, preference: {matchFields: [{key: metadata.name, operator: In,"
                                        + " values: [a]}]}}]}"),
                        ARGS + ".addedAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].weight: Invalid"
                                + " value: 101: must be in the range 1-100"),
                Arguments.of(
                        args("NodeResourcesBalancedAllocation", "resources: [{name: cpu, weight: 2}]"),
                        ARGS + ".resources[0].weight: Invalid value: 2: must be 1"),
                Arguments.of(
                        args("NodeResourcesFit", "ignoredResourceGroups: [example.com/gpu]"),
                        ARGS + ".ignoredResourceGroups[0]: Invalid value: \"example.com/gpu\": resource group name"
                                + " can't contain '/'"),
                Arguments.of(
                        args("NodeResourcesFit", "scoringStrategy: {type: Random}"),
                        ARGS + ".scoringStrategy.type: Unsupported value: \"Random\": supported values:"
                                + " \"LeastAllocated\", \"MostAllocated\", \"RequestedToCapacityRatio\""),
                Arguments.of(
                        args("NodeResourcesFit", "scoringStrategy: {resources: [{name: cpu, weight: 101}]}"),
                        ARGS + ".scoringStrategy.resources[0].weight: Invalid value: 101: resource weight of cpu not"
                                + " in valid range (0, 100]"),
                Arguments.of(
                        args(
                                "NodeResourcesFit",
                                "scoringStrategy: {type: RequestedToCapacityRatio,"
                                        + " requestedToCapacityRatio: {shape: [{utilization: 5}, {utilization: 5}]}}"),
                        ARGS + ".scoringStrategy.requestedToCapacityRatio.shape[1].utilization: Invalid value: 5:"
                                + " values must be sorted in increasing order"),
                Arguments.of(
                        args("PodTopologySpread", "defaultingType: Some"),
                        ARGS + ".defaultingType: Unsupported value: \"Some\": supported values: \"System\","
                                + " \"List\""),
                Arguments.of(
                        args(
                                "PodTopologySpread",
                                "defaultingType: List, defaultConstraints: [{maxSkew: 0,"
                                        + " topologyKey: zone, whenUnsatisfiable: ScheduleAnyway}]"),
                        ARGS + ".defaultConstraints[0].maxSkew: Invalid value: 0: not in valid range (0, inf)"),
                Arguments.of(
                        args("VolumeBinding", "bindTimeoutSeconds: -1"),
                        ARGS + ".bindTimeoutSeconds: Invalid value: -1: invalid BindTimeoutSeconds, should not be a"
                                + " negative value"),
                Arguments.of(
                        args("VolumeBinding", "shape: []"),
                        ARGS + ".shape: Invalid value: []: unexpected field `shape`, remove it or turn on the feature"
                                + " gate StorageCapacityScoring"),
                Arguments.of(
                        args("DynamicResources", "filterTimeout: -1s"),
                        ARGS + ".filterTimeout: Invalid value: \"-1s\": must be zero or positive"),
                Arguments.of(
                        args("DynamicResources", "bindingTimeout: 10"),
                        ARGS + ".bindingTimeout: Invalid value: 10: must be a duration such as 10s"),
                Arguments.of(
                        "extenders: [{urlPrefix: 'http://x', prioritizeVerb: p}]",
                        "extenders[0].weight: Invalid value: 0: must have a positive weight applied to it"),
                Arguments.of(
                        "extenders: [{bindVerb: b}, {bindVerb: b}]",
                        "extenders: Invalid value: \"found 2 extenders implementing bind\": only one extender can"
                                + " implement bind"),
                Arguments.of(
                        "extenders: [{managedResources: [{name: cpu}]}]",
                        "extenders[0].managedResources[0].name: Invalid value: \"cpu\": is an invalid extended"
                                + " resource name"),
                Arguments.of(
                        "extenders: [{httpTimeout: soon}]",
                        "extenders[0].httpTimeout: Invalid value: \"soon\": must be a duration such as 10s"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("mistakes")
    void saysWhatIsWrong(String body, String message) {
        assertThat(complaint(body)).isEqualTo(message);
    }

    @Test
    void namesEveryFieldThatIsWrong() {
        assertThat(complaint("""
                        parallelism: 0
                        percentageOfNodesToScore: 200
                        healthzBindAddress: 127.0.0.1:1
                        profiles:
                        - percentageOfNodesToScore: -1
                          pluginConfig:
                          - name: InterPodAffinity
                            args: {hardPodAffinityWeight: -1, weight: 3}
                        extenders:
                        - prioritizeVerb: p
                        """))
                .contains("parallelism:")
                .contains("percentageOfNodesToScore: Invalid value: 200")
                .contains("unknown field \"healthzBindAddress\"")
                .contains("profiles[0].percentageOfNodesToScore: Invalid value: -1")
                .contains("hardPodAffinityWeight: Invalid value: -1")
                .contains("unknown field \"profiles[0].pluginConfig[0].args.weight\"")
                .contains("extenders[0].weight");
    }

    private static String complaint(String body) {
        try {
            new World(1, read(body), List.of()).close();
            return "";
        } catch (Exception e) {
            // The test's world wraps what the profiles complain about.
            Throwable complaint = e.getCause() == null ? e : e.getCause();
            return String.valueOf(complaint.getMessage());
        }
    }
}
