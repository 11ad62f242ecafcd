package io.jubernetes.apiserver.admission.plugins;

import com.fasterxml.jackson.databind.JsonNode;
import io.jubernetes.apiserver.admission.AdmissionPlugin;
import io.jubernetes.apiserver.admission.AdmissionRequest;
import java.util.Objects;

/// Pods may keep others away from their node, but not from a whole zone: a few such pods would shut everybody out.
public final class LimitPodHardAntiAffinityTopology implements AdmissionPlugin {
    private static final String HOST = "kubernetes.io/hostname";

    @Override
    public String name() {
        return "LimitPodHardAntiAffinityTopology";
    }

    @Override
    public void validate(AdmissionRequest request) {
        if (!request.isWriteOf("", "pods")) {
            return;
        }
        JsonNode terms = Objects.requireNonNull(request.object())
                .at("/spec/affinity/podAntiAffinity/requiredDuringSchedulingIgnoredDuringExecution");
        for (JsonNode term : terms) {
            String key = term.path("topologyKey").asText("");
            if (!key.equals(HOST)) {
                throw request.forbidden("affinity.PodAntiAffinity.RequiredDuringScheduling has TopologyKey " + key
                        + " but only key " + HOST + " is allowed");
            }
        }
    }
}
