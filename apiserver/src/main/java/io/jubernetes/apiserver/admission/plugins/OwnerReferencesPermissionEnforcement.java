package io.jubernetes.apiserver.admission.plugins;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.admission.AdmissionPlugin;
import io.jubernetes.apiserver.admission.AdmissionRequest;
import io.jubernetes.apiserver.authz.Authorizer;
import io.jubernetes.apiserver.resource.ApiResource;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.apiserver.resource.ResourceCatalog;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/// Who changes the owners of an object must be allowed to delete it, because the garbage collector will when the owners
/// are gone; who has it hold up the deletion of an owner must be allowed to change that owner's finalizers.
public final class OwnerReferencesPermissionEnforcement implements AdmissionPlugin {
    private final Authorizer authorizer;
    private final ResourceCatalog catalog;

    public OwnerReferencesPermissionEnforcement(Authorizer authorizer, ResourceCatalog catalog) {
        this.authorizer = authorizer;
        this.catalog = catalog;
    }

    @Override
    public String name() {
        return "OwnerReferencesPermissionEnforcement";
    }

    @Override
    public void validate(AdmissionRequest request) {
        // A kubelet keeps the status of pods it may not delete.
        boolean podStatus = request.isFor("", "pods") && request.subresource().equals("status");
        if (!request.isWrite() || podStatus || !changesOwners(request)) {
            return;
        }
        ApiResource resource = request.resource();
        Authorizer.Decision deletion = ask(
                request,
                "delete",
                resource,
                request.namespace(),
                request.subresource(),
                request.name().isEmpty() ? Meta.name(Objects.requireNonNull(request.object())) : request.name());
        if (!deletion.allowed()) {
            throw request.forbidden("cannot set an ownerRef on a resource you can't delete: " + deletion.reason());
        }
        for (JsonNode owner : newlyBlocking(request)) {
            checkFinalizers(request, owner);
        }
    }

    private void checkFinalizers(AdmissionRequest request, JsonNode owner) {
        String apiVersion = owner.path("apiVersion").asText("");
        String kind = owner.path("kind").asText("");
        List<ApiResource> resources = catalog.of(apiVersion).stream()
                .filter(resource -> resource.kind().equals(kind))
                .toList();
        if (resources.isEmpty()) {
            throw request.forbidden("cannot set blockOwnerDeletion in this case because cannot find RESTMapping for"
                    + " APIVersion " + apiVersion + " Kind " + kind + ": no matches for kind \"" + kind
                    + "\" in version \"" + apiVersion + "\"");
        }
        for (ApiResource resource : resources) {
            Authorizer.Decision change = ask(
                    request,
                    "update",
                    resource,
                    resource.namespaced() ? request.namespace() : "",
                    "finalizers",
                    owner.path("name").asText(""));
            if (!change.allowed()) {
                throw request.forbidden("cannot set blockOwnerDeletion if an ownerReference refers to a resource you"
                        + " can't set finalizers on: " + change.reason());
            }
        }
    }

    private Authorizer.Decision ask(
            AdmissionRequest request,
            String verb,
            ApiResource resource,
            String namespace,
            String subresource,
            String name) {
        return authorizer.authorize(new Authorizer.Attributes(
                request.context().user(),
                verb,
                true,
                resource.group(),
                resource.version(),
                namespace,
                resource.plural(),
                subresource,
                name,
                "",
                ""));
    }

    private static boolean changesOwners(AdmissionRequest request) {
        ObjectNode old = request.old();
        JsonNode now = owners(Objects.requireNonNull(request.object()));
        return old == null
                ? !now.isEmpty()
                : !Meta.same(now, owners(old)) && !(now.isEmpty() && owners(old).isEmpty());
    }

    private static JsonNode owners(ObjectNode object) {
        return object.path("metadata").path("ownerReferences");
    }

    /// The owners whose deletion waits for the object now and did not before.
    private static List<JsonNode> newlyBlocking(AdmissionRequest request) {
        ObjectNode old = request.old();
        Map<String, Boolean> before = new HashMap<>();
        if (old != null) {
            owners(old).forEach(owner -> before.put(owner.path("uid").asText(""), blocks(owner)));
        }
        List<JsonNode> found = new ArrayList<>();
        for (JsonNode owner : owners(Objects.requireNonNull(request.object()))) {
            if (blocks(owner) && !before.getOrDefault(owner.path("uid").asText(""), false)) {
                found.add(owner);
            }
        }
        return found;
    }

    private static boolean blocks(JsonNode owner) {
        return owner.path("blockOwnerDeletion").asBoolean(false);
    }
}
