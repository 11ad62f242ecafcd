package io.jubernetes.apiserver.schema;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.jubernetes.apiserver.schema.Schema.Field;
import io.jubernetes.common.codec.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/// Holds the table of built-in types against the published schemas of the API, where those are at hand: in the folder
/// that the system property `jubernetes.reference` names, or in `../shared/reference` beside the repository.
class BuiltinTypesTest {
    /// Types that are no structs here.
    private static final Map<String, Schema.Type> SCALARS = Map.of(
            "io.k8s.apimachinery.pkg.api.resource.Quantity", Schema.Type.QUANTITY,
            "io.k8s.apimachinery.pkg.util.intstr.IntOrString", Schema.Type.INT_OR_STRING,
            "io.k8s.apimachinery.pkg.apis.meta.v1.Time", Schema.Type.TIME,
            "io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime", Schema.Type.MICRO_TIME);

    /// Types whose content is not looked into.
    private static final Set<String> FREE = Set.of(
            "pkg.version.Info",
            "meta.v1.FieldsV1",
            "meta.v1.Patch",
            "meta.v1.WatchEvent",
            "apiextensions.v1.JSON",
            "apiextensions.v1.JSONSchemaPropsOrArray",
            "apiextensions.v1.JSONSchemaPropsOrBool",
            "apiextensions.v1.JSONSchemaPropsOrStringArray");

    /// What the table knows beyond the published schemas.
    private static final Set<String> KNOWN =
            Set.of("core.v1.ResourceFieldSelector.divisor: default is \"0\", published null");

    @Test
    void everyPublishedFactIsInTheTable() throws IOException {
        JsonNode published = published();
        List<String> differences = new ArrayList<>();
        for (Map.Entry<String, JsonNode> entry : published.properties()) {
            String name = shortName(entry.getKey());
            if (SCALARS.containsKey(entry.getKey())
                    || FREE.contains(name)
                    || !entry.getValue().has("properties")) {
                continue;
            }
            Schema schema = BuiltinTypes.get().find(name);
            if (schema == null) {
                differences.add(name + " is missing");
            } else {
                compare(name, entry.getValue(), schema, differences);
            }
        }
        differences.removeAll(KNOWN);
        assertThat(differences).isEmpty();
    }

    private static JsonNode published() throws IOException {
        String configured = System.getProperty("jubernetes.reference", "");
        Path schemas = Path.of("openapi", "schemas.json");
        List<Path> places = configured.isEmpty()
                ? List.of(Path.of("../shared/reference"), Path.of("../../shared/reference"))
                : List.of(Path.of(configured));
        Path found = places.stream()
                .map(place -> place.resolve(schemas))
                .filter(Files::exists)
                .findFirst()
                .orElse(null);
        assumeTrue(found != null, "the published schemas are not at hand");
        return Json.read(Files.readAllBytes(found));
    }

    /// A type's name as the table has it.
    private static String shortName(String name) {
        String[] parts = name.split("\\.");
        return String.join(".", Arrays.copyOfRange(parts, parts.length - 3, parts.length));
    }

    private static void compare(String name, JsonNode published, Schema schema, List<String> differences) {
        JsonNode properties = published.path("properties");
        Set<String> fields = new TreeSet<>();
        properties.fieldNames().forEachRemaining(fields::add);
        check(name, "fields", fields, new TreeSet<>(schema.fields().keySet()), differences);
        Set<String> required = new TreeSet<>(texts(published.path("required")));
        Set<String> ours = new TreeSet<>();
        schema.fields().values().stream()
                .filter(Field::required)
                .map(Field::name)
                .forEach(ours::add);
        check(name, "required", required, ours, differences);
        check(
                name,
                "atomic",
                published.path("x-kubernetes-map-type").asText("").equals("atomic"),
                schema.isAtomic(),
                differences);
        for (Map.Entry<String, JsonNode> property : properties.properties()) {
            Field field = schema.field(property.getKey());
            if (field != null) {
                compare(name + "." + property.getKey(), property.getValue(), field, differences);
            }
        }
    }

    private static void compare(String path, JsonNode published, Field field, List<String> differences) {
        check(path, "default", published.get("default"), field.alwaysPresent(), differences);
        check(
                path,
                "patch strategy",
                new TreeSet<>(texts(published.path("x-kubernetes-patch-strategy"))),
                new TreeSet<>(field.patch()),
                differences);
        check(
                path,
                "merge key",
                published.path("x-kubernetes-patch-merge-key").asText(""),
                field.mergeKey() == null ? "" : field.mergeKey(),
                differences);
        check(path, "enum", new TreeSet<>(texts(published.path("enum"))), new TreeSet<>(field.values()), differences);
        compare(path, published, field.schema(), false, differences);
    }

    private static void compare(
            String path, JsonNode published, Schema schema, boolean element, List<String> differences) {
        String reference = reference(published);
        if (!reference.isEmpty()) {
            Schema.Type scalar = SCALARS.get(reference);
            if (scalar != null) {
                check(path, "type", scalar, schema.type(), differences);
            } else if (schema.type() == Schema.Type.STRUCT) {
                check(path, "type", shortName(reference), schema.name(), differences);
            }
            return;
        }
        switch (published.path("type").asText("")) {
            case "array" -> {
                check(path, "type", Schema.Type.LIST, schema.type(), differences);
                if (schema.type() == Schema.Type.LIST) {
                    String listType = published.path("x-kubernetes-list-type").asText("atomic");
                    if (!element) {
                        check(
                                path,
                                "list type",
                                listType,
                                schema.listType().name().toLowerCase(Locale.ROOT),
                                differences);
                    }
                    List<String> keys = texts(published.path("x-kubernetes-list-map-keys"));
                    check(path, "keys", keys, schema.keys(), differences);
                    compare(path + "[]", published.path("items"), schema.element(), true, differences);
                }
            }
            case "object" -> {
                if (published.has("additionalProperties")) {
                    check(path, "type", Schema.Type.MAP, schema.type(), differences);
                    if (schema.type() == Schema.Type.MAP) {
                        compare(
                                path + "{}",
                                published.path("additionalProperties"),
                                schema.element(),
                                true,
                                differences);
                    }
                }
            }
            case "string" ->
                check(
                        path,
                        "type",
                        published.path("format").asText("").equals("byte") ? Schema.Type.BYTES : Schema.Type.STRING,
                        schema.type(),
                        differences);
            case "boolean" -> check(path, "type", Schema.Type.BOOL, schema.type(), differences);
            case "integer" ->
                check(
                        path,
                        "type",
                        published.path("format").asText("").equals("int64") ? Schema.Type.INT64 : Schema.Type.INT32,
                        schema.type(),
                        differences);
            case "number" -> check(path, "type", Schema.Type.DOUBLE, schema.type(), differences);
            default -> {}
        }
    }

    private static String reference(JsonNode published) {
        JsonNode reference = published.has("$ref")
                ? published.path("$ref")
                : published.path("allOf").path(0).path("$ref");
        String text = reference.asText("");
        return text.substring(text.lastIndexOf('/') + 1);
    }

    private static List<String> texts(JsonNode values) {
        if (values.isTextual()) {
            return List.of(values.asText().split(","));
        }
        return StreamSupport.stream(values.spliterator(), false)
                .map(JsonNode::asText)
                .toList();
    }

    private static void check(
            String path, String what, @Nullable Object wanted, @Nullable Object found, List<String> differences) {
        String left = String.valueOf(wanted);
        String right = String.valueOf(found);
        if (!left.equals(right)) {
            differences.add(path + ": " + what + " is " + right + ", published " + left);
        }
    }
}
