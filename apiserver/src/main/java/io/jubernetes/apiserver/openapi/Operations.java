package io.jubernetes.apiserver.openapi;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.openapi.Definitions.Dialect;
import io.jubernetes.apiserver.resource.ApiResource;
import io.jubernetes.apiserver.resource.ApiResource.Subresource;
import io.jubernetes.apiserver.resource.BuiltinResources;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Stream;

/// Makes the paths of an OpenAPI document: what can be done with the resources, under the names client generators know.
final class Operations {
    private static final List<String> PRODUCES =
            List.of("application/json", "application/yaml", "application/vnd.kubernetes.protobuf");
    private static final List<String> DELETION = List.of(
            "pretty",
            "dryRun",
            "gracePeriodSeconds",
            "ignoreStoreReadErrorWithClusterBreakingPotential",
            "orphanDependents",
            "propagationPolicy");
    private static final List<String> SELECTION = List.of(
            "pretty",
            "continue",
            "fieldSelector",
            "labelSelector",
            "limit",
            "resourceVersion",
            "resourceVersionMatch",
            "sendInitialEvents",
            "timeoutSeconds");

    private final Dialect dialect;
    private final ObjectNode paths;
    private final ApiResource resource;
    private final String base;
    private final Bodies bodies;

    /// The paths of the resource.
    private final Set<String> own = new LinkedHashSet<>();

    Operations(Dialect dialect, ObjectNode paths, ApiResource resource) {
        this.dialect = dialect;
        this.paths = paths;
        this.resource = resource;
        bodies = new Bodies(resource.isCustom());
        base = (resource.group().isEmpty() ? "/api/" : "/apis/") + resource.apiVersion();
    }

    /// Adds the resource's paths.
    void add() {
        String scope = resource.namespaced() ? "Namespaced" : "";
        String collection = base + (resource.namespaced() ? "/namespaces/{namespace}/" : "/") + resource.plural();
        String kind = scope + resource.kind();
        Set<String> verbs = resource.verbs();
        add(verbs, "list", collection, "get", "list", "list" + version() + kind);
        add(verbs, "create", collection, "post", "post", "create" + version() + kind);
        add(
                verbs,
                "deletecollection",
                collection,
                "delete",
                "deletecollection",
                "delete" + version() + "Collection" + kind);
        String one = collection + "/{name}";
        add(verbs, "get", one, "get", "get", "read" + version() + kind);
        add(verbs, "update", one, "put", "put", "replace" + version() + kind);
        add(verbs, "patch", one, "patch", "patch", "patch" + version() + kind);
        add(verbs, "delete", one, "delete", "delete", "delete" + version() + kind);
        if (resource.namespaced()) {
            String all = base + "/" + resource.plural();
            add(verbs, "list", all, "get", "list", "list" + version() + resource.kind() + "ForAllNamespaces");
            String watch = base + "/watch/" + resource.plural();
            add(
                    verbs,
                    "watch",
                    watch,
                    "get",
                    "watchlist",
                    "watch" + version() + resource.kind() + "ListForAllNamespaces");
        }
        String watched = collection.replaceFirst(java.util.regex.Pattern.quote(base), base + "/watch");
        add(verbs, "watch", watched, "get", "watchlist", "watch" + version() + kind + "List");
        add(verbs, "watch", watched + "/{name}", "get", "watch", "watch" + version() + kind);
        for (Subresource subresource : resource.subresources().values()) {
            subresource(one, kind, subresource);
        }
        if (dialect == Dialect.V3) {
            own.forEach(path -> Bodies.gatherParameters((ObjectNode) paths.get(path)));
        }
    }

    private void subresource(String one, String kind, Subresource subresource) {
        String path = one + "/" + subresource.name();
        String name = kind
                + subresource.name().substring(0, 1).toUpperCase(Locale.ROOT)
                + subresource.name().substring(1);
        boolean connects = Set.of("proxy", "exec", "attach", "portforward").contains(subresource.name());
        for (String verb : subresource.verbs()) {
            String method = switch (verb) {
                case "create" -> "post";
                case "update" -> "put";
                default -> verb;
            };
            String action = connects ? "connect" : method;
            String prefix = connects
                    ? "connect" + method.substring(0, 1).toUpperCase(Locale.ROOT) + method.substring(1)
                    : switch (verb) {
                        case "get" -> "read";
                        case "update" -> "replace";
                        default -> verb;
                    };
            String apiVersion = subresource.groupVersion() == null ? resource.apiVersion() : subresource.groupVersion();
            String shown = BuiltinResources.findSchema(apiVersion, subresource.kind())
                    .map(schema -> Definitions.fullName(schema.name()))
                    .orElseGet(this::schemaName);
            ObjectNode operation = operation(path, method, action, prefix + version() + name, shown);
            int slash = apiVersion.indexOf('/');
            operation
                    .putObject("x-kubernetes-group-version-kind")
                    .put("group", slash < 0 ? "" : apiVersion.substring(0, slash))
                    .put("kind", subresource.kind())
                    .put("version", apiVersion.substring(slash + 1));
        }
    }

    private void add(Set<String> verbs, String verb, String path, String method, String action, String id) {
        if (verbs.contains(verb)) {
            operation(path, method, action, id, schemaName());
        }
    }

    private String schemaName() {
        return Definitions.fullName(resource.schema().name());
    }

    /// @param shown the name of the schema of what is read or written
    private ObjectNode operation(String path, String method, String action, String id, String shown) {
        own.add(path);
        ObjectNode item = paths.get(path) instanceof ObjectNode known ? known : paths.putObject(path);
        ObjectNode operation = item.putObject(method);
        operation.put("operationId", id);
        operation.put("x-kubernetes-action", action);
        operation
                .putObject("x-kubernetes-group-version-kind")
                .put("group", resource.group())
                .put("kind", resource.kind())
                .put("version", resource.version());
        parameters(operation.putArray("parameters"), path, action);
        if (dialect == Dialect.V2) {
            strings(operation.putArray("produces"), PRODUCES);
            strings(operation.putArray("consumes"), action.equals("patch") ? bodies.patches() : List.of("*/*"));
            strings(operation.putArray("schemes"), List.of("https"));
            operation.putObject("responses").putObject("200").put("description", "OK");
        } else {
            bodies.add(operation, action, shown, Definitions.listName(resource));
        }
        return operation;
    }

    private void parameters(ArrayNode parameters, String path, String action) {
        for (String name : List.of("namespace", "name")) {
            if (path.contains("{" + name + "}")) {
                ObjectNode parameter = parameters.addObject().put("name", name).put("in", "path");
                if (name.equals("name")) {
                    parameter.put("description", "name of the " + resource.kind());
                }
                typed(parameter.put("required", true), "string");
            }
        }
        List<String> query = switch (action) {
            case "post", "put" -> List.of("pretty", "dryRun", "fieldManager", "fieldValidation");
            case "patch" -> List.of("pretty", "dryRun", "fieldManager", "fieldValidation", "force");
            case "delete" -> DELETION;
            case "deletecollection" ->
                Stream.concat(DELETION.stream(), SELECTION.stream()).distinct().toList();
            case "list", "watch", "watchlist" ->
                Stream.concat(SELECTION.stream(), Stream.of("allowWatchBookmarks", "watch"))
                        .toList();
            case "connect" -> List.of();
            default -> List.of("pretty");
        };
        for (String name : query) {
            String type = switch (name) {
                case "force",
                        "watch",
                        "allowWatchBookmarks",
                        "sendInitialEvents",
                        "orphanDependents",
                        "ignoreStoreReadErrorWithClusterBreakingPotential" -> "boolean";
                case "limit", "gracePeriodSeconds", "timeoutSeconds" -> "integer";
                default -> "string";
            };
            typed(parameters.addObject().put("name", name).put("in", "query"), type);
        }
    }

    private void typed(ObjectNode parameter, String type) {
        (dialect == Dialect.V2 ? parameter : parameter.putObject("schema"))
                .put("type", type)
                .put("uniqueItems", true);
    }

    private static void strings(ArrayNode list, List<String> values) {
        values.forEach(list::add);
    }

    /// The group and version as names of operations write them: `CoreV1`, `RbacAuthorizationV1`.
    private String version() {
        return title(resource.group().isEmpty() ? "core" : resource.group()) + title(resource.version());
    }

    /// A group or version as names of operations write it.
    static String title(String group) {
        var name = new StringBuilder();
        for (String part : group.replaceFirst("\\.k8s\\.io$", "").split("[.-]")) {
            if (!part.isEmpty()) {
                name.append(part.substring(0, 1).toUpperCase(Locale.ROOT)).append(part.substring(1));
            }
        }
        return name.toString();
    }
}
