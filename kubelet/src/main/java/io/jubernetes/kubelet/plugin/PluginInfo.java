package io.jubernetes.kubelet.plugin;

import java.nio.file.Path;
import java.util.List;

/// How a plugin introduces itself.
///
/// @param name the driver's, such as `gpu.example.com`
/// @param endpoint the socket where it serves
/// @param versions what it understands; what they mean is the handler's affair
public record PluginInfo(String name, Path endpoint, List<String> versions) {
    public PluginInfo {
        versions = List.copyOf(versions);
    }
}
