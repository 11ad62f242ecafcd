package io.jubernetes.apiserver.admission.plugins;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.admission.AdmissionPlugin;
import io.jubernetes.apiserver.admission.AdmissionRequest;
import io.jubernetes.apiserver.admission.AdmissionRequest.Operation;
import io.jubernetes.apiserver.resource.ApiException;
import io.jubernetes.apiserver.resource.ApiResource;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.apiserver.resource.ObjectStorage;
import io.jubernetes.common.codec.Json;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/// Gives the pods of a namespace the tolerations that its annotation, or else the configuration, names, and lets them
/// have no others than those of a list.
public final class PodTolerationRestriction implements AdmissionPlugin {
    private static final String DEFAULTS = "scheduler.alpha.kubernetes.io/defaultTolerations";
    private static final String ALLOWED = "scheduler.alpha.kubernetes.io/tolerationsWhitelist";
    private static final JsonNode MEMORY_PRESSURE = Json.object()
            .put("key", "node.kubernetes.io/memory-pressure")
            .put("operator", "Exists")
            .put("effect", "NoSchedule");

    private final Stored namespaces;
    private final JsonNode configuration;

    /// @param configuration with `default` and `whitelist`, which hold where a namespace says nothing
    public PodTolerationRestriction(ObjectStorage storage, ApiResource namespaces, JsonNode configuration) {
        this.namespaces = new Stored(storage, namespaces);
        this.configuration = configuration;
    }

    @Override
    public String name() {
        return "PodTolerationRestriction";
    }

    @Override
    public void mutate(AdmissionRequest request) {
        if (!request.isWriteOf("", "pods")) {
            return;
        }
        ObjectNode spec = Meta.child(Objects.requireNonNull(request.object()), "spec");
        Iterable<JsonNode> all = spec.path("tolerations");
        if (request.operation() == Operation.CREATE) {
            all = Tolerations.merge(ofNamespace(request, DEFAULTS, "default"), all);
        }
        if (!PodAmounts.isBestEffort(spec)) {
            all = Tolerations.merge(all, List.of(MEMORY_PRESSURE));
        }
        List<JsonNode> tolerations = new ArrayList<>();
        all.forEach(tolerations::add);
        if (!tolerations.isEmpty()) {
            ArrayNode list = spec.putArray("tolerations");
            tolerations.forEach(toleration -> list.add(toleration.deepCopy()));
        }
        validate(request);
    }

    @Override
    public void validate(AdmissionRequest request) {
        if (!request.isWriteOf("", "pods")) {
            return;
        }
        Iterable<JsonNode> allowed = ofNamespace(request, ALLOWED, "whitelist");
        if (!allowed.iterator().hasNext()) {
            return;
        }
        JsonNode tolerations =
                Objects.requireNonNull(request.object()).path("spec").path("tolerations");
        for (JsonNode toleration : tolerations) {
            if (!Tolerations.covers(allowed, toleration)) {
                throw ApiException.plain(
                        500,
                        "pod tolerations (possibly merged with namespace default tolerations) conflict with its"
                                + " namespace whitelist");
            }
        }
    }

    /// What the namespace's annotation says, even when that is nothing; what the configuration says without one.
    private Iterable<JsonNode> ofNamespace(AdmissionRequest request, String annotation, String configured) {
        ObjectNode namespace = namespaces
                .find("", request.namespace(), request.context().deadline())
                .orElseThrow(() -> ApiException.notFound(namespaces.resource(), request.namespace()));
        String written = Meta.annotations(namespace).get(annotation);
        if (written == null) {
            return configuration.path(configured);
        }
        try {
            return written.isEmpty() ? List.of() : Json.parse(written);
        } catch (UncheckedIOException e) {
            throw ApiException.internal("annotation " + annotation + " is no list of tolerations");
        }
    }
}
