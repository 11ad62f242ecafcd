package io.jubernetes.apiserver.admission.podsecurity;

import io.jubernetes.apiserver.resource.ApiException.Cause;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// The standards a namespace's labels name.
record Levels(Level enforce, Level warn, Level audit) {
    static final String PREFIX = "pod-security.kubernetes.io/";

    /// Reads the labels. A malformed level counts as the strictest, a malformed version as the newest. Who is not
    /// warned by a level of their own is warned by a stricter enforced one.
    ///
    /// @param named whether the namespace itself names the enforced level, and not the configuration
    static Levels of(Map<String, String> labels, boolean named) {
        Level enforce = level(labels, "enforce");
        Level warn = level(labels, "warn");
        Level audit = level(labels, "audit");
        boolean enforcedWarns = named && !labels.containsKey(PREFIX + "warn") && strictness(enforce) > strictness(warn);
        boolean enforcedAudits =
                named && !labels.containsKey(PREFIX + "audit") && strictness(enforce) > strictness(audit);
        return new Levels(enforce, enforcedWarns ? enforce : warn, enforcedAudits ? enforce : audit);
    }

    private static int strictness(Level level) {
        return Level.NAMES.indexOf(level.name());
    }

    private static Level level(Map<String, String> labels, String mode) {
        String name = labels.getOrDefault(PREFIX + mode, "privileged");
        String version = labels.getOrDefault(PREFIX + mode + "-version", "latest");
        return new Level(
                Level.NAMES.contains(name) ? name : "restricted",
                Level.minorOf(version).orElse(Level.LATEST));
    }

    /// What is wrong with a namespace's labels.
    static List<Cause> problems(Map<String, String> labels) {
        List<Cause> causes = new ArrayList<>();
        for (String mode : List.of("enforce", "audit", "warn")) {
            String name = labels.get(PREFIX + mode);
            if (name != null && !Level.NAMES.contains(name)) {
                causes.add(Cause.invalid(
                        "metadata.labels[" + PREFIX + mode + "]",
                        name,
                        "must be one of privileged, baseline, restricted"));
            }
            String version = labels.get(PREFIX + mode + "-version");
            if (version != null && Level.minorOf(version).isEmpty()) {
                causes.add(Cause.invalid(
                        "metadata.labels[" + PREFIX + mode + "-version]", version, "must be \"latest\" or \"v1.x\""));
            }
        }
        return causes;
    }
}
