package io.jubernetes.scheduler.config;

import com.fasterxml.jackson.databind.JsonNode;
import io.jubernetes.common.codec.GoDuration;
import io.jubernetes.common.component.StartupException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import picocli.CommandLine.TypeConversionException;

/// One extender, as the file describes it.
///
/// @param verbs the path of each call below `url`; empty for a call that is not wanted
/// @param managed the extended resources whose pods it is asked about; all pods when there are none
/// @param ignored those of `managed` that the scheduler does not count itself
/// @param tls as it stands in the file
public record ExtenderSpec(
        String url,
        Verbs verbs,
        long weight,
        boolean https,
        JsonNode tls,
        Duration timeout,
        boolean nodeCacheCapable,
        Set<String> managed,
        Set<String> ignored,
        boolean ignorable) {

    /// Paths below the extender's URL.
    public record Verbs(String filter, String preempt, String prioritize, String bind) {}

    private static final Set<String> FIELDS = Set.of(
            "urlPrefix",
            "filterVerb",
            "preemptVerb",
            "prioritizeVerb",
            "weight",
            "bindVerb",
            "enableHTTPS",
            "tlsConfig",
            "httpTimeout",
            "nodeCacheCapable",
            "managedResources",
            "ignorable");

    static List<ExtenderSpec> list(JsonNode list) throws StartupException {
        var specs = new ArrayList<ExtenderSpec>();
        int binders = 0;
        for (int i = 0; i < list.size(); i++) {
            ExtenderSpec spec = of(list.get(i), "extenders[" + i + "]");
            binders += spec.verbs.bind.isEmpty() ? 0 : 1;
            specs.add(spec);
        }
        Fields.require(binders <= 1, "extenders", "found " + binders + " extenders implementing bind", "at most one");
        return List.copyOf(specs);
    }

    private static ExtenderSpec of(JsonNode node, String path) throws StartupException {
        Fields.check(node, path, FIELDS);
        var verbs = new Verbs(
                node.path("filterVerb").asText(""),
                node.path("preemptVerb").asText(""),
                node.path("prioritizeVerb").asText(""),
                node.path("bindVerb").asText(""));
        long weight = node.path("weight").asLong(0);
        Fields.require(
                verbs.prioritize.isEmpty() || weight > 0,
                path + ".weight",
                weight,
                "must have a positive weight applied to it");
        var managed = new HashSet<String>();
        var ignored = new HashSet<String>();
        for (JsonNode resource : node.path("managedResources")) {
            Fields.check(resource, path + ".managedResources", Set.of("name", "ignoredByScheduler"));
            String name = resource.path("name").asText("");
            Fields.require(
                    name.contains("/") && managed.add(name),
                    path + ".managedResources",
                    name,
                    "must be the name of an extended resource, once");
            if (resource.path("ignoredByScheduler").asBoolean()) {
                ignored.add(name);
            }
        }
        return new ExtenderSpec(
                node.path("urlPrefix").asText(""),
                verbs,
                weight,
                node.path("enableHTTPS").asBoolean(),
                node.path("tlsConfig"),
                timeout(node.path("httpTimeout"), path),
                node.path("nodeCacheCapable").asBoolean(),
                Set.copyOf(managed),
                Set.copyOf(ignored),
                node.path("ignorable").asBoolean());
    }

    private static Duration timeout(JsonNode text, String path) throws StartupException {
        try {
            Duration timeout = GoDuration.parse(text.asText("5s"));
            return timeout.isZero() ? Duration.ofSeconds(5) : timeout;
        } catch (TypeConversionException e) {
            throw new StartupException(path + ".httpTimeout: " + e.getMessage(), e);
        }
    }
}
