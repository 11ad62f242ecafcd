package io.jubernetes.apiserver.admission.plugins;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.admission.AdmissionPlugin;
import io.jubernetes.apiserver.admission.AdmissionRequest;
import io.jubernetes.apiserver.resource.ApiException;
import io.jubernetes.apiserver.resource.ApiResource;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.apiserver.resource.ObjectStorage;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

/// Confines the pods of a namespace to nodes with the labels that its annotation, or else the configuration, names.
public final class PodNodeSelector implements AdmissionPlugin {
    private static final String ANNOTATION = "scheduler.alpha.kubernetes.io/node-selector";

    private final Stored namespaces;
    private final Map<String, String> configured;

    /// @param configuration with `podNodeSelectorPluginConfig`: a selector for each namespace, and
    ///     `clusterDefaultNodeSelector`
    public PodNodeSelector(ObjectStorage storage, ApiResource namespaces, JsonNode configuration) {
        this.namespaces = new Stored(storage, namespaces);
        configured = Map.copyOf(Meta.strings(configuration.path("podNodeSelectorPluginConfig")));
    }

    @Override
    public String name() {
        return "PodNodeSelector";
    }

    @Override
    public void mutate(AdmissionRequest request) {
        if (!request.isNew("", "pods")) {
            return;
        }
        Map<String, String> wanted = ofNamespace(request);
        ObjectNode spec = Meta.child(Objects.requireNonNull(request.object()), "spec");
        checkConflict(request, wanted, Meta.strings(spec.path("nodeSelector")));
        wanted.forEach((label, value) -> Meta.child(spec, "nodeSelector").put(label, value));
        validate(request);
    }

    @Override
    public void validate(AdmissionRequest request) {
        if (!request.isNew("", "pods")) {
            return;
        }
        Map<String, String> asked = Meta.strings(
                Objects.requireNonNull(request.object()).path("spec").path("nodeSelector"));
        checkConflict(request, ofNamespace(request), asked);
        Map<String, String> allowed = labels(configured.getOrDefault(request.namespace(), ""));
        if (!allowed.isEmpty() && !allowed.entrySet().containsAll(asked.entrySet())) {
            throw request.forbidden("pod node label selector labels conflict with its namespace whitelist");
        }
    }

    private static void checkConflict(AdmissionRequest request, Map<String, String> wanted, Map<String, String> asked) {
        wanted.forEach((label, value) -> {
            if (!value.equals(asked.getOrDefault(label, value))) {
                throw request.forbidden("pod node label selector conflicts with its namespace node label selector");
            }
        });
    }

    private Map<String, String> ofNamespace(AdmissionRequest request) {
        ObjectNode namespace = namespaces
                .find("", request.namespace(), request.context().deadline())
                .orElseThrow(() -> ApiException.internal("namespace " + request.namespace() + " does not exist"));
        String annotated = Meta.annotations(namespace).get(ANNOTATION);
        return labels(annotated == null ? configured.getOrDefault("clusterDefaultNodeSelector", "") : annotated);
    }

    /// Reads `a=b,c=d`.
    private static Map<String, String> labels(String selector) {
        Map<String, String> labels = new LinkedHashMap<>();
        for (String part : selector.isBlank() ? new String[0] : selector.split(",")) {
            String[] sides = part.split("=", -1);
            if (sides.length != 2) {
                throw ApiException.internal("invalid selector: [" + part + "]");
            }
            labels.put(sides[0].strip(), sides[1].strip());
        }
        return labels;
    }
}
