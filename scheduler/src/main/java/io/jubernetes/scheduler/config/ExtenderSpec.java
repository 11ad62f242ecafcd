package io.jubernetes.scheduler.config;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

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

    private static final Duration DEFAULT_TIMEOUT = Duration.ofSeconds(5);

    /// Paths below the extender's URL.
    public record Verbs(String filter, String preempt, String prioritize, String bind) {}

    static List<ExtenderSpec> list(Fields file) {
        List<ExtenderSpec> specs = new ArrayList<>();
        Set<String> managed = new HashSet<>();
        for (Fields extender : file.objects("extenders")) {
            specs.add(of(extender, managed));
        }
        long binders = specs.stream().filter(spec -> !spec.verbs.bind.isEmpty()).count();
        if (binders > 1) {
            file.problems()
                    .invalid(
                            "extenders",
                            "found " + binders + " extenders implementing bind",
                            "only one extender can implement bind");
        }
        return List.copyOf(specs);
    }

    /// @param seen the resources that some extender manages
    private static ExtenderSpec of(Fields extender, Set<String> seen) {
        var verbs = new Verbs(
                extender.text("filterVerb", ""),
                extender.text("preemptVerb", ""),
                extender.text("prioritizeVerb", ""),
                extender.text("bindVerb", ""));
        long weight = verbs.prioritize.isEmpty()
                ? extender.integer("weight", 0)
                : extender.integer("weight", 0, 1, Integer.MAX_VALUE, "must have a positive weight applied to it");
        Set<String> managed = new HashSet<>();
        Set<String> ignored = new HashSet<>();
        for (Fields resource : extender.objects("managedResources")) {
            String name = resource.text("name", "");
            PluginArguments.checkName(resource, resource.path("name"), name);
            if (!isExtended(name)) {
                resource.problems().invalid(resource.path("name"), name, "is an invalid extended resource name");
            }
            if (!seen.add(name)) {
                resource.problems().invalid(resource.path("name"), name, "duplicate extender managed resource name");
            }
            managed.add(name);
            if (resource.flag("ignoredByScheduler", false)) {
                ignored.add(name);
            }
            resource.rejectOthers();
        }
        Duration timeout = extender.duration("httpTimeout", Duration.ZERO);
        var spec = new ExtenderSpec(
                extender.text("urlPrefix", ""),
                verbs,
                weight,
                extender.flag("enableHTTPS", false),
                extender.raw("tlsConfig"),
                timeout.isZero() ? DEFAULT_TIMEOUT : timeout,
                extender.flag("nodeCacheCapable", false),
                Set.copyOf(managed),
                Set.copyOf(ignored),
                extender.flag("ignorable", false));
        extender.rejectOthers();
        return spec;
    }

    /// Whether a resource is one of somebody's own and none of Kubernetes.
    private static boolean isExtended(String name) {
        return name.contains("/") && !name.contains("kubernetes.io/") && !name.startsWith("requests.");
    }
}
