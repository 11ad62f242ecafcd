package io.jubernetes.apiserver.admission.match;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.admission.AdmissionRequest;
import io.jubernetes.apiserver.admission.match.Requests.GroupVersionKind;
import io.jubernetes.apiserver.authz.Authorizer;
import io.jubernetes.apiserver.request.UserInfo;
import io.jubernetes.apiserver.resource.ApiResource;
import io.jubernetes.common.cel.CelAuthorizer;
import io.jubernetes.common.cel.CelNull;
import io.jubernetes.common.cel.CelTree;
import io.jubernetes.common.codec.Json;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What webhooks and expressions are told of a request.
public final class Inputs {
    private Inputs() {}

    /// The request without its objects, as an `AdmissionRequest` of the API has it.
    ///
    /// @param seenAs the resource in the version a rule names
    public static ObjectNode request(AdmissionRequest request, ApiResource seenAs) {
        ObjectNode node = Json.object();
        node.set("kind", kind(Requests.kind(request, seenAs)));
        node.set("resource", resource(seenAs));
        putText(node, "subResource", request.subresource());
        node.set("requestKind", kind(Requests.kind(request, request.resource())));
        node.set("requestResource", resource(request.resource()));
        putText(node, "requestSubResource", request.subresource());
        putText(node, "name", Requests.name(request));
        putText(node, "namespace", Requests.namespace(request));
        node.put("operation", request.operation().name());
        node.set("userInfo", user(request.context().user()));
        node.put("dryRun", request.dryRun());
        if (request.options().isEmpty()) {
            node.putNull("options");
        } else {
            node.set("options", request.options());
        }
        return node;
    }

    private static ObjectNode kind(GroupVersionKind kind) {
        return Json.object()
                .put("group", kind.group())
                .put("version", kind.version())
                .put("kind", kind.kind());
    }

    private static ObjectNode resource(ApiResource resource) {
        return Json.object()
                .put("group", resource.group())
                .put("version", resource.version())
                .put("resource", resource.plural());
    }

    private static void putText(ObjectNode node, String field, String text) {
        if (!text.isEmpty()) {
            node.put(field, text);
        }
    }

    private static ObjectNode user(UserInfo user) {
        ObjectNode node = Json.object();
        putText(node, "username", user.name());
        putText(node, "uid", user.uid());
        if (!user.groups().isEmpty()) {
            user.groups().forEach(node.putArray("groups")::add);
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

    /// The variables of expressions.
    ///
    /// @param object in the version a rule names
    /// @param namespace null for what is in none, and where expressions are not told
    /// @param authorizer null where expressions may not ask
    public static Map<String, Object> variables(
            AdmissionRequest request,
            ApiResource seenAs,
            @Nullable JsonNode object,
            @Nullable JsonNode old,
            @Nullable JsonNode namespace,
            @Nullable Authorizer authorizer) {
        Map<String, Object> values = new HashMap<>();
        values.put("object", value(object));
        values.put("oldObject", value(old));
        values.put("request", CelTree.value(request(request, seenAs)));
        values.put("namespaceObject", value(namespace));
        if (authorizer != null) {
            CelAuthorizer asked =
                    new RequestAuthorizer(authorizer, request.context().user());
            values.put("authorizer", asked.value());
            values.put("authorizer.requestResource", asked.resourceValue(parts(request)));
        }
        return values;
    }

    /// A tree as a variable.
    public static Object value(@Nullable JsonNode tree) {
        return tree == null ? CelNull.NULL : CelTree.value(tree);
    }

    private static Map<String, String> parts(AdmissionRequest request) {
        return Map.of(
                "group", request.resource().group(),
                "resource", request.resource().plural(),
                "subresource", request.subresource(),
                "namespace", Requests.namespace(request),
                "name", Requests.name(request));
    }
}
