package io.jubernetes.apiserver.admission.plugins;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.admission.AdmissionPlugin;
import io.jubernetes.apiserver.admission.AdmissionRequest;
import io.jubernetes.apiserver.resource.ApiException;
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

    private final ObjectStorage storage;
    private final ApiResource classes;

    public RuntimeClass(ObjectStorage storage, ApiResource classes) {
        this.storage = storage;
        this.classes = classes;
    }

    @Override
    public String name() {
        return "RuntimeClass";
    }

    @Override
    public void mutate(AdmissionRequest request) {
        if (!isNewPod(request)) {
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
                throw refused(request, DIFFERENT);
            }
            spec.set("overhead", overhead.deepCopy());
        }
        JsonNode scheduling = found.path("scheduling");
        Map<String, String> wanted = Meta.strings(spec.path("nodeSelector"));
        for (var label : Meta.strings(scheduling.path("nodeSelector")).entrySet()) {
            String key = label.getKey();
            String before = wanted.get(key);
            if (before != null && !before.equals(label.getValue())) {
                throw refused(
                        request,
                        "conflict: runtimeClass.scheduling.nodeSelector[" + key + "] = " + label.getValue()
                                + "; pod.spec.nodeSelector[" + key + "] = " + before);
            }
            Meta.child(spec, "nodeSelector").put(key, label.getValue());
        }
        for (JsonNode toleration : scheduling.path("tolerations")) {
            addToleration(spec, toleration);
        }
    }

    private static void addToleration(ObjectNode spec, JsonNode toleration) {
        ArrayNode all = spec.get("tolerations") instanceof ArrayNode present ? present : spec.putArray("tolerations");
        for (JsonNode present : all) {
            if (Meta.same(present, toleration)) {
                return;
            }
        }
        all.add(toleration.deepCopy());
    }

    @Override
    public void validate(AdmissionRequest request) {
        if (!isNewPod(request)) {
            return;
        }
        ObjectNode spec = Meta.child(Objects.requireNonNull(request.object()), "spec");
        ObjectNode found = classOf(request, spec);
        JsonNode overhead = found == null
                ? MissingNode.getInstance()
                : found.path("overhead").path("podFixed");
        if (overhead.isEmpty() && !spec.path("overhead").isEmpty()) {
            throw refused(request, UNKNOWN);
        }
        if (!overhead.isEmpty() && !Meta.same(overhead, spec.path("overhead"))) {
            throw refused(request, DIFFERENT);
        }
    }

    private static boolean isNewPod(AdmissionRequest request) {
        return request.operation() == AdmissionRequest.Operation.CREATE
                && request.isFor("", "pods")
                && request.isMain();
    }

    private @Nullable ObjectNode classOf(AdmissionRequest request, ObjectNode spec) {
        String name = spec.path("runtimeClassName").asText("");
        if (name.isEmpty()) {
            return null;
        }
        return storage.cached(classes, "", name)
                .or(() -> storage.latest(classes, "", name, request.context().deadline()))
                .map(ObjectStorage.Loaded::object)
                .orElseThrow(() -> refused(request, "pod rejected: RuntimeClass \"" + name + "\" not found"));
    }

    private static ApiException refused(AdmissionRequest request, String why) {
        return ApiException.forbidden("", "pods", request.name(), why);
    }
}
