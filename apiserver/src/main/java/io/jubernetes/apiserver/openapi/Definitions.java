package io.jubernetes.apiserver.openapi;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.customresource.CustomStrategy;
import io.jubernetes.apiserver.resource.ApiResource;
import io.jubernetes.apiserver.resource.ApiResource.Subresource;
import io.jubernetes.apiserver.resource.BuiltinResources;
import io.jubernetes.apiserver.schema.BuiltinTypes;
import io.jubernetes.apiserver.schema.Schema;
import io.jubernetes.apiserver.schema.Schema.Field;
import io.jubernetes.common.codec.Json;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;

/// Makes the schemas of an OpenAPI document: those of some resources, and of everything they are made of.
final class Definitions {
    private static final String QUANTITY = "io.k8s.apimachinery.pkg.api.resource.Quantity";
    private static final String INT_OR_STRING = "io.k8s.apimachinery.pkg.util.intstr.IntOrString";
    private static final String META = "io.k8s.apimachinery.pkg.apis.meta.v1.";

    private static final Map<String, String> DESCRIPTIONS = Map.of(
            "apiVersion", "The version of the API this object is written in.",
            "kind", "What kind of object this is.",
            "metadata", "Name, labels and whatever else every object has.",
            "spec", "What is wished for.",
            "status", "What was observed last.",
            "items", "The objects of the list.");

    private final Dialect dialect;
    private final Deque<Schema> todo = new ArrayDeque<>();
    private final Map<String, ObjectNode> made = new TreeMap<>();

    /// The two versions of OpenAPI differ in how they refer and in what may stand beside a reference.
    enum Dialect {
        V2("#/definitions/"),
        V3("#/components/schemas/");

        private final String prefix;

        Dialect(String prefix) {
            this.prefix = prefix;
        }
    }

    private Definitions(Dialect dialect) {
        this.dialect = dialect;
    }

    /// The schemas by their full names.
    static Map<String, ObjectNode> of(Dialect dialect, Collection<ApiResource> resources) {
        var definitions = new Definitions(dialect);
        BuiltinTypes types = BuiltinTypes.get();
        for (ApiResource resource : resources) {
            if (resource.strategy() instanceof CustomStrategy custom) {
                definitions.made.put(
                        fullName(resource.schema().name()),
                        CustomSchemas.document(
                                custom.openApiSchema(),
                                dialect == Dialect.V2,
                                () -> definitions.describedReference(META + "ObjectMeta", "metadata")));
                definitions.todo.add(types.require("meta.v1.ObjectMeta"));
            } else {
                definitions.todo.add(resource.schema());
            }
            if (resource.verbs().contains("list")) {
                definitions.list(resource);
            }
            for (Subresource subresource : resource.subresources().values()) {
                String apiVersion =
                        subresource.groupVersion() == null ? resource.apiVersion() : subresource.groupVersion();
                BuiltinResources.findSchema(apiVersion, subresource.kind()).ifPresent(definitions.todo::add);
            }
        }
        for (String type : List.of("ListMeta", "DeleteOptions", "Status", "Patch", "APIResourceList", "WatchEvent")) {
            if (type.equals("Patch")) {
                definitions.made.put(META + type, Json.object().put("type", "object"));
            } else {
                definitions.todo.add(types.require("meta.v1." + type));
            }
        }
        while (!definitions.todo.isEmpty()) {
            definitions.make(definitions.todo.remove());
        }
        definitions.kinds(resources);
        return definitions.made;
    }

    private void make(Schema schema) {
        String name = fullName(schema.name());
        if (!made.containsKey(name)) {
            made.put(name, Json.object());
            made.put(name, struct(schema));
        }
    }

    private void list(ApiResource resource) {
        ObjectNode list = Json.object();
        list.put("description", resource.listKind() + " is a list of " + resource.kind());
        list.put("type", "object");
        ObjectNode properties = list.putObject("properties");
        described(properties.putObject("apiVersion").put("type", "string"), "apiVersion");
        described(properties.putObject("kind").put("type", "string"), "kind");
        ObjectNode items = properties.putObject("items").put("type", "array");
        items.set("items", reference(fullName(resource.schema().name())));
        described(items, "items");
        properties.set("metadata", describedReference(META + "ListMeta", "metadata"));
        list.putArray("required").add("items");
        made.put(listName(resource), list);
    }

    /// Says which kinds the schemas are of.
    private void kinds(Collection<ApiResource> resources) {
        for (ApiResource resource : resources) {
            String own = fullName(resource.schema().name());
            kind(own, resource.group(), resource.version(), resource.kind());
            kind(listName(resource), resource.group(), resource.version(), resource.listKind());
            for (Subresource subresource : resource.subresources().values()) {
                String apiVersion =
                        subresource.groupVersion() == null ? resource.apiVersion() : subresource.groupVersion();
                int slash = apiVersion.indexOf('/');
                BuiltinResources.findSchema(apiVersion, subresource.kind())
                        .ifPresent(schema -> kind(
                                fullName(schema.name()),
                                slash < 0 ? "" : apiVersion.substring(0, slash),
                                apiVersion.substring(slash + 1),
                                subresource.kind()));
            }
        }
        kind(META + "Status", "", "v1", "Status");
        kind(META + "APIResourceList", "", "v1", "APIResourceList");
        kind(META + "DeleteOptions", "", "v1", "DeleteOptions");
        var groups = new TreeSet<String>();
        resources.forEach(resource -> groups.add(resource.apiVersion()));
        for (String apiVersion : groups) {
            int slash = apiVersion.indexOf('/');
            if (slash > 0) {
                kind(
                        META + "DeleteOptions",
                        apiVersion.substring(0, slash),
                        apiVersion.substring(slash + 1),
                        "DeleteOptions");
            }
        }
    }

    private void kind(String name, String group, String version, String kind) {
        ObjectNode node = made.get(name);
        if (node == null) {
            return;
        }
        ArrayNode list = node.get("x-kubernetes-group-version-kind") instanceof ArrayNode known
                ? known
                : node.putArray("x-kubernetes-group-version-kind");
        for (var entry : list) {
            if (entry.path("group").asText().equals(group)
                    && entry.path("version").asText().equals(version)) {
                return;
            }
        }
        list.addObject().put("group", group).put("kind", kind).put("version", version);
    }

    private ObjectNode struct(Schema schema) {
        ObjectNode node = Json.object();
        node.put("type", "object");
        ObjectNode properties = Json.object();
        List<String> required = new ArrayList<>();
        for (Field field : schema.fields().values()) {
            properties.set(field.name(), property(field));
            if (field.required()) {
                required.add(field.name());
            }
        }
        if (!properties.isEmpty()) {
            node.set("properties", properties);
        }
        if (!required.isEmpty()) {
            ArrayNode list = node.putArray("required");
            required.stream().sorted().forEach(list::add);
        }
        if (schema.isAtomic()) {
            node.put("x-kubernetes-map-type", "atomic");
        }
        return node;
    }

    private ObjectNode property(Field field) {
        ObjectNode property = value(field.schema());
        if (field.alwaysPresent() != null || DESCRIPTIONS.containsKey(field.name())) {
            property = alone(property);
        }
        described(property, field.name());
        if (field.alwaysPresent() != null && dialect == Dialect.V3) {
            property.set("default", field.alwaysPresent());
        }
        if (!field.patch().isEmpty()) {
            property.put("x-kubernetes-patch-strategy", String.join(",", new TreeSet<>(field.patch())));
        }
        if (field.mergeKey() != null) {
            property.put("x-kubernetes-patch-merge-key", field.mergeKey());
        }
        if (!field.values().isEmpty()) {
            ArrayNode values = property.putArray("enum");
            field.values().forEach(values::add);
        }
        return property;
    }

    /// A reference beside which something may stand: in OpenAPI v3 one in an allOf.
    private ObjectNode alone(ObjectNode property) {
        if (dialect == Dialect.V2 || !property.has("$ref")) {
            return property;
        }
        ObjectNode outer = Json.object();
        outer.putArray("allOf").add(property);
        return outer;
    }

    private ObjectNode describedReference(String fullName, String field) {
        return described(alone(reference(fullName)), field);
    }

    static ObjectNode described(ObjectNode node, String field) {
        String description = DESCRIPTIONS.get(field);
        return description == null ? node : node.put("description", description);
    }

    private ObjectNode reference(String fullName) {
        return Json.object().put("$ref", dialect.prefix + fullName);
    }

    /// A type that is no struct but has a name of its own.
    private ObjectNode named(String fullName, ObjectNode definition) {
        made.putIfAbsent(fullName, definition);
        return reference(fullName);
    }

    private ObjectNode value(Schema schema) {
        ObjectNode node = Json.object();
        return switch (schema.type()) {
            case STRUCT -> {
                todo.add(schema);
                yield reference(fullName(schema.name()));
            }
            case MAP -> {
                node.put("type", "object");
                node.set("additionalProperties", value(schema.element()));
                yield schema.isAtomic() ? node.put("x-kubernetes-map-type", "atomic") : node;
            }
            case LIST -> {
                node.put("type", "array");
                node.set("items", value(schema.element()));
                node.put("x-kubernetes-list-type", schema.listType().name().toLowerCase(Locale.ROOT));
                if (!schema.keys().isEmpty()) {
                    ArrayNode keys = node.putArray("x-kubernetes-list-map-keys");
                    schema.keys().forEach(keys::add);
                }
                yield node;
            }
            case STRING -> node.put("type", "string");
            case BOOL -> node.put("type", "boolean");
            case INT32 -> node.put("type", "integer").put("format", "int32");
            case INT64 -> node.put("type", "integer").put("format", "int64");
            case DOUBLE -> node.put("type", "number").put("format", "double");
            case BYTES -> node.put("type", "string").put("format", "byte");
            case TIME -> named(META + "Time", node.put("type", "string").put("format", "date-time"));
            case MICRO_TIME ->
                named(META + "MicroTime", node.put("type", "string").put("format", "date-time"));
            case QUANTITY -> named(QUANTITY, choice(node, "string", "number"));
            case INT_OR_STRING ->
                named(INT_OR_STRING, choice(node, "integer", "string").put("format", "int-or-string"));
            case RAW -> node.put("type", "object");
            case ANY, FREE -> node;
        };
    }

    private ObjectNode choice(ObjectNode node, String first, String second) {
        if (dialect == Dialect.V2) {
            return node.put("type", "string");
        }
        ArrayNode choices = node.putArray("oneOf");
        choices.addObject().put("type", first);
        choices.addObject().put("type", second);
        return node;
    }

    /// The name of the schema of a resource's lists.
    static String listName(ApiResource resource) {
        String own = fullName(resource.schema().name());
        return own.substring(0, own.lastIndexOf('.') + 1) + resource.listKind();
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
