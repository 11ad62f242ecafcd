package io.jubernetes.apiserver.registry.core.podspec;

import com.fasterxml.jackson.databind.JsonNode;
import io.jubernetes.apiserver.validation.Field;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// What the rules of one pod specification need to know of its other parts.
///
/// @param spec the specification
/// @param pod whether it is a pod's own and not a template
/// @param podName the pod's name; empty for templates
/// @param volumes the volumes without problems, by name
/// @param claims the names of the pod's resource claims
/// @param leniency what is let pass because the stored object has it
record SpecScope(
        Field spec, boolean pod, String podName, Map<String, JsonNode> volumes, Set<String> claims, Leniency leniency) {

    /// How the lists of containers are called, in the order in which they are looked at one after the other.
    static final List<String> CONTAINER_LISTS = List.of("initContainers", "containers", "ephemeralContainers");

    /// The grace period for stopping; null when it is not set.
    @Nullable
    Long gracePeriod() {
        Field period = spec.get("terminationGracePeriodSeconds");
        return period.isSet() ? period.number() : null;
    }

    /// Whether containers see the host's user ids, as they do when nothing is said.
    boolean hostUsers() {
        return spec.value().path("hostUsers").asBoolean(true);
    }

    boolean hostNetwork() {
        return spec.get("hostNetwork").isTrue();
    }

    String restartPolicy() {
        return spec.get("restartPolicy").text();
    }
}
