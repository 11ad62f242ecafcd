package io.jubernetes.apiserver.admission.match;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.admission.AdmissionRequest;
import io.jubernetes.apiserver.request.LabelSelector;
import io.jubernetes.apiserver.resource.ApiException;
import io.jubernetes.apiserver.resource.ApiResource;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.apiserver.resource.ObjectStorage;
import io.jubernetes.apiserver.resource.ObjectStorage.Loaded;
import io.jubernetes.apiserver.resource.ResourceCatalog;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Finds out whether a request is one that a webhook or policy is about. Thread-safe.
public final class Matching {
    private static final Set<String> CONFIGURATIONS = Set.of(
            "validatingwebhookconfigurations",
            "mutatingwebhookconfigurations",
            "validatingadmissionpolicies",
            "validatingadmissionpolicybindings",
            "mutatingadmissionpolicies",
            "mutatingadmissionpolicybindings");

    /// Questions about who somebody is and what he may: a policy that kept them from being answered would break the
    /// cluster.
    private static final Set<String> REVIEWS = Set.of(
            "selfsubjectreviews.authentication.k8s.io",
            "tokenreviews.authentication.k8s.io",
            "localsubjectaccessreviews.authorization.k8s.io",
            "selfsubjectaccessreviews.authorization.k8s.io",
            "selfsubjectrulesreviews.authorization.k8s.io",
            "subjectaccessreviews.authorization.k8s.io");

    private final ResourceCatalog catalog;
    private final ObjectStorage storage;
    private final ApiResource namespaces;

    public Matching(ResourceCatalog catalog, ObjectStorage storage) {
        this.catalog = catalog;
        this.storage = storage;
        namespaces = catalog.require("v1", "namespaces");
    }

    /// Whether a request is about what configures webhooks and policies, which none of them may lock up.
    public static boolean isConfiguration(AdmissionRequest request) {
        return request.resource().group().equals("admissionregistration.k8s.io")
                && CONFIGURATIONS.contains(request.resource().plural());
    }

    /// Whether a request is about policies or their bindings, or a review: policies are not asked about these.
    public static boolean isOutOfPoliciesReach(AdmissionRequest request) {
        return isConfiguration(request) && request.resource().plural().contains("polic")
                || REVIEWS.contains(request.resource().qualifiedName());
    }

    /// The resource as which a matching request is seen: its own, or another version of it that a
    /// rule names. Empty when the request does not match.
    ///
    /// @throws ApiException 404 when the request would match but its namespace is not there
    public Optional<ApiResource> match(Criteria criteria, AdmissionRequest request) {
        if (Requests.isCarriedOut(request)) {
            return Optional.empty();
        }
        Selected namespace = namespaceSelected(criteria.namespaces(), request);
        if (namespace == Selected.NO) {
            return Optional.empty();
        }
        if (!criteria.objects().isEmpty()
                && !selects(criteria.objects(), request.object())
                && !selects(criteria.objects(), request.old())) {
            return Optional.empty();
        }
        if (find(criteria.excluded(), criteria, request).isPresent()) {
            return Optional.empty();
        }
        Optional<ApiResource> found =
                criteria.anyResource() ? Optional.of(request.resource()) : find(criteria.rules(), criteria, request);
        if (found.isPresent() && namespace == Selected.UNKNOWN) {
            throw ApiException.notFound(namespaces, Requests.namespace(request));
        }
        return found;
    }

    private static boolean selects(LabelSelector selector, @Nullable ObjectNode object) {
        return object != null && selector.matches(Meta.labels(object));
    }

    private Optional<ApiResource> find(List<ResourceRule> rules, Criteria criteria, AdmissionRequest request) {
        ApiResource own = request.resource();
        if (rules.stream().anyMatch(rule -> rule.covers(request, own))) {
            return Optional.of(own);
        }
        if (!criteria.equivalent() || rules.isEmpty()) {
            return Optional.empty();
        }
        List<ApiResource> others = equivalents(own, request.subresource());
        for (ResourceRule rule : rules) {
            for (ApiResource other : others) {
                if (rule.covers(request, other)) {
                    return Optional.of(other);
                }
            }
        }
        return Optional.empty();
    }

    /// Other versions of a resource: they are kept in the same place.
    private List<ApiResource> equivalents(ApiResource own, String subresource) {
        if (own.storagePrefix() == null) {
            return List.of();
        }
        return catalog.all().stream()
                .filter(other -> Objects.equals(other.storagePrefix(), own.storagePrefix()))
                .filter(other -> !other.apiVersion().equals(own.apiVersion()))
                .filter(other -> subresource.isEmpty() || other.subresources().containsKey(subresource))
                .toList();
    }

    private enum Selected {
        YES,
        NO,
        /// There is no such namespace.
        UNKNOWN
    }

    private Selected namespaceSelected(LabelSelector selector, AdmissionRequest request) {
        String name = Requests.namespace(request);
        boolean itself = request.isFor("", "namespaces");
        // Selectors of namespaces say nothing about what is in none.
        if (selector.isEmpty() || name.isEmpty() && !itself) {
            return Selected.YES;
        }
        ObjectNode object = request.object();
        ObjectNode namespace = itself && request.isMain() && object != null
                ? object
                : namespace(name, request).orElse(null);
        if (namespace == null) {
            return Selected.UNKNOWN;
        }
        return selector.matches(Meta.labels(namespace)) ? Selected.YES : Selected.NO;
    }

    /// A namespace, as the cache has it or else the store.
    public Optional<ObjectNode> namespace(String name, AdmissionRequest request) {
        if (name.isEmpty()) {
            return Optional.empty();
        }
        return storage.cached(namespaces, "", name)
                .or(() -> storage.latest(namespaces, "", name, request.context().deadline()))
                .map(Loaded::object);
    }

    /// The namespace that expressions see as `namespaceObject`; null for what is in none.
    ///
    /// @throws ApiException 404 when it is not there
    public @Nullable ObjectNode namespaceOf(AdmissionRequest request) {
        if (request.isFor("", "namespaces") || Requests.namespace(request).isEmpty()) {
            return null;
        }
        String name = Requests.namespace(request);
        return namespace(name, request).orElseThrow(() -> ApiException.notFound(namespaces, name));
    }
}
