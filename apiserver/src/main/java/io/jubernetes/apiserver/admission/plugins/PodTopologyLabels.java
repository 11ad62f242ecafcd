package io.jubernetes.apiserver.admission.plugins;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.admission.AdmissionPlugin;
import io.jubernetes.apiserver.admission.AdmissionRequest;
import io.jubernetes.apiserver.resource.ApiResource;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.apiserver.resource.ObjectStorage;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/// Gives pods the labels of their node that say in which zone and region it is, so that their containers can know by
/// the downward API. Labels the pod has already stay.
public final class PodTopologyLabels implements AdmissionPlugin {
    private static final Set<String> COPIED = Set.of("topology.kubernetes.io/zone", "topology.kubernetes.io/region");

    private final ObjectStorage storage;
    private final ApiResource nodes;

    public PodTopologyLabels(ObjectStorage storage, ApiResource nodes) {
        this.storage = storage;
        this.nodes = nodes;
    }

    @Override
    public String name() {
        return "PodTopologyLabels";
    }

    /// A binding hands its labels on to the pod.
    @Override
    public void mutate(AdmissionRequest request) {
        if (request.isNew("", "pods")) {
            ObjectNode pod = Objects.requireNonNull(request.object());
            copy(pod.path("spec").path("nodeName").asText(""), pod);
        } else if (request.isFor("", "pods") && request.subresource().equals("binding") && request.object() != null) {
            ObjectNode binding = Objects.requireNonNull(request.object());
            if (binding.path("target").path("kind").asText("").equals("Node")) {
                copy(binding.path("target").path("name").asText(""), binding);
            }
        }
    }

    private void copy(String nodeName, ObjectNode object) {
        if (nodeName.isEmpty()) {
            return;
        }
        Map<String, String> labels = storage.cached(nodes, "", nodeName)
                .map(node -> Meta.labels(node.object()))
                .orElse(Map.of());
        labels.forEach((key, value) -> {
            if (COPIED.contains(key) && !Meta.labels(object).containsKey(key)) {
                Meta.child(Meta.of(object), "labels").put(key, value);
            }
        });
    }
}
