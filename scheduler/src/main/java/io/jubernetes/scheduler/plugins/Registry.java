package io.jubernetes.scheduler.plugins;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.jubernetes.scheduler.framework.Nodes;
import io.jubernetes.scheduler.framework.Plugin;
import java.util.List;
import java.util.function.Function;

/// Every plugin that comes with the scheduler: name, weight of its score in the default profile, constructor. The
/// order is that in which they are asked.
public final class Registry {
    private Registry() {}

    /// What plugins are made from.
    public record Environment(KubernetesClient client, Nodes nodes) {}

    /// @param weight of the score; 0 for a plugin that does not score
    public record Entry(String name, int weight, Function<Environment, Plugin> constructor) {}

    /// The default profile's plugins.
    public static final List<Entry> DEFAULT = List.of(
            new Entry("PrioritySort", 0, _ -> new PrioritySort()),
            new Entry("SchedulingGates", 0, _ -> new SchedulingGates()),
            new Entry("NodeUnschedulable", 0, _ -> new NodeUnschedulable()),
            new Entry("NodeName", 0, _ -> new NodeName()),
            new Entry("TaintToleration", 3, _ -> new TaintToleration()),
            new Entry("NodeAffinity", 2, _ -> new NodeAffinity()),
            new Entry("NodePorts", 0, _ -> new NodePorts()),
            new Entry("NodeResourcesFit", 1, e -> new NodeResourcesFit(e.nodes().resources())),
            new Entry("NodeResourcesBalancedAllocation", 1, _ -> new NodeResourcesBalancedAllocation()),
            new Entry("ImageLocality", 1, e -> new ImageLocality(e.nodes())),
            new Entry("DefaultBinder", 0, e -> new DefaultBinder(e.client())));
}
