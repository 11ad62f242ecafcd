package io.jubernetes.apiserver.admission.plugins;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.admission.AdmissionPlugin;
import io.jubernetes.apiserver.admission.AdmissionRequest;
import io.jubernetes.apiserver.resource.ApiResource;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.apiserver.resource.ObjectStorage;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// Gives a pod what its runtime class adds: the overhead, where it can run and what it tolerates.
public final class RuntimeClass implements AdmissionPlugin {
    private static final String DIFFERENT =
            "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead";
    private static final String UNKNOWN =
            "pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead";

    private final Stored classes;

    public RuntimeClass(ObjectStorage storage, ApiResource classes) {
        this.classes = new Stored(storage, classes);
    }

    @Override
    public String name() {
        return "RuntimeClass";
    }

    @Override
    public void mutate(AdmissionRequest request) {
        if (!request.isNew("", "pods")) {
            return;
        }
        ObjectNode spec = Meta.child(Objects.requireNonNull(request.object()), "spec");
        ObjectNode found = classOf(request, spec);
        if (found == null) {
            return;
        }
        JsonNode overhead = found.path("overhead").path("podFixed");
        if (!overhead.isEmpty()) {
            if (!spec.path("overhead").isEmpty() && !Meta.same(spec.path("overhead"), overhead)) {
                throw request.forbidden(DIFFERENT);
            }
            spec.set("overhead", overhead.deepCopy());
        }
        JsonNode scheduling = found.path("scheduling");
        Map<String, String> wanted = Meta.strings(spec.path("nodeSelector"));
        for (var label : Meta.strings(scheduling.path("nodeSelector")).entrySet()) {
            String key = label.getKey();
            String before = wanted.get(key);
            if (before != null && !before.equals(label.getValue())) {
                throw request.forbidden("conflict: runtimeClass.scheduling.nodeSelector[" + key + "] = "
                        + label.getValue() + "; pod.spec.nodeSelector[" + key + "] = " + before);
            }
            Meta.child(spec, "nodeSelector").put(key, label.getValue());
        }
        for (JsonNode toleration : scheduling.path("tolerations")) {
            Tolerations.add(spec, toleration);
        }
    }

    @Override
    public void validate(AdmissionRequest request) {
        if (!request.isNew("", "pods")) {
            return;
        }
        ObjectNode spec = Meta.child(Objects.requireNonNull(request.object()), "spec");
        ObjectNode found = classOf(request, spec);
        JsonNode overhead = found == null
                ? MissingNode.getInstance()
                : found.path("overhead").path("podFixed");
        if (overhead.isEmpty() && !spec.path("overhead").isEmpty()) {
            throw request.forbidden(UNKNOWN);
        }
        if (!overhead.isEmpty() && !Meta.same(overhead, spec.path("overhead"))) {
            throw request.forbidden(DIFFERENT);
        }
    }

    private @Nullable ObjectNode classOf(AdmissionRequest request, ObjectNode spec) {
        String name = spec.path("runtimeClassName").asText("");
        if (name.isEmpty()) {
            return null;
        }
        return classes.find("", name, request.context().deadline())
                .orElseThrow(() -> request.forbidden("pod rejected: RuntimeClass \"" + name + "\" not found"));
    }
}
