package io.jubernetes.scheduler.plugins;

import com.fasterxml.jackson.databind.JsonNode;
import io.jubernetes.scheduler.framework.Plugin;
import io.jubernetes.scheduler.framework.PluginContext;
import io.jubernetes.scheduler.framework.PluginFactory;
import io.jubernetes.scheduler.plugins.affinity.InterPodAffinity;
import io.jubernetes.scheduler.plugins.dynamicresources.DynamicResources;
import io.jubernetes.scheduler.plugins.preemption.DefaultPreemption;
import io.jubernetes.scheduler.plugins.spread.PodTopologySpread;
import io.jubernetes.scheduler.plugins.volume.NodeVolumeLimits;
import io.jubernetes.scheduler.plugins.volume.VolumeBinding;
import io.jubernetes.scheduler.plugins.volume.VolumeRestrictions;
import io.jubernetes.scheduler.plugins.volume.VolumeZone;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.function.BiFunction;
import java.util.function.LongConsumer;

/// Every plugin that can be enabled: those that come with the scheduler, and those of the jars on the class path.
public final class Registry {
    /// A plugin of the default profile.
    ///
    /// @param weight of its score; 0 for a plugin that does not score
    public record Default(String name, int weight) {}

    /// The default profile, in the order in which plugins are asked.
    public static final List<Default> DEFAULTS = List.of(
            new Default("SchedulingGates", 0),
            new Default("PrioritySort", 0),
            new Default("NodeUnschedulable", 0),
            new Default("NodeName", 0),
            new Default("TaintToleration", 3),
            new Default("NodeAffinity", 2),
            new Default("NodePorts", 0),
            new Default("NodeResourcesFit", 1),
            new Default("VolumeRestrictions", 0),
            new Default("NodeVolumeLimits", 0),
            new Default(VolumeBinding.NAME, 0),
            new Default("VolumeZone", 0),
            new Default(PodTopologySpread.NAME, 2),
            new Default(InterPodAffinity.NAME, 2),
            new Default(DynamicResources.NAME, 2),
            new Default(DefaultPreemption.NAME, 0),
            new Default("NodeResourcesBalancedAllocation", 1),
            new Default("ImageLocality", 1),
            new Default("DefaultBinder", 0));

    private final Map<String, PluginFactory> factories = new LinkedHashMap<>();

    private record Factory(String name, BiFunction<PluginContext, JsonNode, Plugin> constructor)
            implements PluginFactory {
        @Override
        public Plugin create(PluginContext context, JsonNode args) {
            return constructor.apply(context, args);
        }
    }

    private Registry() {}

    /// The plugins that come with the scheduler.
    ///
    /// @param victims is told how many pods each preemption removes
    public static Registry builtIn(LongConsumer victims) {
        var registry = new Registry();
        registry.add("PrioritySort", (_, _) -> new PrioritySort());
        registry.add("SchedulingGates", (_, _) -> new SchedulingGates());
        registry.add("NodeUnschedulable", (_, _) -> new NodeUnschedulable());
        registry.add("NodeName", (_, _) -> new NodeName());
        registry.add("TaintToleration", (_, _) -> new TaintToleration());
        registry.add("NodeAffinity", (_, args) -> new NodeAffinity(args));
        registry.add("NodePorts", (_, _) -> new NodePorts());
        registry.add(
                "NodeResourcesFit", (c, args) -> new NodeResourcesFit(c.nodes().resources(), args));
        registry.add(
                "NodeResourcesBalancedAllocation",
                (c, args) -> new NodeResourcesBalancedAllocation(c.nodes().resources(), args));
        registry.add("ImageLocality", (c, _) -> new ImageLocality(c.nodes()));
        registry.add("VolumeRestrictions", (c, _) -> new VolumeRestrictions(c));
        registry.add("NodeVolumeLimits", (c, _) -> new NodeVolumeLimits(c));
        registry.add(VolumeBinding.NAME, VolumeBinding::new);
        registry.add("VolumeZone", (c, _) -> new VolumeZone(c));
        registry.add(PodTopologySpread.NAME, PodTopologySpread::new);
        registry.add(InterPodAffinity.NAME, InterPodAffinity::new);
        registry.add(DynamicResources.NAME, DynamicResources.factory());
        registry.add(DefaultPreemption.NAME, (c, args) -> new DefaultPreemption(c, args, victims));
        registry.add("DefaultBinder", (c, _) -> new DefaultBinder(c.client()));
        return registry;
    }

    private void add(String name, BiFunction<PluginContext, JsonNode, Plugin> constructor) {
        factories.put(name, new Factory(name, constructor));
    }

    /// Adds the plugins that other jars offer to `ServiceLoader`.
    ///
    /// @throws IllegalArgumentException when one has the name of another or cannot be loaded
    public Registry withOthers(ClassLoader loader) {
        try {
            for (PluginFactory factory : ServiceLoader.load(PluginFactory.class, loader)) {
                if (factories.putIfAbsent(factory.name(), factory) != null) {
                    throw new IllegalArgumentException("there are two plugins of the name " + factory.name());
                }
            }
        } catch (ServiceConfigurationError e) {
            throw new IllegalArgumentException("a plugin cannot be loaded: " + e.getMessage(), e);
        }
        return this;
    }

    public boolean has(String name) {
        return factories.containsKey(name);
    }

    /// Makes a plugin.
    ///
    /// @throws IllegalArgumentException when there is none of the name or its arguments make no sense
    public Plugin create(String name, PluginContext context, JsonNode args) {
        PluginFactory factory = factories.get(name);
        if (factory == null) {
            throw new IllegalArgumentException("there is no plugin " + name);
        }
        return factory.create(context, args);
    }
}
