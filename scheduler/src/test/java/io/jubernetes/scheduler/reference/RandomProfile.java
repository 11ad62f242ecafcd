package io.jubernetes.scheduler.reference;

import io.fabric8.kubernetes.api.model.TopologySpreadConstraint;
import io.fabric8.kubernetes.api.model.TopologySpreadConstraintBuilder;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/// Arguments of plugins, as a configuration file says them and as the reference takes them.
public final class RandomProfile {
    private final ResourceRules.Strategy strategy;
    private final List<String> balanced;
    private final @Nullable List<TopologySpreadConstraint> spreading;

    public RandomProfile(Random random) {
        String type = List.of("LeastAllocated", "MostAllocated", "RequestedToCapacityRatio")
                .get(random.nextInt(3));
        Map<String, Integer> weights = random.nextBoolean()
                ? Map.of("cpu", 1, "memory", 1)
                : Map.of("cpu", 2, "memory", 1, "ephemeral-storage", 3, "example.com/fpga", 5);
        strategy = new ResourceRules.Strategy(type, weights, Map.of(0, 0, 40 + random.nextInt(20), 9, 100, 4));
        balanced = random.nextBoolean()
                ? List.of("cpu", "memory")
                : List.of("cpu", "memory", "ephemeral-storage", "example.com/fpga");
        spreading = random.nextBoolean()
                ? null
                : List.of(
                        constraint(1, "topology.kubernetes.io/zone", "DoNotSchedule"),
                        constraint(2, "kubernetes.io/hostname", "ScheduleAnyway"));
    }

    private static TopologySpreadConstraint constraint(int maxSkew, String key, String when) {
        return new TopologySpreadConstraintBuilder()
                .withMaxSkew(maxSkew)
                .withTopologyKey(key)
                .withWhenUnsatisfiable(when)
                .build();
    }

    public Reference reference(Picture picture) {
        return new Reference(picture, strategy, balanced, spreading);
    }

    /// The configuration file.
    public String yaml() {
        StringBuilder resources = new StringBuilder();
        strategy.weights()
                .forEach((name, weight) -> resources.append("{name: %s, weight: %d}, ".formatted(name, weight)));
        StringBuilder shape = new StringBuilder();
        strategy.curve().entrySet().stream()
                .sorted(Map.Entry.comparingByKey())
                .forEach(point ->
                        shape.append("{utilization: %d, score: %d}, ".formatted(point.getKey(), point.getValue())));
        StringBuilder even = new StringBuilder();
        balanced.forEach(name -> even.append("{name: %s, weight: 1}, ".formatted(name)));
        StringBuilder defaults = new StringBuilder();
        if (spreading != null) {
            spreading.forEach(each -> defaults.append("{maxSkew: %d, topologyKey: %s, whenUnsatisfiable: %s}, "
                    .formatted(each.getMaxSkew(), each.getTopologyKey(), each.getWhenUnsatisfiable())));
        }
        return """
                apiVersion: kubescheduler.config.k8s.io/v1
                kind: KubeSchedulerConfiguration
                profiles:
                - schedulerName: default-scheduler
                  pluginConfig:
                  - name: NodeResourcesFit
                    args:
                      scoringStrategy:
                        type: %s
                        resources: [%s]
                        %s
                  - name: NodeResourcesBalancedAllocation
                    args: {resources: [%s]}
                  - name: PodTopologySpread
                    args: %s
                """.formatted(
                        strategy.type(),
                        resources,
                        strategy.isCurve() ? "requestedToCapacityRatio: {shape: [%s]}".formatted(shape) : "",
                        even,
                        spreading == null
                                ? "{defaultingType: System}"
                                : "{defaultingType: List, defaultConstraints: [%s]}".formatted(defaults));
    }
}
