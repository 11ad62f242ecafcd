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
import java.util.LinkedHashMap;
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
    private static final String DEFAULT_NAME = "default-scheduler";

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
    /// @throws StartupException when it cannot be read or says what makes no sense; the message names every field
    /// that is wrong
    public static SchedulerConfiguration read(Path file) throws StartupException {
        try {
            return of(Yaml.read(Files.readAllBytes(file)));
        } catch (IOException e) {
            throw new StartupException("--config: cannot read " + file + ": " + e.getMessage(), e);
        } catch (StartupException e) {
            throw new StartupException("--config: " + file + ": " + e.getMessage(), e);
        }
    }

    /// Reads what a file says.
    ///
    /// @throws StartupException naming everything that is wrong with it
    public static SchedulerConfiguration of(JsonNode tree) throws StartupException {
        String version = tree.path("apiVersion").asText();
        String kind = tree.path("kind").asText();
        if (!version.equals(VERSION) || !kind.equals(KIND)) {
            throw new StartupException("no kind \"" + kind + "\" is registered for version \"" + version + "\"; use "
                    + KIND + " of " + VERSION);
        }
        var problems = new Problems();
        var file = new Fields(tree, "", problems);
        file.raw("apiVersion");
        file.raw("kind");
        // Read for the mistakes: there is one thread that decides, and no profiling to switch on.
        file.integer("parallelism", 16, 1, Integer.MAX_VALUE, "should be an integer value greater than zero");
        file.flag("enableProfiling", true);
        file.flag("enableContentionProfiling", true);
        file.flag("delayCacheUntilActive", false);
        int percentage = percentage(file, 0);
        long initial = file.integer("podInitialBackoffSeconds", 1, 1, Integer.MAX_VALUE, "must be greater than 0");
        long max = file.integer(
                "podMaxBackoffSeconds",
                10,
                initial,
                Integer.MAX_VALUE,
                "must be greater than or equal to PodInitialBackoffSeconds");
        ConnectionRules.checkElection(file.object("leaderElection"));
        ConnectionRules.checkClient(file.object("clientConnection"));
        List<ProfileSpec> profiles = profiles(file, percentage);
        List<ExtenderSpec> extenders = ExtenderSpec.list(file);
        file.rejectOthers();
        problems.throwIfAny();
        return new SchedulerConfiguration(
                percentage,
                Duration.ofSeconds(initial),
                Duration.ofSeconds(max),
                profiles,
                extenders,
                file.raw("leaderElection"),
                file.raw("clientConnection"));
    }

    private static int percentage(Fields of, int otherwise) {
        return (int) of.integer("percentageOfNodesToScore", otherwise, 0, 100, "not in valid range [0-100]");
    }

    private static List<ProfileSpec> profiles(Fields file, int percentage) {
        List<Fields> list = file.objects("profiles");
        if (list.isEmpty()) {
            return List.of(new ProfileSpec(DEFAULT_NAME, percentage, Json.object(), Map.of()));
        }
        List<ProfileSpec> profiles = new ArrayList<>();
        Set<String> names = new HashSet<>();
        for (Fields profile : list) {
            String name = profile.text("schedulerName", "");
            if (name.isEmpty() && list.size() > 1) {
                file.problems().required(profile.path("schedulerName"), "");
            } else if (name.isEmpty()) {
                name = DEFAULT_NAME;
            }
            if (!name.isEmpty() && !names.add(name)) {
                file.problems().duplicate(profile.path("schedulerName"), name);
            }
            PluginSets.check(profile.object("plugins"));
            profiles.add(new ProfileSpec(name, percentage(profile, percentage), profile.raw("plugins"), args(profile)));
            profile.rejectOthers();
        }
        return List.copyOf(profiles);
    }

    private static Map<String, JsonNode> args(Fields profile) {
        Map<String, JsonNode> args = new LinkedHashMap<>();
        for (Fields config : profile.objects("pluginConfig")) {
            String name = config.text("name", "");
            if (args.containsKey(name)) {
                config.problems().duplicate(config.path(), name);
            }
            if (config.has("args")) {
                PluginArguments.check(name, config.object("args"));
            }
            args.put(name, config.has("args") ? config.raw("args") : Json.object());
            config.rejectOthers();
        }
        return args;
    }
}
