package io.jubernetes.apiserver.admission;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import io.jubernetes.common.codec.Yaml;
import io.jubernetes.common.component.StartupException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The configurations of plugins in `--admission-control-config-file`, by the plugins' names.
public record AdmissionConfiguration(Map<String, JsonNode> byPlugin) {
    private static final String FLAG = "--admission-control-config-file: ";

    public AdmissionConfiguration {
        byPlugin = Map.copyOf(byPlugin);
    }

    /// Reads an `AdmissionConfiguration` and the files it names, which lie beside it unless they are absolute.
    ///
    /// @param file null when there is none
    /// @throws StartupException when something cannot be read or is of another kind
    public static AdmissionConfiguration read(@Nullable Path file) throws StartupException {
        Map<String, JsonNode> found = new LinkedHashMap<>();
        if (file == null) {
            return new AdmissionConfiguration(found);
        }
        JsonNode root = tree(file);
        if (!root.path("kind").asText("").equals("AdmissionConfiguration")
                || !root.path("apiVersion").asText("").startsWith("apiserver.")) {
            throw new StartupException(FLAG + file + " holds no AdmissionConfiguration of apiserver.config.k8s.io/v1");
        }
        for (JsonNode plugin : root.path("plugins")) {
            String name = plugin.path("name").asText("");
            String path = plugin.path("path").asText("");
            if (plugin.path("configuration").isObject()) {
                found.put(name, plugin.get("configuration"));
            } else if (!path.isEmpty()) {
                Path absolute = file.toAbsolutePath();
                found.put(name, tree(absolute.resolveSibling(path)));
            }
        }
        return new AdmissionConfiguration(found);
    }

    private static JsonNode tree(Path file) throws StartupException {
        try {
            return Yaml.read(Files.readAllBytes(file));
        } catch (IOException e) {
            throw new StartupException(FLAG + "cannot read " + file + ": " + e.getMessage(), e);
        }
    }

    /// The configuration of a plugin; a missing node when it has none.
    public JsonNode of(String plugin) {
        JsonNode found = byPlugin.get(plugin);
        return found == null ? MissingNode.getInstance() : found;
    }
}
