package io.jubernetes.apiserver.openapi;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;

/// What an operation of an OpenAPI v3 document takes and gives: the media types with the schema of their content.
///
/// @param custom whether it is about a custom resource, which has no protobuf form nor strategic merge patches
record Bodies(boolean custom) {
    private static final String SCHEMAS = "#/components/schemas/";
    private static final String META = "io.k8s.apimachinery.pkg.apis.meta.v1.";
    private static final List<String> PATCHES = List.of(
            "application/json-patch+json",
            "application/merge-patch+json",
            "application/strategic-merge-patch+json",
            "application/apply-patch+yaml");

    /// The kinds of patch a request may be.
    List<String> patches() {
        return custom
                ? PATCHES.stream().filter(type -> !type.contains("strategic")).toList()
                : PATCHES;
    }

    /// Adds what an operation takes and gives.
    ///
    /// @param kind the full name of the schema of what is read or written
    /// @param list that of a list of them
    void add(ObjectNode operation, String action, String kind, String list) {
        switch (action) {
            case "post", "put" -> request(operation, custom ? produced(false) : List.of("*/*"), kind, true);
            case "patch" -> request(operation, patches(), META + "Patch", true);
            case "delete", "deletecollection" ->
                request(operation, custom ? produced(false) : List.of("*/*"), META + "DeleteOptions", false);
            default -> {}
        }
        ObjectNode responses = operation.putObject("responses");
        switch (action) {
            case "get", "put", "patch", "post" -> response(responses, "200", "OK", kind, false);
            case "list" -> response(responses, "200", "OK", list, true);
            case "watch", "watchlist" -> response(responses, "200", "OK", META + "WatchEvent", true);
            case "connect" ->
                responses
                        .putObject("200")
                        .put("description", "OK")
                        .putObject("content")
                        .putObject("*/*")
                        .putObject("schema")
                        .put("type", "string");
            default -> response(responses, "200", "OK", META + "Status", false);
        }
        if (List.of("post", "put", "patch").contains(action)) {
            response(responses, "201", "Created", kind, false);
        }
        if (action.equals("post") || action.equals("delete")) {
            response(responses, "202", "Accepted", action.equals("post") ? kind : META + "Status", false);
        }
        responses.putObject("401").put("description", "Unauthorized");
    }

    private List<String> produced(boolean streams) {
        List<String> types = new ArrayList<>(List.of("application/json", "application/yaml"));
        if (!custom) {
            types.add("application/vnd.kubernetes.protobuf");
        }
        if (streams) {
            types.add("application/json;stream=watch");
            if (!custom) {
                types.add("application/vnd.kubernetes.protobuf;stream=watch");
            }
        }
        return types;
    }

    private static void request(ObjectNode operation, List<String> types, String schema, boolean required) {
        ObjectNode body = operation.putObject("requestBody");
        content(body, types, schema);
        if (required) {
            body.put("required", true);
        }
    }

    private void response(ObjectNode responses, String code, String description, String schema, boolean streams) {
        ObjectNode response = responses.putObject(code).put("description", description);
        content(response, produced(streams), schema);
    }

    private static void content(ObjectNode body, List<String> types, String schema) {
        ObjectNode content = body.putObject("content");
        types.forEach(type -> content.putObject(type).putObject("schema").put("$ref", SCHEMAS + schema));
    }

    /// Moves what all operations of a path take to the path itself, in the order of the names.
    static void gatherParameters(ObjectNode path) {
        List<ObjectNode> operations = path.properties().stream()
                .filter(entry -> entry.getValue() instanceof ObjectNode)
                .map(entry -> (ObjectNode) entry.getValue())
                .toList();
        var common = new TreeMap<String, ObjectNode>();
        operations.getFirst().withArray("parameters").forEach(parameter -> {
            if (operations.stream().allMatch(operation -> has(operation.withArray("parameters"), parameter))) {
                common.put(parameter.path("name").asText(), (ObjectNode) parameter);
            }
        });
        for (ObjectNode operation : operations) {
            ArrayNode own = operation.withArray("parameters");
            for (int i = own.size() - 1; i >= 0; i--) {
                if (common.containsKey(own.get(i).path("name").asText())) {
                    own.remove(i);
                }
            }
            if (own.isEmpty()) {
                operation.remove("parameters");
            }
        }
        common.values().forEach(path.putArray("parameters")::add);
    }

    private static boolean has(ArrayNode parameters, JsonNode wanted) {
        for (var parameter : parameters) {
            if (parameter.equals(wanted)) {
                return true;
            }
        }
        return false;
    }
}
