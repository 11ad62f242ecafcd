package io.jubernetes.scheduler.framework;

import com.fasterxml.jackson.databind.JsonNode;

/// Makes a plugin. The scheduler finds the factories of other jars with `ServiceLoader`; a configuration file then
/// enables their plugins by name.
public interface PluginFactory {
    /// The plugin's name, as it stands in configuration files.
    String name();

    /// Makes the plugin for one profile.
    ///
    /// @param args the plugin's `args` of the profile's `pluginConfig`; an empty object when there are none
    /// @throws IllegalArgumentException when the arguments make no sense; the message says which
    Plugin create(PluginContext context, JsonNode args);
}
