package io.jubernetes.scheduler.config;

import com.fasterxml.jackson.databind.JsonNode;
import io.jubernetes.common.codec.Json;
import io.jubernetes.common.codec.Yaml;
import io.jubernetes.common.component.StartupException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// What a `KubeSchedulerConfiguration` file says, with upstream's defaults for what it does not.
///
/// @param percentageOfNodes how many of all nodes to find before choosing, 0 to decide by the cluster's size
/// @param leaderElection as it stands in the file
/// @param clientConnection as it stands in the file
public record SchedulerConfiguration(
        int percentageOfNodes,
        Duration initialBackoff,
        Duration maxBackoff,
        List<ProfileSpec> profiles,
        List<ExtenderSpec> extenders,
        JsonNode leaderElection,
        JsonNode clientConnection) {
    /// The API version of the files that are read.
    public static final String VERSION = "kubescheduler.config.k8s.io/v1";

    private static final String KIND = "KubeSchedulerConfiguration";
    private static final Set<String> FIELDS = Set.of(
            "apiVersion",
            "kind",
            "parallelism",
            "leaderElection",
            "clientConnection",
            "enableProfiling",
            "enableContentionProfiling",
            "percentageOfNodesToScore",
            "podInitialBackoffSeconds",
            "podMaxBackoffSeconds",
            "profiles",
            "extenders",
            "delayCacheUntilActive");

    /// One profile.
    ///
    /// @param plugins as it stands in the file
    /// @param args the arguments of plugins, by name
    public record ProfileSpec(
            String schedulerName, int percentageOfNodes, JsonNode plugins, Map<String, JsonNode> args) {}

    /// What holds without a file.
    public static SchedulerConfiguration defaults() {
        try {
            return of(Json.object().put("apiVersion", VERSION).put("kind", KIND));
        } catch (StartupException e) {
            throw new IllegalStateException(e);
        }
    }

    /// Reads a YAML or JSON file.
    ///
    /// @throws StartupException when it cannot be read or says what makes no sense; the message says where
    public static SchedulerConfiguration read(Path file) throws StartupException {
        try {
            return of(Yaml.read(Files.readAllBytes(file)));
        } catch (IOException e) {
            throw new StartupException("--config: cannot read " + file + ": " + e.getMessage(), e);
        } catch (StartupException e) {
            throw new StartupException("--config: " + file + ": " + e.getMessage(), e);
        }
    }

    static SchedulerConfiguration of(JsonNode file) throws StartupException {
        String version = file.path("apiVersion").asText();
        String kind = file.path("kind").asText();
        if (!version.equals(VERSION) || !kind.equals(KIND)) {
            throw new StartupException("no kind \"" + kind + "\" is registered for version \"" + version + "\"; use "
                    + KIND + " of " + VERSION);
        }
        Fields.check(file, "", FIELDS);
        int parallelism = file.path("parallelism").asInt(16);
        int percentage = file.path("percentageOfNodesToScore").asInt(0);
        long initial = file.path("podInitialBackoffSeconds").asLong(1);
        long max = file.path("podMaxBackoffSeconds").asLong(10);
        Fields.require(parallelism > 0, "parallelism", parallelism, "should be an integer value greater than zero");
        Fields.require(
                percentage >= 0 && percentage <= 100,
                "percentageOfNodesToScore",
                percentage,
                "not in valid range [0-100]");
        Fields.require(initial > 0, "podInitialBackoffSeconds", initial, "must be greater than 0");
        Fields.require(
                max >= initial,
                "podMaxBackoffSeconds",
                max,
                "must be greater than or equal to PodInitialBackoffSeconds");
        return new SchedulerConfiguration(
                percentage,
                Duration.ofSeconds(initial),
                Duration.ofSeconds(max),
                profiles(file.path("profiles"), percentage),
                ExtenderSpec.list(file.path("extenders")),
                file.path("leaderElection"),
                file.path("clientConnection"));
    }

    private static List<ProfileSpec> profiles(JsonNode list, int percentage) throws StartupException {
        if (list.isEmpty()) {
            return List.of(new ProfileSpec("default-scheduler", percentage, Json.object(), Map.of()));
        }
        var profiles = new ArrayList<ProfileSpec>();
        var names = new HashSet<String>();
        for (int i = 0; i < list.size(); i++) {
            JsonNode profile = list.get(i);
            String path = "profiles[" + i + "]";
            Fields.check(profile, path, Set.of("schedulerName", "percentageOfNodesToScore", "plugins", "pluginConfig"));
            String name = profile.path("schedulerName").asText("");
            if (name.isEmpty()) {
                if (list.size() > 1) {
                    throw new StartupException(path + ".schedulerName: Required value");
                }
                name = "default-scheduler";
            }
            if (!names.add(name)) {
                throw new StartupException(path + ".schedulerName: Duplicate value: \"" + name + "\"");
            }
            int of = profile.path("percentageOfNodesToScore").asInt(percentage);
            Fields.require(of >= 0 && of <= 100, path + ".percentageOfNodesToScore", of, "not in valid range [0-100]");
            profiles.add(new ProfileSpec(
                    name, of, profile.path("plugins"), args(profile.path("pluginConfig"), path + ".pluginConfig")));
        }
        return List.copyOf(profiles);
    }

    private static Map<String, JsonNode> args(JsonNode list, String path) throws StartupException {
        var args = new java.util.LinkedHashMap<String, JsonNode>();
        for (int i = 0; i < list.size(); i++) {
            Fields.check(list.get(i), path + "[" + i + "]", Set.of("name", "args"));
            String name = list.get(i).path("name").asText();
            if (args.put(name, list.get(i).path("args")) != null) {
                throw new StartupException(path + "[" + i + "]: Duplicate value: \"" + name + "\"");
            }
        }
        return args;
    }
}
