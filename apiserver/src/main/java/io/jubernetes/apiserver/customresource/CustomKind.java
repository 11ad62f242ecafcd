package io.jubernetes.apiserver.customresource;

import com.fasterxml.jackson.databind.JsonNode;
import io.jubernetes.apiserver.resource.ApiVersions;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.apiserver.schema.Schema;
import io.jubernetes.common.codec.Sha256;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// A definition, compiled: everything requests for its objects need to know. Made once a change of the
/// definition and shared by all requests. Immutable.
final class CustomKind {
    private final JsonNode definition;
    private final Map<String, Version> versions = new LinkedHashMap<>();
    private final Version storage;
    private final Converter converter;
    private final boolean terminating;

    /// One version of the kind.
    ///
    /// @param form names what its objects look like when they are read from the store
    /// @param warning what requests for a deprecated version are told; null when it is not deprecated
    /// @param rules the compiled validation rules
    record Version(
            String name,
            boolean served,
            Structural schema,
            Schema shape,
            String form,
            boolean hasStatus,
            @Nullable Scale scale,
            PrinterColumns columns,
            List<String> selectable,
            @Nullable String warning,
            RuleChecker rules) {}

    /// Where a scale finds its numbers.
    record Scale(String specReplicas, String statusReplicas, String labelSelector) {
        static @Nullable Scale of(JsonNode node) {
            return node.isObject()
                    ? new Scale(
                            node.path("specReplicasPath").asText(""),
                            node.path("statusReplicasPath").asText(""),
                            node.path("labelSelectorPath").asText(""))
                    : null;
        }
    }

    private CustomKind(JsonNode definition, Converter converter) {
        this.definition = definition;
        this.converter = converter;
        JsonNode spec = definition.path("spec");
        String stored = "";
        JsonNode storedSchema = spec;
        for (JsonNode version : spec.path("versions")) {
            if (version.path("storage").asBoolean(false)) {
                stored = version.path("name").asText();
                storedSchema = version.path("schema");
            }
        }
        for (JsonNode version : spec.path("versions")) {
            Version read = version(version, storedSchema);
            versions.put(read.name(), read);
        }
        storage = Objects.requireNonNull(versions.get(stored), "no storage version");
        terminating = isTrue(definition, "Terminating");
    }

    /// Compiles a definition that has been checked.
    static CustomKind of(JsonNode definition, Converter converter) {
        return new CustomKind(definition, converter);
    }

    /// Whether a condition of a definition is true.
    static boolean isTrue(JsonNode definition, String condition) {
        for (JsonNode one : definition.path("status").path("conditions")) {
            if (one.path("type").asText().equals(condition)) {
                return one.path("status").asText().equals("True");
            }
        }
        return false;
    }

    private Version version(JsonNode version, JsonNode storedSchema) {
        String name = version.path("name").asText();
        Structural schema = Structural.of(version.path("schema").path("openAPIV3Schema"));
        JsonNode subresources = version.path("subresources");
        List<String> selectable = new ArrayList<>();
        version.path("selectableFields")
                .forEach(field -> selectable.add(field.path("jsonPath").asText()));
        String form = digest(
                storedSchema.toString(),
                version.path("schema").toString(),
                name,
                conversion().toString());
        return new Version(
                name,
                version.path("served").asBoolean(false),
                schema,
                ApplyShapes.root(schemaName(name), schema),
                form,
                subresources.has("status"),
                Scale.of(subresources.path("scale")),
                new PrinterColumns(version.path("additionalPrinterColumns")),
                List.copyOf(selectable),
                warning(version),
                RuleChecker.ofResource(schema));
    }

    private JsonNode conversion() {
        return definition.path("spec").path("conversion");
    }

    private static String digest(String... texts) {
        return Sha256.hex(String.join("\0", texts) + "\0", 8);
    }

    /// The name of the kind's type in OpenAPI documents: the group backwards, the version, the kind.
    String schemaName(String version) {
        var name = new StringBuilder();
        for (String part : List.of(group().split("\\.")).reversed()) {
            name.append(part).append('.');
        }
        return name.append(version).append('.').append(kind()).toString();
    }

    private @Nullable String warning(JsonNode version) {
        if (!version.path("deprecated").asBoolean(false)) {
            return null;
        }
        String given = version.path("deprecationWarning").asText("");
        if (!given.isEmpty()) {
            return given;
        }
        String old = group() + "/" + version.path("name").asText() + " " + kind() + " is deprecated";
        return replacement(version.path("name").asText())
                .map(better -> old + "; use " + group() + "/" + better + " " + kind())
                .orElse(old);
    }

    /// The version to use instead of a deprecated one.
    private Optional<String> replacement(String deprecated) {
        List<String> better = new ArrayList<>();
        for (JsonNode version : definition.path("spec").path("versions")) {
            String name = version.path("name").asText();
            if (version.path("served").asBoolean(false)
                    && !version.path("deprecated").asBoolean(false)
                    && ApiVersions.PREFERRED_FIRST.compare(name, deprecated) < 0) {
                better.add(name);
            }
        }
        return better.stream().min(ApiVersions.PREFERRED_FIRST);
    }

    String name() {
        return Meta.name(definition);
    }

    String group() {
        return definition.path("spec").path("group").asText();
    }

    String kind() {
        return definition.path("spec").path("names").path("kind").asText();
    }

    JsonNode names() {
        return definition.path("spec").path("names");
    }

    /// The names other definitions have not taken.
    JsonNode acceptedNames() {
        return definition.path("status").path("acceptedNames");
    }

    boolean namespaced() {
        return definition.path("spec").path("scope").asText().equals("Namespaced");
    }

    /// Whether the definition is being deleted, so that no new objects may come.
    boolean isTerminating() {
        return terminating;
    }

    Map<String, Version> versions() {
        return versions;
    }

    Version storage() {
        return storage;
    }

    Optional<Version> version(String name) {
        return Optional.ofNullable(versions.get(name));
    }

    Converter converter() {
        return converter;
    }

    /// All fields that selectors of any version may use.
    List<String> indexed() {
        return versions.values().stream()
                .flatMap(version -> version.selectable().stream())
                .distinct()
                .sorted()
                .toList();
    }
}
