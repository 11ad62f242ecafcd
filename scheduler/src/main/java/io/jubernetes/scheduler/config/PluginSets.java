package io.jubernetes.scheduler.config;

import com.fasterxml.jackson.databind.JsonNode;
import io.jubernetes.scheduler.framework.ExtensionPoint;
import io.jubernetes.scheduler.plugins.Registry;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiPredicate;

/// Works out which plugins are enabled at which extension point, and in which order: the plugins of `multiPoint`
/// (the default ones, changed by the file) everywhere they can take part, unless an extension point says otherwise.
final class PluginSets {
    private static final String MULTI_POINT = "multiPoint";

    /// Plugins of earlier versions.
    private static final Set<String> REMOVED = Set.of("AzureDiskLimits", "CinderLimits", "EBSLimits", "GCEPDLimits");

    /// @param weight 0 for the plugin's default
    record Named(String name, int weight) {}

    private record Given(List<Named> enabled, Set<String> disabled) {
        boolean disables(String name) {
            return disabled.contains("*") || disabled.contains(name);
        }
    }

    private PluginSets() {}

    /// Notes what is wrong with the plugins of a profile, as far as that can be seen without the plugins.
    static void check(Fields plugins) {
        for (ExtensionPoint point : ExtensionPoint.values()) {
            checkSet(plugins.object(point.field()));
        }
        checkSet(plugins.object(MULTI_POINT));
        plugins.rejectOthers();
    }

    private static void checkSet(Fields set) {
        Set<String> names = new HashSet<>();
        for (Fields plugin : set.objects("enabled")) {
            String name = plugin.text("name", "");
            if (name.isEmpty()) {
                plugin.problems().required(plugin.path("name"), "");
            } else if (REMOVED.contains(name)) {
                plugin.problems()
                        .invalid(
                                plugin.path(),
                                name,
                                "was invalid in version \"" + SchedulerConfiguration.VERSION
                                        + "\" (KubeSchedulerConfiguration is version \""
                                        + SchedulerConfiguration.VERSION + "\")");
            } else if (!names.add(name)) {
                plugin.problems().add(plugin.path(), "plugin \"" + name + "\" already registered");
            }
            plugin.integer("weight", 0);
            plugin.rejectOthers();
        }
        for (Fields plugin : set.objects("disabled")) {
            plugin.text("name", "");
            plugin.integer("weight", 0);
            plugin.rejectOthers();
        }
        set.rejectOthers();
    }

    /// Works out what is enabled where, for plugins that were checked.
    ///
    /// @param path of the plugins in the file, for messages
    /// @param takesPart whether a plugin has an extension point's interface
    static Map<ExtensionPoint, List<Named>> expand(
            JsonNode plugins, String path, BiPredicate<String, ExtensionPoint> takesPart, Problems problems) {
        List<Named> everywhere = multiPoint(given(plugins.path(MULTI_POINT)));
        Map<ExtensionPoint, List<Named>> result = new LinkedHashMap<>();
        for (ExtensionPoint point : ExtensionPoint.values()) {
            Given given = given(plugins.path(point.field()));
            for (Named named : given.enabled) {
                if (!takesPart.test(named.name, point)) {
                    problems.add(
                            path + "." + point.field(),
                            "plugin \"" + named.name + "\" does not extend " + point.field() + " plugin");
                }
            }
            result.put(point, at(point, given, everywhere, takesPart));
        }
        return result;
    }

    /// The default plugins without those disabled, with the weights and after them the plugins the file enables.
    private static List<Named> multiPoint(Given given) {
        Map<String, Named> result = new LinkedHashMap<>();
        for (Registry.Default plugin : Registry.DEFAULTS) {
            if (!given.disables(plugin.name())) {
                result.put(plugin.name(), new Named(plugin.name(), plugin.weight()));
            }
        }
        for (Named named : given.enabled) {
            // One that is there already keeps its place.
            result.put(named.name, named);
        }
        return List.copyOf(result.values());
    }

    private static List<Named> at(
            ExtensionPoint point, Given given, List<Named> everywhere, BiPredicate<String, ExtensionPoint> takesPart) {
        Map<String, Named> own = new LinkedHashMap<>();
        for (Named named : given.enabled) {
            if (takesPart.test(named.name, point)) {
                own.put(named.name, named);
            }
        }
        // First those that stand for one of multiPoint, in its order, then the point's others, then the rest.
        Set<Named> ordered = new LinkedHashSet<>();
        List<Named> rest = new ArrayList<>();
        for (Named named : everywhere) {
            if (takesPart.test(named.name, point)) {
                Named override = own.get(named.name);
                if (override != null) {
                    ordered.add(override);
                } else if (!given.disables(named.name)) {
                    rest.add(named);
                }
            }
        }
        ordered.addAll(own.values());
        ordered.addAll(rest);
        return List.copyOf(ordered);
    }

    private static Given given(JsonNode set) {
        List<Named> enabled = new ArrayList<>();
        for (JsonNode item : set.path("enabled")) {
            enabled.add(
                    new Named(item.path("name").asText(""), item.path("weight").asInt(0)));
        }
        Set<String> disabled = new HashSet<>();
        for (JsonNode item : set.path("disabled")) {
            disabled.add(item.path("name").asText(""));
        }
        return new Given(List.copyOf(enabled), disabled);
    }
}
