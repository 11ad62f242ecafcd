package io.jubernetes.scheduler.cycle;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.LabelSelectorBuilder;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodAffinityTerm;
import io.fabric8.kubernetes.api.model.PodAffinityTermBuilder;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.Taint;
import io.fabric8.kubernetes.api.model.TopologySpreadConstraintBuilder;
import io.jubernetes.scheduler.TestObjects;
import io.jubernetes.scheduler.framework.NodeInfo;
import io.jubernetes.scheduler.framework.PodInfo;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// In random clusters with random histories every decision is the one that the plain reference makes: the same nodes
/// fit, the others do not for the same reasons, and the nodes that fit have the same scores.
class DifferentialTest {
    private static final List<String> APPS = List.of("web", "db", "cache");
    private static final String ZONE = "topology.kubernetes.io/zone";
    private static final String HOST = "kubernetes.io/hostname";

    static Stream<Long> seeds() {
        return LongStream.rangeClosed(1, 12).boxed();
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void decidesAsTheReferenceDoes(long seed) {
        var random = new Random(seed);
        var reference = new Reference();
        try (var world = new World(seed)) {
            for (int i = 0; i < 8 + random.nextInt(12); i++) {
                put(world, reference, node("n" + i, random));
            }
            for (int step = 0; step < 150; step++) {
                switch (random.nextInt(12)) {
                    case 0 -> put(world, reference, node("n" + random.nextInt(20), random));
                    case 1 -> removeNode(world, reference, "n" + random.nextInt(20));
                    case 2, 3 -> removePod(world, reference, random);
                    default -> schedule(world, reference, pod("p" + step, random));
                }
            }
        }
    }

    private static void put(World world, Reference reference, Node node) {
        reference.nodes.put(node.getMetadata().getName(), node);
        world.with(node);
    }

    private static void removeNode(World world, Reference reference, String name) {
        reference.nodes.remove(name);
        reference.placed.removeIf(pod -> {
            boolean there = name.equals(pod.getSpec().getNodeName());
            if (there) {
                world.nodes().removePod(name, pod.getMetadata().getUid());
            }
            return there;
        });
        world.nodes().removeNode(name);
    }

    private static void removePod(World world, Reference reference, Random random) {
        if (!reference.placed.isEmpty()) {
            Pod pod = reference.placed.remove(random.nextInt(reference.placed.size()));
            world.nodes()
                    .removePod(pod.getSpec().getNodeName(), pod.getMetadata().getUid());
        }
    }

    private static void schedule(World world, Reference reference, Pod pod) {
        Map<String, Integer> reasons = new HashMap<>();
        List<Node> feasible = new ArrayList<>();
        for (Node node : reference.nodes.values()) {
            reference
                    .filter(pod, node)
                    .ifPresentOrElse(
                            reason -> {
                                for (String each : reason.split("\\+")) {
                                    reasons.merge(each, 1, Integer::sum);
                                }
                            },
                            () -> feasible.add(node));
        }
        PodInfo info = world.info(pod);
        switch (world.select(info)) {
            case Selection.Outcome.Found found -> {
                assertThat(found.feasible()).as("nodes for %s", pod).isEqualTo(feasible.size());
                Map<String, Long> wanted = new TreeMap<>(reference.totals(pod, feasible));
                List<NodeInfo> nodes = feasible.stream()
                        .map(node -> Objects.requireNonNull(
                                world.nodes().find(node.getMetadata().getName())))
                        .toList();
                assertThat(world.totals(info, nodes)).as("scores for %s", pod).isEqualTo(wanted);
                String chosen = found.node().name();
                long best =
                        wanted.values().stream().mapToLong(score -> score).max().orElseThrow();
                assertThat(wanted.get(chosen)).isEqualTo(best);
                Pod bound = pod.toBuilder()
                        .editSpec()
                        .withNodeName(chosen)
                        .endSpec()
                        .build();
                reference.placed.add(bound);
                world.with(bound);
            }
            case Selection.Outcome.NoFit noFit -> {
                assertThat(feasible).as("nodes for %s", pod).isEmpty();
                if (!reference.nodes.isEmpty()) {
                    List<String> counted = reasons.entrySet().stream()
                            .map(reason -> reason.getValue() + " " + reason.getKey())
                            .sorted()
                            .toList();
                    assertThat(noFit.message())
                            .startsWith("0/" + reference.nodes.size() + " nodes are available: "
                                    + String.join(", ", counted) + ". ");
                }
            }
        }
    }

    private static Node node(String name, Random random) {
        var builder = TestObjects.node(name, Integer.toString(1 + random.nextInt(6)), (1 + random.nextInt(8)) + "Gi");
        builder.editMetadata()
                .addToLabels("disk", random.nextBoolean() ? "ssd" : "hdd")
                .endMetadata();
        if (random.nextInt(6) > 0) {
            builder.editMetadata().addToLabels(ZONE, "z" + random.nextInt(3)).endMetadata();
        }
        if (random.nextInt(5) == 0) {
            String effect = random.nextBoolean() ? "NoSchedule" : "PreferNoSchedule";
            builder.editSpec()
                    .addToTaints(new Taint(effect, "dedicated", null, "x"))
                    .endSpec();
        }
        if (random.nextInt(12) == 0) {
            builder.editSpec().withUnschedulable(true).endSpec();
        }
        return builder.build();
    }

    private static Pod pod(String name, Random random) {
        String app = one(APPS, random);
        var builder = TestObjects.pod(name, 100 * random.nextInt(15) + "m", 64 * random.nextInt(16) + "Mi");
        builder.editMetadata()
                .withNamespace(random.nextInt(4) == 0 ? "other" : "default")
                .addToLabels("app", app)
                .endMetadata();
        if (random.nextInt(4) == 0) {
            builder.editSpec()
                    .addToNodeSelector("disk", random.nextBoolean() ? "ssd" : "hdd")
                    .endSpec();
        }
        if (random.nextInt(4) == 0) {
            builder.editSpec()
                    .addNewToleration()
                    .withKey("dedicated")
                    .withOperator("Exists")
                    .endToleration()
                    .endSpec();
        }
        for (int i = 0; i < random.nextInt(3); i++) {
            addSpread(builder, random);
        }
        for (int i = 0; i < random.nextInt(3); i++) {
            addAffinity(builder, random);
        }
        return builder.build();
    }

    private static void addSpread(PodBuilder pod, Random random) {
        var constraint = new TopologySpreadConstraintBuilder()
                .withMaxSkew(1 + random.nextInt(2))
                .withTopologyKey(random.nextBoolean() ? ZONE : HOST)
                .withWhenUnsatisfiable(random.nextBoolean() ? "DoNotSchedule" : "ScheduleAnyway")
                .withLabelSelector(new LabelSelectorBuilder()
                        .addToMatchLabels("app", one(APPS, random))
                        .build());
        if (random.nextInt(3) == 0) {
            constraint.withNodeAffinityPolicy("Ignore");
        }
        if (random.nextInt(3) == 0) {
            constraint.withNodeTaintsPolicy("Honor");
        }
        if (random.nextInt(4) == 0 && constraint.getWhenUnsatisfiable().equals("DoNotSchedule")) {
            constraint.withMinDomains(1 + random.nextInt(4));
        }
        pod.editSpec().addToTopologySpreadConstraints(constraint.build()).endSpec();
    }

    private static void addAffinity(PodBuilder pod, Random random) {
        PodAffinityTerm term = new PodAffinityTermBuilder()
                .withTopologyKey(random.nextBoolean() ? ZONE : HOST)
                .withLabelSelector(selector(random))
                .withNamespaces(random.nextInt(3) == 0 ? List.of("default", "other") : List.of())
                .build();
        int weight = 1 + random.nextInt(100);
        switch (random.nextInt(4)) {
            case 0 ->
                pod.editSpec()
                        .editOrNewAffinity()
                        .editOrNewPodAffinity()
                        .addToRequiredDuringSchedulingIgnoredDuringExecution(term)
                        .endPodAffinity()
                        .endAffinity()
                        .endSpec();
            case 1 ->
                pod.editSpec()
                        .editOrNewAffinity()
                        .editOrNewPodAntiAffinity()
                        .addToRequiredDuringSchedulingIgnoredDuringExecution(term)
                        .endPodAntiAffinity()
                        .endAffinity()
                        .endSpec();
            case 2 ->
                pod.editSpec()
                        .editOrNewAffinity()
                        .editOrNewPodAffinity()
                        .addToPreferredDuringSchedulingIgnoredDuringExecution(
                                new io.fabric8.kubernetes.api.model.WeightedPodAffinityTerm(term, weight))
                        .endPodAffinity()
                        .endAffinity()
                        .endSpec();
            default ->
                pod.editSpec()
                        .editOrNewAffinity()
                        .editOrNewPodAntiAffinity()
                        .addToPreferredDuringSchedulingIgnoredDuringExecution(
                                new io.fabric8.kubernetes.api.model.WeightedPodAffinityTerm(term, weight))
                        .endPodAntiAffinity()
                        .endAffinity()
                        .endSpec();
        }
    }

    private static io.fabric8.kubernetes.api.model.LabelSelector selector(Random random) {
        return random.nextInt(3) == 0
                ? new LabelSelectorBuilder()
                        .addToMatchExpressions(new io.fabric8.kubernetes.api.model.LabelSelectorRequirement(
                                "app", "NotIn", List.of(one(APPS, random))))
                        .build()
                : new LabelSelectorBuilder()
                        .addToMatchLabels("app", one(APPS, random))
                        .build();
    }

    private static String one(List<String> of, Random random) {
        return of.get(random.nextInt(of.size()));
    }
}
