package io.jubernetes.apiserver.admission.podsecurity;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/// The plugin's settings: what holds for namespaces without labels, and who is exempt.
///
/// @param labels the levels as a namespace's labels would name them
record PodSecurityConfiguration(
        Map<String, String> labels, Set<String> usernames, Set<String> namespaces, Set<String> runtimeClasses) {
    private static final String GROUP = "pod-security.admission.config.k8s.io/";

    PodSecurityConfiguration {
        labels = Map.copyOf(labels);
        usernames = Set.copyOf(usernames);
        namespaces = Set.copyOf(namespaces);
        runtimeClasses = Set.copyOf(runtimeClasses);
    }

    /// Reads a `PodSecurityConfiguration`; a missing node is one without settings.
    ///
    /// @throws IllegalArgumentException when it is of another kind or names what there is not; for the operator
    static PodSecurityConfiguration of(JsonNode configuration) {
        boolean known = configuration.isMissingNode()
                || configuration.path("kind").asText("").equals("PodSecurityConfiguration")
                        && configuration.path("apiVersion").asText("").startsWith(GROUP);
        if (!known) {
            throw new IllegalArgumentException(
                    "the configuration of PodSecurity is no PodSecurityConfiguration of " + GROUP + "v1");
        }
        Map<String, String> labels = new HashMap<>();
        configuration.path("defaults").properties().forEach(entry -> {
            String level = entry.getValue().asText("");
            if (!level.isEmpty()) {
                labels.put(Levels.PREFIX + entry.getKey(), level);
            }
        });
        if (!Levels.problems(labels).isEmpty()) {
            var first = Levels.problems(labels).getFirst();
            throw new IllegalArgumentException("defaults of PodSecurity: " + first.field() + ": " + first.message());
        }
        JsonNode exempt = configuration.path("exemptions");
        return new PodSecurityConfiguration(
                labels, texts(exempt, "usernames"), texts(exempt, "namespaces"), texts(exempt, "runtimeClasses"));
    }

    private static Set<String> texts(JsonNode exemptions, String list) {
        Set<String> texts = new HashSet<>();
        exemptions.path(list).forEach(text -> texts.add(text.asText("")));
        if (texts.contains("")) {
            throw new IllegalArgumentException("exemptions of PodSecurity: " + list + " has an empty name");
        }
        return texts;
    }

    /// The levels of a namespace with some labels.
    Levels levels(Map<String, String> own) {
        Map<String, String> all = new HashMap<>(labels);
        all.putAll(own);
        return Levels.of(all, own.containsKey(Levels.PREFIX + "enforce"));
    }
}
