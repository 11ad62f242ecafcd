package io.jubernetes.scheduler.config;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.common.codec.Json;
import io.jubernetes.common.component.StartupException;
import io.jubernetes.scheduler.config.SchedulerConfiguration.ProfileSpec;
import io.jubernetes.scheduler.cycle.Profile;
import io.jubernetes.scheduler.framework.ExtensionPoint;
import io.jubernetes.scheduler.framework.Plugin;
import io.jubernetes.scheduler.framework.PluginContext;
import io.jubernetes.scheduler.plugins.Registry;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Makes the profiles of a configuration, each with plugins of its own.
public final class Profiles {
    private static final String NO_PLUGIN = "there is no such plugin";

    private Profiles() {}

    /// Looks whether all plugins that a configuration names are there.
    ///
    /// @throws StartupException when one is not; it names them all
    public static void check(SchedulerConfiguration configuration, Registry registry) throws StartupException {
        var problems = new Problems();
        for (int i = 0; i < configuration.profiles().size(); i++) {
            ProfileSpec spec = configuration.profiles().get(i);
            String path = "profiles[" + i + "]";
            spec.plugins().properties().forEach(set -> {
                int number = 0;
                for (JsonNode item : set.getValue().path("enabled")) {
                    if (!registry.has(item.path("name").asText())) {
                        String place = path + ".plugins." + set.getKey() + ".enabled[" + number + "].name";
                        problems.invalid(place, item.path("name"), NO_PLUGIN);
                    }
                    number++;
                }
            });
            for (String name : spec.args().keySet()) {
                if (!registry.has(name)) {
                    problems.invalid(path + ".pluginConfig", name, NO_PLUGIN);
                }
            }
        }
        problems.throwIfAny();
    }

    /// @return by scheduler name, in the order of the file
    /// @throws StartupException when a plugin does not exist or its arguments make no sense
    public static Map<String, Profile> create(
            SchedulerConfiguration configuration, Registry registry, PluginContext context) throws StartupException {
        check(configuration, registry);
        Map<String, Profile> profiles = new LinkedHashMap<>();
        var problems = new Problems();
        List<String> sorting = null;
        Set<String> ignored = new LinkedHashSet<>();
        configuration.extenders().forEach(extender -> ignored.addAll(extender.ignored()));
        for (int i = 0; i < configuration.profiles().size(); i++) {
            ProfileSpec spec = configuration.profiles().get(i);
            String path = "profiles[" + i + "]";
            Map<String, Plugin> made = make(spec, path, ignored, registry, context, problems);
            Map<ExtensionPoint, List<Profile.Enabled>> plugins = enabled(spec, path, made, problems);
            List<String> sorts = plugins.getOrDefault(ExtensionPoint.QUEUE_SORT, List.of()).stream()
                    .map(enabled -> enabled.plugin().name())
                    .toList();
            if (sorting != null && !sorting.equals(sorts)) {
                problems.invalid(
                        path + ".plugins.queueSort", String.join(",", sorts), "must be the same for all profiles");
            }
            sorting = sorts;
            try {
                profiles.put(
                        spec.schedulerName(), new Profile(spec.schedulerName(), plugins, spec.percentageOfNodes()));
            } catch (IllegalArgumentException e) {
                problems.add(path, String.valueOf(e.getMessage()));
            }
        }
        problems.throwIfAny();
        return profiles;
    }

    private static Map<String, Plugin> make(
            ProfileSpec spec,
            String path,
            Set<String> ignored,
            Registry registry,
            PluginContext context,
            Problems problems) {
        Map<String, Plugin> made = new LinkedHashMap<>();
        for (String name : names(spec)) {
            JsonNode args = spec.args().getOrDefault(name, Json.object());
            if (name.equals("NodeResourcesFit") && !ignored.isEmpty()) {
                args = ignoring(args, ignored);
            }
            try {
                made.put(name, registry.create(name, context, args));
            } catch (RuntimeException e) {
                problems.add(path + ".pluginConfig", name + ": " + e.getMessage());
            }
        }
        return made;
    }

    private static Map<ExtensionPoint, List<Profile.Enabled>> enabled(
            ProfileSpec spec, String path, Map<String, Plugin> made, Problems problems) {
        Map<ExtensionPoint, List<Profile.Enabled>> result = new LinkedHashMap<>();
        var expanded = PluginSets.expand(
                spec.plugins(),
                path + ".plugins",
                // What could not be made was complained about already.
                (name, point) -> made.get(name) == null || point.type().isInstance(made.get(name)),
                problems);
        expanded.forEach((point, all) -> {
            List<Profile.Enabled> enabled = new ArrayList<>();
            for (PluginSets.Named named : all) {
                Plugin plugin = made.get(named.name());
                if (plugin != null) {
                    int weight = named.weight() == 0 ? defaultWeight(named.name()) : named.weight();
                    enabled.add(new Profile.Enabled(plugin, weight));
                }
            }
            result.put(point, enabled);
        });
        return result;
    }

    /// Resources that an extender manages for itself are not counted by the scheduler.
    private static JsonNode ignoring(JsonNode args, Set<String> ignored) {
        ObjectNode more = args.isObject() ? args.deepCopy() : Json.object();
        more.withArray("/ignoredResources")
                .addAll(ignored.stream()
                        .<JsonNode>map(com.fasterxml.jackson.databind.node.TextNode::valueOf)
                        .toList());
        return more;
    }

    /// Every plugin that the profile may need: the default ones, but for those disabled everywhere, and those named.
    private static Set<String> names(ProfileSpec spec) {
        Set<String> names = new LinkedHashSet<>();
        Registry.DEFAULTS.forEach(plugin -> names.add(plugin.name()));
        for (JsonNode item : spec.plugins().path("multiPoint").path("disabled")) {
            String name = item.path("name").asText();
            if (name.equals("*")) {
                names.clear();
            }
            names.remove(name);
        }
        for (JsonNode set : spec.plugins()) {
            set.path("enabled").forEach(item -> names.add(item.path("name").asText()));
        }
        return names;
    }

    private static int defaultWeight(String name) {
        return Registry.DEFAULTS.stream()
                .filter(plugin -> plugin.name().equals(name))
                .mapToInt(Registry.Default::weight)
                .filter(weight -> weight > 0)
                .findFirst()
                .orElse(1);
    }
}
