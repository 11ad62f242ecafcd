package io.jubernetes.scheduler.config;

import com.fasterxml.jackson.databind.JsonNode;
import io.jubernetes.common.component.StartupException;
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

    /// @param weight 0 for the plugin's default
    record Named(String name, int weight) {}

    private record Given(List<Named> enabled, Set<String> disabled) {
        boolean disables(String name) {
            return disabled.contains("*") || disabled.contains(name);
        }
    }

    private PluginSets() {}

    /// @param takesPart whether a plugin has an extension point's interface
    static Map<ExtensionPoint, List<Named>> expand(
            JsonNode plugins, String path, BiPredicate<String, ExtensionPoint> takesPart) throws StartupException {
        var fields = new HashSet<String>();
        fields.add(MULTI_POINT);
        for (ExtensionPoint point : ExtensionPoint.values()) {
            fields.add(point.field());
        }
        Fields.check(plugins, path, fields);
        List<Named> everywhere = multiPoint(given(plugins.path(MULTI_POINT), path + "." + MULTI_POINT));
        Map<ExtensionPoint, List<Named>> result = new LinkedHashMap<>();
        for (ExtensionPoint point : ExtensionPoint.values()) {
            Given given = given(plugins.path(point.field()), path + "." + point.field());
            result.put(point, at(point, given, everywhere, takesPart, path));
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
            ExtensionPoint point,
            Given given,
            List<Named> everywhere,
            BiPredicate<String, ExtensionPoint> takesPart,
            String path)
            throws StartupException {
        Map<String, Named> own = new LinkedHashMap<>();
        for (Named named : given.enabled) {
            if (!takesPart.test(named.name, point)) {
                throw new StartupException(path + "." + point.field() + ": plugin \"" + named.name
                        + "\" does not extend " + point.field() + " plugin");
            }
            own.put(named.name, named);
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

    private static Given given(JsonNode set, String path) throws StartupException {
        Fields.check(set, path, Set.of("enabled", "disabled"));
        var enabled = new ArrayList<Named>();
        var names = new HashSet<String>();
        for (JsonNode item : set.path("enabled")) {
            Fields.check(item, path + ".enabled", Set.of("name", "weight"));
            String name = item.path("name").asText("");
            if (!names.add(name)) {
                throw new StartupException(path + ".enabled: plugin \"" + name + "\" already registered");
            }
            enabled.add(new Named(name, item.path("weight").asInt(0)));
        }
        var disabled = new HashSet<String>();
        for (JsonNode item : set.path("disabled")) {
            Fields.check(item, path + ".disabled", Set.of("name", "weight"));
            disabled.add(item.path("name").asText(""));
        }
        return new Given(List.copyOf(enabled), disabled);
    }
}
