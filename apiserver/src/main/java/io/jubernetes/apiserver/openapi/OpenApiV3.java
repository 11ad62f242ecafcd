package io.jubernetes.apiserver.openapi;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.resource.ApiResource;
import io.jubernetes.apiserver.resource.ResourceCatalog;
import io.jubernetes.apiserver.schema.Schema;
import io.jubernetes.apiserver.schema.Schema.Field;
import io.jubernetes.common.codec.Json;
import io.jubernetes.common.component.ComponentVersion;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;

/// The OpenAPI v3 documents, one an API version. Documents are made at first use and kept until the version's resources
/// change.
/// Thread-safe.
public final class OpenApiV3 {
    private static final String REF = "#/components/schemas/";

    private final ResourceCatalog catalog;

    /// A document with its hash.
    public record Document(byte[] json, String hash) {}

    private record Made(List<ApiResource> from, Document document) {}

    private final Map<String, Made> made = new ConcurrentHashMap<>();

    public OpenApiV3(ResourceCatalog catalog) {
        this.catalog = catalog;
    }

    /// `/openapi/v3`: where each version's document is.
    public ObjectNode index() {
        ObjectNode index = Json.object();
        ObjectNode paths = index.putObject("paths");
        for (String apiVersion : catalog.groupVersions()) {
            String path = (apiVersion.contains("/") ? "apis/" : "api/") + apiVersion;
            document(apiVersion)
                    .ifPresent(document -> paths.putObject(path)
                            .put("serverRelativeURL", "/openapi/v3/" + path + "?hash=" + document.hash()));
        }
        return index;
    }

    /// The document of an API version.
    public Optional<Document> document(String apiVersion) {
        List<ApiResource> resources = catalog.of(apiVersion);
        if (resources.isEmpty()) {
            return Optional.empty();
        }
        Made known = made.get(apiVersion);
        if (known == null || !known.from().equals(resources)) {
            byte[] json = Json.bytes(make(apiVersion, resources));
            known = new Made(resources, new Document(json, hash(json)));
            made.put(apiVersion, known);
        }
        return Optional.of(known.document());
    }

    private static String hash(byte[] json) {
        try {
            return HexFormat.of()
                    .withUpperCase()
                    .formatHex(MessageDigest.getInstance("SHA-512").digest(json));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("the JVM offers no SHA-512", e);
        }
    }

    private static ObjectNode make(String apiVersion, List<ApiResource> resources) {
        ObjectNode document = Json.object();
        document.put("openapi", "3.0.0");
        document.putObject("info").put("title", "Kubernetes").put("version", ComponentVersion.GIT_VERSION);
        ObjectNode paths = document.putObject("paths");
        Map<String, ObjectNode> schemas = new TreeMap<>();
        Deque<Schema> todo = new ArrayDeque<>();
        for (ApiResource resource : resources) {
            String base = (apiVersion.contains("/") ? "/apis/" : "/api/") + apiVersion;
            addPaths(paths, base, resource);
            todo.add(resource.schema());
            ObjectNode list = Json.object();
            list.put("type", "object");
            ObjectNode properties = list.putObject("properties");
            properties.putObject("apiVersion").put("type", "string");
            properties.putObject("kind").put("type", "string");
            properties.set("metadata", reference("meta.v1.ListMeta"));
            properties
                    .putObject("items")
                    .put("type", "array")
                    .set("items", reference(resource.schema().name()));
            list.putArray("required").add("items");
            kinds(list, resource, resource.listKind());
            schemas.put(fullName(resource.schema().name()) + "List", list);
        }
        io.jubernetes.apiserver.schema.BuiltinTypes types = io.jubernetes.apiserver.schema.BuiltinTypes.get();
        todo.add(types.require("meta.v1.ListMeta"));
        todo.add(types.require("meta.v1.DeleteOptions"));
        todo.add(types.require("meta.v1.Status"));
        while (!todo.isEmpty()) {
            Schema schema = todo.remove();
            String name = fullName(schema.name());
            if (!schemas.containsKey(name)) {
                ObjectNode node = struct(schema, todo);
                schemas.put(name, node);
                resources.stream()
                        .filter(resource -> resource.schema().name().equals(schema.name()))
                        .forEach(resource -> kinds(node, resource, resource.kind()));
            }
        }
        ObjectNode all = document.putObject("components").putObject("schemas");
        schemas.forEach(all::set);
        return document;
    }

    private static void kinds(ObjectNode node, ApiResource resource, String kind) {
        ArrayNode list = node.get("x-kubernetes-group-version-kind") instanceof ArrayNode known
                ? known
                : node.putArray("x-kubernetes-group-version-kind");
        list.addObject().put("group", resource.group()).put("kind", kind).put("version", resource.version());
    }

    private static void addPaths(ObjectNode paths, String base, ApiResource resource) {
        String collection = base + (resource.namespaced() ? "/namespaces/{namespace}/" : "/") + resource.plural();
        ObjectNode many = paths.putObject(collection);
        ObjectNode one = paths.putObject(collection + "/{name}");
        for (String verb : resource.verbs()) {
            switch (verb) {
                case "list" -> operation(many, "get", "list", resource);
                case "create" -> operation(many, "post", "post", resource);
                case "deletecollection" -> operation(many, "delete", "deletecollection", resource);
                case "get" -> operation(one, "get", "get", resource);
                case "update" -> operation(one, "put", "put", resource);
                case "patch" -> operation(one, "patch", "patch", resource);
                case "delete" -> operation(one, "delete", "delete", resource);
                default -> {}
            }
        }
        if (one.isEmpty()) {
            paths.remove(collection + "/{name}");
        }
    }

    private static void operation(ObjectNode path, String method, String action, ApiResource resource) {
        ObjectNode operation = path.putObject(method);
        operation.put(
                "operationId",
                action
                        + resource.kind()
                        + resource.version().toUpperCase(Locale.ROOT)
                        + resource.group().replaceAll("[^A-Za-z0-9]", ""));
        operation.put("x-kubernetes-action", action);
        operation
                .putObject("x-kubernetes-group-version-kind")
                .put("group", resource.group())
                .put("kind", resource.kind())
                .put("version", resource.version());
        if (!action.equals("list") && !action.startsWith("delete")) {
            ArrayNode parameters = operation.putArray("parameters");
            for (String parameter : List.of("dryRun", "fieldManager", "fieldValidation")) {
                ObjectNode entry = parameters.addObject().put("name", parameter).put("in", "query");
                entry.putObject("schema").put("type", "string").put("uniqueItems", true);
            }
        }
        operation.putObject("responses").putObject("200").put("description", "OK");
    }

    private static ObjectNode struct(Schema schema, Deque<Schema> todo) {
        ObjectNode node = Json.object();
        node.put("type", "object");
        ObjectNode properties = Json.object();
        ArrayNode required = Json.MAPPER.createArrayNode();
        for (Field field : schema.fields().values()) {
            ObjectNode property = value(field.schema(), todo);
            if (property.has("$ref")) {
                // Siblings of a reference are not allowed, so one that says more stands in an allOf.
                ObjectNode reference = property;
                property = Json.object();
                property.putArray("allOf").add(reference);
            }
            if (field.alwaysPresent() != null) {
                property.set("default", field.alwaysPresent());
            }
            if (!field.patch().isEmpty()) {
                property.put("x-kubernetes-patch-strategy", String.join(",", new java.util.TreeSet<>(field.patch())));
            }
            if (field.mergeKey() != null) {
                property.put("x-kubernetes-patch-merge-key", field.mergeKey());
            }
            if (!field.values().isEmpty()) {
                ArrayNode values = property.putArray("enum");
                field.values().forEach(values::add);
            }
            properties.set(field.name(), property);
            if (field.required()) {
                required.add(field.name());
            }
        }
        if (!properties.isEmpty()) {
            node.set("properties", properties);
        }
        if (!required.isEmpty()) {
            node.set("required", required);
        }
        if (schema.isAtomic()) {
            node.put("x-kubernetes-map-type", "atomic");
        }
        return node;
    }

    private static ObjectNode reference(String name) {
        return Json.object().put("$ref", REF + fullName(name));
    }

    private static ObjectNode value(Schema schema, Deque<Schema> todo) {
        ObjectNode node = Json.object();
        switch (schema.type()) {
            case STRUCT -> {
                todo.add(schema);
                return reference(schema.name());
            }
            case MAP -> {
                node.put("type", "object");
                node.set("additionalProperties", value(schema.element(), todo));
                if (schema.isAtomic()) {
                    node.put("x-kubernetes-map-type", "atomic");
                }
            }
            case LIST -> {
                node.put("type", "array");
                node.set("items", value(schema.element(), todo));
                node.put("x-kubernetes-list-type", schema.listType().name().toLowerCase(Locale.ROOT));
                if (!schema.keys().isEmpty()) {
                    ArrayNode keys = node.putArray("x-kubernetes-list-map-keys");
                    schema.keys().forEach(keys::add);
                }
            }
            case STRING -> node.put("type", "string");
            case BOOL -> node.put("type", "boolean");
            case INT32 -> node.put("type", "integer").put("format", "int32");
            case INT64 -> node.put("type", "integer").put("format", "int64");
            case DOUBLE -> node.put("type", "number").put("format", "double");
            case BYTES -> node.put("type", "string").put("format", "byte");
            case TIME, MICRO_TIME -> node.put("type", "string").put("format", "date-time");
            case QUANTITY -> {
                ArrayNode choices = node.putArray("oneOf");
                choices.addObject().put("type", "string");
                choices.addObject().put("type", "number");
            }
            case INT_OR_STRING -> {
                node.put("format", "int-or-string");
                ArrayNode choices = node.putArray("oneOf");
                choices.addObject().put("type", "integer");
                choices.addObject().put("type", "string");
            }
            case RAW -> node.put("type", "object");
            case ANY -> {}
        }
        return node;
    }

    /// A type's name as clients know it from upstream's documents.
    static String fullName(String name) {
        if (name.startsWith("meta.")) {
            return "io.k8s.apimachinery.pkg.apis." + name;
        }
        if (name.startsWith("apiextensions.")) {
            return "io.k8s.apiextensions-apiserver.pkg.apis." + name;
        }
        if (name.startsWith("apiregistration.")) {
            return "io.k8s.kube-aggregator.pkg.apis." + name;
        }
        return name.startsWith("io.") || name.startsWith("com.") ? name : "io.k8s.api." + name;
    }
}
