package io.jubernetes.apiserver.admission.policy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.admission.match.Requests;
import io.jubernetes.apiserver.admission.policy.Policy.ParamKind;
import io.jubernetes.apiserver.request.LabelSelector;
import io.jubernetes.apiserver.resource.ApiException;
import io.jubernetes.apiserver.resource.ApiResource;
import io.jubernetes.apiserver.resource.ObjectStorage;
import io.jubernetes.apiserver.resource.ObjectStorage.Loaded;
import io.jubernetes.apiserver.resource.ResourceCatalog;
import io.jubernetes.apiserver.watchcache.CachedObject;
import java.io.Serial;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;

/// Finds the objects that hold the parameters of a policy. Thread-safe.
final class ParamFinder {
    private final ResourceCatalog catalog;
    private final ObjectStorage storage;

    ParamFinder(ResourceCatalog catalog, ObjectStorage storage) {
        this.catalog = catalog;
        this.storage = storage;
    }

    /// A policy or binding that cannot be put to work as it is configured.
    static final class Misconfigured extends Exception {
        @Serial
        private static final long serialVersionUID = 1L;

        Misconfigured(String message) {
            super(message, null, false, false);
        }
    }

    /// The resource of a kind of parameters.
    ApiResource resource(ParamKind kind) throws Misconfigured {
        return catalog.findKind(kind.apiVersion(), kind.kind())
                .filter(found -> found.storagePrefix() != null)
                .orElseThrow(
                        () -> new Misconfigured("failed to find resource referenced by paramKind: '" + kind + "'"));
    }

    /// The parameters for a request, as variables: one evaluation each. An empty entry stands for a
    /// policy or binding without parameters.
    ///
    /// @param namespace of the request; empty for what is in none
    List<Optional<JsonNode>> find(Policy policy, Binding binding, String namespace) throws Misconfigured {
        ParamKind kind = policy.paramKind();
        JsonNode reference = binding.params();
        if (kind == null || reference == null) {
            return List.of(Optional.empty());
        }
        ApiResource resource = resource(kind);
        String place = place(resource, reference, namespace);
        List<Optional<JsonNode>> found;
        try {
            found = reference.path("name").asText("").isEmpty()
                    ? selected(resource, place, LabelSelector.of(reference.path("selector")))
                    : named(resource, place, reference.path("name").asText());
        } catch (ApiException e) {
            throw new Misconfigured("paramKind kind `&ParamKind{APIVersion:" + kind.apiVersion() + ",Kind:"
                    + kind.kind() + ",}` not yet synced to use for admission");
        }
        if (found.isEmpty()
                && reference.path("parameterNotFoundAction").asText("").equals("Deny")) {
            throw new Misconfigured("no params found for policy binding with `Deny` parameterNotFoundAction");
        }
        return found;
    }

    private static String place(ApiResource resource, JsonNode reference, String namespace) throws Misconfigured {
        String given = reference.path("namespace").asText("");
        if (!resource.namespaced()) {
            if (!given.isEmpty()) {
                throw new Misconfigured("paramRef.namespace must not be provided for a cluster-scoped `paramKind`");
            }
            return "";
        }
        if (given.isEmpty() && namespace.isEmpty()) {
            throw new Misconfigured(
                    "cannot use namespaced paramRef in policy binding that matches cluster-scoped resources");
        }
        return given.isEmpty() ? namespace : given;
    }

    private List<Optional<JsonNode>> named(ApiResource resource, String namespace, String name) {
        return storage.cached(resource, namespace, name).map(found -> shown(resource, found)).stream()
                .toList();
    }

    private static Optional<JsonNode> shown(ApiResource resource, Loaded found) {
        ObjectNode object = found.object();
        return Optional.of(Requests.inVersion(resource, object));
    }

    private List<Optional<JsonNode>> selected(ApiResource resource, String namespace, LabelSelector selector) {
        List<Optional<JsonNode>> found = new ArrayList<>();
        Iterator<CachedObject> all = storage.cache(resource).snapshot().range(resource.keyPrefix(namespace), null);
        while (all.hasNext()) {
            CachedObject object = all.next();
            if (selector.matches(object.labels())) {
                found.addAll(named(resource, namespace, object.name()));
            }
        }
        return found;
    }
}
