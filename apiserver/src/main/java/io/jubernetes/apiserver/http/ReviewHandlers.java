package io.jubernetes.apiserver.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.admission.AdmissionRequest;
import io.jubernetes.apiserver.authn.Authentication;
import io.jubernetes.apiserver.authn.ServiceAccountTokens;
import io.jubernetes.apiserver.authz.Authorizer;
import io.jubernetes.apiserver.authz.PolicyRule;
import io.jubernetes.apiserver.authz.RbacAuthorizer;
import io.jubernetes.apiserver.request.UserInfo;
import io.jubernetes.apiserver.resource.ApiException;
import io.jubernetes.apiserver.resource.ApiException.Cause;
import io.jubernetes.apiserver.resource.ApiResource;
import io.jubernetes.apiserver.resource.FieldOwnership;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.apiserver.resource.ObjectService;
import io.jubernetes.apiserver.resource.WriteOptions;
import io.jubernetes.apiserver.schema.ApiTime;
import io.jubernetes.common.codec.Json;
import java.time.Clock;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// The reviews: questions about identities and permissions that are answered and not stored.
final class ReviewHandlers {
    private final Authentication authentication;
    private final ServiceAccountTokens serviceAccountTokens;
    private final Authorizer authorizer;
    private final RbacAuthorizer rbac;
    private final ObjectService objects;
    private final FieldOwnership ownership;
    private final Clock clock;

    ReviewHandlers(
            Authentication authentication,
            ServiceAccountTokens serviceAccountTokens,
            Authorizer authorizer,
            RbacAuthorizer rbac,
            ObjectService objects,
            FieldOwnership ownership,
            Clock clock) {
        this.authentication = authentication;
        this.serviceAccountTokens = serviceAccountTokens;
        this.authorizer = authorizer;
        this.rbac = rbac;
        this.objects = objects;
        this.ownership = ownership;
        this.clock = clock;
    }

    Map<String, SubresourceHandlers.Handler> handlers() {
        Map<String, SubresourceHandlers.Handler> all = new LinkedHashMap<>();
        all.put("tokenreviews.authentication.k8s.io", this::tokenReview);
        all.put("selfsubjectreviews.authentication.k8s.io", this::selfReview);
        all.put("subjectaccessreviews.authorization.k8s.io", this::subjectAccess);
        all.put("localsubjectaccessreviews.authorization.k8s.io", this::subjectAccess);
        all.put("selfsubjectaccessreviews.authorization.k8s.io", this::selfAccess);
        all.put("selfsubjectrulesreviews.authorization.k8s.io", this::selfRules);
        return all;
    }

    private ObjectNode body(Call call, ApiResource resource) {
        ObjectNode review = ResourceHandler.decodeBody(call, resource, options(call));
        ObjectNode meta = Meta.of(review);
        if (resource.namespaced()) {
            meta.put("namespace", call.context().info().namespace());
        }
        objects.admit(new AdmissionRequest(
                call.context(),
                resource,
                AdmissionRequest.Operation.CREATE,
                Meta.namespace(review),
                Meta.name(review),
                "",
                review,
                null,
                options(call).dryRun(),
                Json.object()));
        return review;
    }

    /// A review whose fields are given to the client, as those of a stored object are.
    private ObjectNode ownedBody(Call call, ApiResource resource) {
        ObjectNode review = body(call, resource);
        ownership.update(resource, null, review, options(call).fieldManager(), "");
        return review;
    }

    private static WriteOptions options(Call call) {
        return call.query().writeOptions("CreateOptions", call.context().userAgent());
    }

    private Reply answer(Call call, ApiResource resource, ObjectNode review) {
        return new ObjectFormat(resource, call.format(resource, false), clock).one(201, review, call.query());
    }

    private Reply tokenReview(Call call, ApiResource resource) {
        ObjectNode review = ownedBody(call, resource);
        String token = review.path("spec").path("token").asText("");
        if (token.isEmpty()) {
            throw ApiException.badRequest("token is required for TokenReview in authentication");
        }
        List<String> audiences = new ArrayList<>();
        review.path("spec").path("audiences").forEach(value -> audiences.add(value.asText()));
        ObjectNode status = Json.object();
        Optional<ServiceAccountTokens.Verified> account = serviceAccountTokens.authenticate(
                token, audiences.isEmpty() ? serviceAccountTokens.audiences() : audiences);
        if (account.isPresent()) {
            status.put("authenticated", true);
            status.set("user", user(account.get().user()));
            ArrayNode valid = status.putArray("audiences");
            account.get().audiences().forEach(valid::add);
        } else {
            Optional<UserInfo> user = authentication.token(token);
            user.filter(found -> !found.name().startsWith(UserInfo.SERVICE_ACCOUNT_PREFIX))
                    .ifPresentOrElse(
                            found -> {
                                status.put("authenticated", true);
                                status.set("user", user(found));
                            },
                            () -> {
                                status.putObject("user");
                                status.put("error", problem(token, audiences));
                            });
        }
        review.set("status", status);
        return answer(call, resource, review);
    }

    /// Why no authenticator takes a token.
    private String problem(String token, List<String> audiences) {
        String own =
                serviceAccountTokens.problem(token, audiences.isEmpty() ? serviceAccountTokens.audiences() : audiences);
        return own.isEmpty() ? "invalid bearer token" : "[invalid bearer token, " + own + "]";
    }

    static ObjectNode user(UserInfo user) {
        ObjectNode node = Json.object();
        node.put("username", user.name());
        if (!user.uid().isEmpty()) {
            node.put("uid", user.uid());
        }
        if (!user.groups().isEmpty()) {
            ArrayNode groups = node.putArray("groups");
            user.groups().forEach(groups::add);
        }
        if (!user.extra().isEmpty()) {
            ObjectNode extra = node.putObject("extra");
            user.extra().forEach((key, values) -> {
                ArrayNode list = extra.putArray(key);
                values.forEach(list::add);
            });
        }
        return node;
    }

    private Reply selfReview(Call call, ApiResource resource) {
        ObjectNode review = body(call, resource);
        Meta.of(review).put("creationTimestamp", ApiTime.seconds(clock.instant()));
        review.putObject("status").set("userInfo", user(call.context().user()));
        return answer(call, resource, review);
    }

    private Reply subjectAccess(Call call, ApiResource resource) {
        ObjectNode review = ownedBody(call, resource);
        ObjectNode spec = Meta.child(review, "spec");
        checkAttributes(resource, spec, review);
        if (spec.path("user").asText("").isEmpty() && spec.path("groups").isEmpty()) {
            throw ApiException.invalid(
                    resource.group(),
                    "",
                    "",
                    List.of(Cause.invalid("spec.user", "", "at least one of user or group must be specified")));
        }
        List<String> groups = new ArrayList<>();
        spec.path("groups").forEach(value -> groups.add(value.asText()));
        Map<String, List<String>> extra = new LinkedHashMap<>();
        spec.path("extra").properties().forEach(entry -> {
            List<String> values = new ArrayList<>();
            entry.getValue().forEach(value -> values.add(value.asText()));
            extra.put(entry.getKey(), values);
        });
        var user = new UserInfo(spec.path("user").asText(""), spec.path("uid").asText(""), groups, extra);
        decide(review, user, spec);
        return answer(call, resource, review);
    }

    private Reply selfAccess(Call call, ApiResource resource) {
        ObjectNode review = ownedBody(call, resource);
        ObjectNode spec = Meta.child(review, "spec");
        checkAttributes(resource, spec, review);
        decide(review, call.context().user(), spec);
        return answer(call, resource, review);
    }

    private static void checkAttributes(ApiResource resource, ObjectNode spec, ObjectNode review) {
        boolean hasResource = spec.has("resourceAttributes");
        boolean hasPath = spec.has("nonResourceAttributes");
        JsonNode path = spec.path("nonResourceAttributes");
        ObjectNode shown = Json.object()
                .put("Path", path.path("path").asText(""))
                .put("Verb", path.path("verb").asText(""));
        List<Cause> causes = new ArrayList<>();
        if (hasResource && hasPath) {
            causes.add(Cause.invalid(
                    "spec.nonResourceAttributes", shown, "cannot be specified in combination with resourceAttributes"));
        }
        if (!hasResource && !hasPath) {
            causes.add(Cause.invalid(
                    "spec.resourceAttributes",
                    com.fasterxml.jackson.databind.node.NullNode.instance,
                    "exactly one of nonResourceAttributes or resourceAttributes must be specified"));
        }
        JsonNode asked = spec.path("resourceAttributes").path("namespace");
        String namespace = Meta.namespace(review);
        if (resource.namespaced() && hasResource && !asked.asText("").equals(namespace)) {
            causes.add(Cause.invalid(
                    "spec.resourceAttributes.namespace", asked.asText(""), "must match metadata.namespace"));
        }
        if (resource.namespaced() && hasPath) {
            causes.add(Cause.invalid("spec.nonResourceAttributes", shown, "disallowed on this kind of request"));
        }
        if (!causes.isEmpty()) {
            throw ApiException.invalid(resource.group(), "", Meta.name(review), causes);
        }
    }

    private void decide(ObjectNode review, UserInfo user, JsonNode spec) {
        JsonNode asked = spec.path("resourceAttributes");
        JsonNode path = spec.path("nonResourceAttributes");
        boolean resource = spec.has("resourceAttributes");
        Authorizer.Decision decision = authorizer.authorize(new Authorizer.Attributes(
                user,
                (resource ? asked : path).path("verb").asText(""),
                resource,
                asked.path("group").asText(""),
                asked.path("version").asText(""),
                asked.path("namespace").asText(""),
                asked.path("resource").asText(""),
                asked.path("subresource").asText(""),
                asked.path("name").asText(""),
                path.path("path").asText(""),
                selectedNode(asked)));
        ObjectNode status = review.putObject("status");
        status.put("allowed", decision.allowed());
        if (decision.verdict() == Authorizer.Verdict.DENY) {
            status.put("denied", true);
        }
        if (!decision.reason().isEmpty()) {
            status.put("reason", decision.reason());
        }
    }

    private static String selectedNode(JsonNode asked) {
        for (JsonNode term : asked.path("fieldSelector").path("requirements")) {
            if (term.path("key").asText("").equals("spec.nodeName")
                    && term.path("operator").asText("").equals("In")
                    && term.path("values").size() == 1) {
                return term.path("values").path(0).asText("");
            }
        }
        return "";
    }

    private Reply selfRules(Call call, ApiResource resource) {
        ObjectNode review = body(call, resource);
        String namespace = review.path("spec").path("namespace").asText("");
        if (namespace.isEmpty()) {
            throw ApiException.badRequest("no namespace on request");
        }
        ObjectNode status = review.putObject("status");
        ArrayNode resourceRules = status.putArray("resourceRules");
        ArrayNode pathRules = status.putArray("nonResourceRules");
        review.putObject("spec");
        for (PolicyRule rule : rbac.rulesFor(call.context().user(), namespace)) {
            ObjectNode shown = Json.tree(rule);
            JsonNode paths = shown.remove("paths");
            if (paths != null && !paths.isEmpty()) {
                ObjectNode entry = pathRules.addObject();
                entry.set("verbs", shown.get("verbs"));
                entry.set("nonResourceURLs", paths);
            } else {
                if (shown.path("resourceNames").isEmpty()) {
                    shown.remove("resourceNames");
                }
                resourceRules.add(shown);
            }
        }
        status.put("incomplete", false);
        return answer(call, resource, review);
    }
}
