package io.jubernetes.apiserver.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.admission.AdmissionRequest;
import io.jubernetes.apiserver.admission.AdmissionRequest.Operation;
import io.jubernetes.apiserver.authn.ServiceAccountTokens;
import io.jubernetes.apiserver.request.RequestInfo;
import io.jubernetes.apiserver.resource.ApiException;
import io.jubernetes.apiserver.resource.ApiException.Cause;
import io.jubernetes.apiserver.resource.ApiResource;
import io.jubernetes.apiserver.resource.BuiltinResources;
import io.jubernetes.apiserver.resource.FieldOwnership;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.apiserver.resource.ObjectService;
import io.jubernetes.apiserver.resource.ObjectStorage;
import io.jubernetes.apiserver.resource.ResourceCatalog;
import io.jubernetes.apiserver.schema.ApiTime;
import io.jubernetes.common.codec.Json;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// `serviceaccounts/NAME/token`: signs a token for a service account.
final class TokenRequestHandler {
    private static final long DEFAULT_SECONDS = 3600;
    private static final long MIN_SECONDS = 600;
    private static final long MAX_SECONDS = 1L << 32;

    private final ResourceCatalog catalog;
    private final ObjectStorage storage;
    private final ObjectService objects;
    private final ServiceAccountTokens tokens;
    private final FieldOwnership ownership;
    private final Clock clock;

    TokenRequestHandler(
            ResourceCatalog catalog,
            ObjectStorage storage,
            ObjectService objects,
            ServiceAccountTokens tokens,
            FieldOwnership ownership,
            Clock clock) {
        this.catalog = catalog;
        this.storage = storage;
        this.objects = objects;
        this.tokens = tokens;
        this.ownership = ownership;
        this.clock = clock;
    }

    Reply handle(Call call, ApiResource serviceAccounts) {
        RequestInfo info = call.context().info();
        var options = call.query().writeOptions("CreateOptions", call.context().userAgent());
        BodyReader.Parsed parsed = BodyReader.object(
                call.body(), call.contentType(), BuiltinResources.schemaOf("authentication.k8s.io/v1", "TokenRequest"));
        String kind = parsed.object().path("kind").asText("TokenRequest");
        if (!kind.equals("TokenRequest")) {
            throw ApiException.badRequest(
                    kind + " in version \"v1\" cannot be handled as a TokenRequest: converting (v1." + kind
                            + ") to (authentication.TokenRequest): unknown conversion");
        }
        ObjectNode request = BodyReader.decode(
                call.context(),
                BuiltinResources.schemaOf("authentication.k8s.io/v1", "TokenRequest"),
                "TokenRequest",
                parsed,
                options,
                "v1");
        ObjectNode spec = Meta.child(request, "spec");
        ObjectNode account = storage.latest(
                        serviceAccounts,
                        info.namespace(),
                        info.name(),
                        call.context().deadline())
                .orElseThrow(() -> ApiException.notFound(serviceAccounts, info.name()))
                .object();
        Meta.defaultTo(spec, "expirationSeconds", DEFAULT_SECONDS);
        checkNames(Meta.of(request), info);
        ObjectNode owned = request.deepCopy();
        owned.put("apiVersion", "authentication.k8s.io/v1").put("kind", "TokenRequest");
        ownership.update(tokenRequests(serviceAccounts), null, owned, options.fieldManager(), "");
        for (JsonNode entry : owned.path("metadata").path("managedFields")) {
            ((ObjectNode) entry).put("subresource", "token");
            // The encoding always shows this field, as null at least, so that nobody puts it there.
            if (entry.at("/fieldsV1/f:spec/f:boundObjectRef") instanceof ObjectNode reference) {
                reference.remove(".");
            }
        }
        long seconds = spec.path("expirationSeconds").asLong();
        List<Cause> causes = new ArrayList<>();
        if (seconds < MIN_SECONDS) {
            causes.add(Cause.invalid(
                    "spec.expirationSeconds", seconds, "may not specify a duration less than 10 minutes"));
        } else if (seconds > MAX_SECONDS) {
            causes.add(Cause.invalid(
                    "spec.expirationSeconds", seconds, "may not specify a duration larger than 2^32 seconds"));
        }
        if (!causes.isEmpty()) {
            throw ApiException.invalid("authentication.k8s.io", "TokenRequest", "", causes);
        }
        objects.admit(new AdmissionRequest(
                call.context(),
                serviceAccounts,
                Operation.CREATE,
                info.namespace(),
                info.name(),
                "token",
                request,
                null,
                options.dryRun(),
                Json.object()));
        List<String> audiences = new ArrayList<>();
        spec.path("audiences").forEach(value -> audiences.add(value.asText()));
        if (audiences.isEmpty()) {
            var list = spec.putArray("audiences");
            tokens.audiences().forEach(audience -> {
                audiences.add(audience);
                list.add(audience);
            });
        }
        JsonNode reference = spec.path("boundObjectRef");
        Bound bound = reference.isObject() ? bound(call, info.namespace(), reference) : new Bound(null, null);
        ServiceAccountTokens.Issued issued;
        try {
            issued = tokens.issue(
                    info.namespace(),
                    info.name(),
                    Meta.uid(account),
                    bound.object(),
                    bound.node(),
                    audiences,
                    Duration.ofSeconds(seconds));
        } catch (IllegalStateException e) {
            throw ApiException.internal(String.valueOf(e.getMessage()));
        }
        request.put("kind", "TokenRequest").put("apiVersion", "authentication.k8s.io/v1");
        ObjectNode meta = Meta.of(request);
        meta.put("name", info.name()).put("namespace", info.namespace());
        meta.put("uid", Meta.uid(account));
        meta.put("creationTimestamp", ApiTime.seconds(clock.instant()));
        if (owned.path("metadata").has("managedFields")) {
            meta.set("managedFields", owned.path("metadata").get("managedFields"));
        }
        if (!spec.has("boundObjectRef")) {
            spec.putNull("boundObjectRef");
        }
        request.putObject("status")
                .put("token", issued.token())
                .put("expirationTimestamp", ApiTime.seconds(issued.expires()));
        return Reply.json(201, request);
    }

    /// What field ownership sees a request for a token as.
    private static ApiResource tokenRequests(ApiResource serviceAccounts) {
        return new ApiResource(
                "authentication.k8s.io",
                "v1",
                "tokenrequests",
                "tokenrequest",
                "TokenRequest",
                "TokenRequestList",
                true,
                Set.of("create"),
                List.of(),
                List.of(),
                Map.of(),
                null,
                BuiltinResources.schemaOf("authentication.k8s.io/v1", "TokenRequest"),
                serviceAccounts.strategy());
    }

    private static void checkNames(ObjectNode meta, RequestInfo info) {
        List<Cause> causes = new ArrayList<>();
        String name = meta.path("name").asText("");
        if (!name.isEmpty() && !name.equals(info.name())) {
            causes.add(Cause.invalid("metadata.name", name, "must match the service account name if specified"));
        }
        String namespace = meta.path("namespace").asText("");
        if (!namespace.isEmpty() && !namespace.equals(info.namespace())) {
            causes.add(Cause.invalid(
                    "metadata.namespace", namespace, "must match the service account namespace if specified"));
        }
        if (!causes.isEmpty()) {
            throw ApiException.invalid("authentication.k8s.io", "TokenRequest", info.name(), causes);
        }
    }

    private record Bound(ServiceAccountTokens.@Nullable Binding object, ServiceAccountTokens.@Nullable Binding node) {}

    private Bound bound(Call call, String namespace, JsonNode reference) {
        String kind = reference.path("kind").asText("");
        String name = reference.path("name").asText("");
        String plural = switch (kind) {
            case "Pod" -> "pods";
            case "Secret" -> "secrets";
            case "Node" -> "nodes";
            default ->
                throw ApiException.badRequest("cannot bind token to object of type "
                        + ResourceCatalog.groupOf(reference.path("apiVersion").asText("")) + "/"
                        + reference.path("apiVersion").asText("") + ", Kind=" + kind);
        };
        ApiResource resource = catalog.require("v1", plural);
        ObjectNode object = storage.latest(
                        resource,
                        resource.namespaced() ? namespace : "",
                        name,
                        call.context().deadline())
                .orElseThrow(() -> ApiException.notFound(resource, name))
                .object();
        String uid = reference.path("uid").asText("");
        if (!uid.isEmpty() && !uid.equals(Meta.uid(object))) {
            throw ApiException.preconditionFailed(
                    resource,
                    name,
                    "the UID in the bound object reference (" + uid + ") does not match the UID in record. The object "
                            + "might have been deleted and then recreated");
        }
        if (kind.equals("Pod")
                && !object.path("spec")
                        .path("serviceAccountName")
                        .asText("")
                        .equals(call.context().info().name())) {
            throw ApiException.badRequest("cannot bind token for serviceaccount "
                    + Json.text(call.context().info().name())
                    + " to pod running with different serviceaccount name.");
        }
        var binding = new ServiceAccountTokens.Binding(kind, name, Meta.uid(object));
        String node = object.path("spec").path("nodeName").asText("");
        ServiceAccountTokens.Binding nodeBinding = null;
        if (kind.equals("Pod") && !node.isEmpty()) {
            nodeBinding = storage.cached(catalog.require("v1", "nodes"), "", node)
                    .map(found -> new ServiceAccountTokens.Binding("Node", node, Meta.uid(found.object())))
                    .orElse(null);
        }
        return new Bound(binding, nodeBinding);
    }
}
