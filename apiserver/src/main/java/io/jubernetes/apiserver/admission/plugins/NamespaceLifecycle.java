package io.jubernetes.apiserver.admission.plugins;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.admission.AdmissionPlugin;
import io.jubernetes.apiserver.admission.AdmissionRequest;
import io.jubernetes.apiserver.admission.AdmissionRequest.Operation;
import io.jubernetes.apiserver.resource.ApiException;
import io.jubernetes.apiserver.resource.ApiResource;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.apiserver.resource.ObjectStorage;
import io.jubernetes.apiserver.resource.ObjectStorage.Loaded;
import io.jubernetes.common.codec.Json;
import java.util.Optional;
import java.util.Set;

/// Nothing is created in a namespace that does not exist or is being deleted, and the namespaces of the system stay.
public final class NamespaceLifecycle implements AdmissionPlugin {
    private static final Set<String> KEPT = Set.of("default", "kube-system", "kube-public");

    private final ObjectStorage storage;
    private final ApiResource namespaces;

    public NamespaceLifecycle(ObjectStorage storage, ApiResource namespaces) {
        this.storage = storage;
        this.namespaces = namespaces;
    }

    @Override
    public String name() {
        return "NamespaceLifecycle";
    }

    @Override
    public void validate(AdmissionRequest request) {
        if (request.operation() == Operation.DELETE
                && request.isFor("", "namespaces")
                && KEPT.contains(request.name())) {
            throw ApiException.forbidden("", "namespaces", request.name(), "this namespace may not be deleted");
        }
    }

    @Override
    public void mutate(AdmissionRequest request) {
        // Whoever asks what he may learns nothing of namespaces by it.
        boolean review = request.isFor("authorization.k8s.io", "localsubjectaccessreviews");
        if (request.operation() != Operation.CREATE || !request.resource().namespaced() || review) {
            return;
        }
        String name = request.namespace();
        Optional<Loaded> namespace = storage.cached(namespaces, "", name);
        if (namespace.isEmpty()) {
            namespace = storage.latest(namespaces, "", name, request.context().deadline());
        }
        ObjectNode found = namespace.map(Loaded::object).orElseThrow(() -> ApiException.notFound(namespaces, name));
        if (Meta.isTerminating(found)) {
            throw terminating(request, name);
        }
    }

    private static ApiException terminating(AdmissionRequest request, String namespace) {
        ApiException forbidden = ApiException.forbidden(
                request.resource().group(),
                request.resource().plural(),
                request.name(),
                "unable to create new content in namespace " + namespace + " because it is being terminated");
        ObjectNode details = (ObjectNode) forbidden.status().get("details");
        ArrayNode causes = details.putArray("causes");
        causes.add(Json.object()
                .put("reason", "NamespaceTerminating")
                .put("message", "namespace " + namespace + " is being terminated")
                .put("field", "metadata.namespace"));
        return forbidden;
    }
}
