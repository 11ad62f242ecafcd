package io.jubernetes.apiserver.customresource;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.customresource.CustomKind.Version;
import io.jubernetes.apiserver.resource.ApiException;
import io.jubernetes.apiserver.resource.ApiException.Cause;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.apiserver.resource.Strategy;
import io.jubernetes.apiserver.resource.Table;
import io.jubernetes.apiserver.schema.DecodeException;
import io.jubernetes.apiserver.schema.Schema;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// One version of a custom kind.
public final class CustomStrategy implements Strategy {
    private static final Set<String> BLOCKING = Set.of(
            "FieldValueNotSupported",
            "FieldValueRequired",
            "FieldValueTooLong",
            "FieldValueTooMany",
            "FieldValueTypeInvalid");

    private final CustomKind kind;
    private final Version version;

    CustomStrategy(CustomKind kind, Version version) {
        this.kind = kind;
        this.version = version;
    }

    /// Whether the kind's definition is being deleted.
    public boolean isTerminating() {
        return kind.isTerminating();
    }

    @Override
    public String deprecation() {
        String warning = version.warning();
        return warning == null ? "" : warning;
    }

    /// The schema as the definition has it.
    public JsonNode openApiSchema() {
        return version.schema().source();
    }

    /// Where the scale of an object finds its numbers; empty when the kind has no scale.
    public Optional<CustomScale> scale() {
        return Optional.ofNullable(version.scale()).map(CustomScale::new);
    }

    private String apiVersion() {
        return kind.group() + "/" + version.name();
    }

    @Override
    public boolean isCustom() {
        return true;
    }

    @Override
    public Decoded decode(Schema schema, ObjectNode tree) throws DecodeException {
        ObjectNode object = tree.deepCopy();
        TreeSet<String> unknown = new TreeSet<>();
        List<String> metadata = new ArrayList<>();
        ObjectMetaCodec.decode(object, metadata);
        Structural own = schemaFor(object);
        if (own != null) {
            Defaults.dropNulls(object, own);
            Defaults.apply(object, own);
        }
        var pruning = new Pruning();
        pruning.prune(object, own);
        ObjectMetaCodec.decodeEmbedded(object, own, "", metadata);
        unknown.addAll(metadata);
        unknown.addAll(pruning.unknown());
        Pruning.canonical(object);
        return new Decoded(object, List.copyOf(unknown));
    }

    /// The schema of the version a body names, which may be another than the path's, or none at all.
    private @Nullable Structural schemaFor(ObjectNode object) {
        String given = object.path("apiVersion").asText("");
        if (given.isEmpty() || given.equals(apiVersion())) {
            return version.schema();
        }
        String prefix = kind.group() + "/";
        return given.startsWith(prefix)
                ? kind.version(given.substring(prefix.length()))
                        .map(Version::schema)
                        .orElse(null)
                : null;
    }

    @Override
    public Optional<Schema> schemaOf(String apiVersion) {
        String prefix = kind.group() + "/";
        return apiVersion.startsWith(prefix)
                ? kind.version(apiVersion.substring(prefix.length())).map(Version::shape)
                : Optional.empty();
    }

    @Override
    public String shownForm() {
        return version.form();
    }

    @Override
    public ObjectNode afterLoad(ObjectNode stored) {
        return afterLoad(List.of(stored)).getFirst();
    }

    @Override
    public List<ObjectNode> afterLoad(List<ObjectNode> stored) {
        stored.forEach(this::clean);
        return convert(stored, version);
    }

    /// What an object in the store looks like today: its schema may have changed since it was written.
    private void clean(ObjectNode object) {
        String prefix = kind.group() + "/";
        String from = object.path("apiVersion").asText("");
        Structural schema = from.startsWith(prefix)
                ? kind.version(from.substring(prefix.length()))
                        .map(Version::schema)
                        .orElse(null)
                : null;
        Defaults.dropNulls(object, schema);
        Defaults.apply(object, schema);
        new Pruning().prune(object, schema);
    }

    @Override
    public ObjectNode beforeStore(ObjectNode object) {
        return convert(List.of(object.deepCopy()), kind.storage()).getFirst();
    }

    private List<ObjectNode> convert(List<ObjectNode> objects, Version target) {
        String wanted = kind.group() + "/" + target.name();
        if (objects.stream()
                .allMatch(object -> object.path("apiVersion").asText("").equals(wanted))) {
            return objects;
        }
        List<ObjectNode> converted = kind.converter().convert(objects, wanted);
        for (ObjectNode object : converted) {
            Defaults.dropNulls(object, target.schema());
            new Pruning().prune(object, target.schema());
        }
        return converted;
    }

    @Override
    public ObjectNode fromStorage(ObjectNode object, String apiVersion) {
        String prefix = kind.group() + "/";
        Version target =
                apiVersion.startsWith(prefix) ? kind.versions().get(apiVersion.substring(prefix.length())) : null;
        return target == null ? object : convert(List.of(object), target).getFirst();
    }

    @Override
    public ObjectNode unpruned(ObjectNode object, String apiVersion) {
        return object.path("apiVersion").asText("").equals(apiVersion)
                ? object
                : kind.converter().convert(List.of(object), apiVersion).getFirst();
    }

    @Override
    public ObjectNode scaleOf(ObjectNode object) {
        return scale().map(scale -> scale.scaleOf(object)).orElseGet(() -> Strategy.super.scaleOf(object));
    }

    @Override
    public void setReplicas(ObjectNode object, long replicas) {
        scale().ifPresentOrElse(
                        scale -> scale.set(object, replicas), () -> Strategy.super.setReplicas(object, replicas));
    }

    @Override
    public boolean hasStatus() {
        return version.hasStatus();
    }

    @Override
    public boolean hasGeneration() {
        return true;
    }

    @Override
    public boolean desiredStateChanged(ObjectNode object, ObjectNode old) {
        return !Meta.same(desired(object), desired(old));
    }

    private ObjectNode desired(ObjectNode object) {
        ObjectNode copy = object.deepCopy();
        copy.remove("metadata");
        if (hasStatus()) {
            copy.remove("status");
        }
        return copy;
    }

    @Override
    public void restoreStatusMetadata(ObjectNode object, ObjectNode old) {
        ObjectNode meta = Meta.of(old).deepCopy();
        for (String field : List.of("managedFields", "resourceVersion")) {
            Strategy.restore(meta, Meta.of(object), field);
        }
        object.set("metadata", meta);
    }

    @Override
    public boolean allowsUnconditionalUpdate() {
        return false;
    }

    @Override
    public void prepareForCreate(ObjectNode object) {
        if (isTerminating()) {
            throw ApiException.forbidden(
                    kind.group(),
                    kind.names().path("plural").asText(),
                    Meta.name(object),
                    "create not allowed while custom resource definition is terminating");
        }
        Strategy.super.prepareForCreate(object);
    }

    @Override
    public List<Cause> validate(ObjectNode object) {
        return check(object, null);
    }

    @Override
    public List<Cause> validateChange(ObjectNode object, ObjectNode old, String subresource) {
        return check(object, old);
    }

    @Override
    public List<Cause> validateStatusUpdate(ObjectNode object, ObjectNode old) {
        return check(object, old);
    }

    private List<Cause> check(ObjectNode object, @Nullable ObjectNode old) {
        Structural schema = version.schema();
        List<Cause> causes = new ArrayList<>(
                old == null
                        ? SchemaValidation.validate(schema, object, "")
                        : SchemaValidation.validateUpdate(schema, object, old, ""));
        scale().ifPresent(scale -> causes.addAll(scale.validate(object)));
        causes.addAll(EmbeddedRules.validate(schema, object, ""));
        if (old == null || ListTypes.validate(schema, old, "").isEmpty()) {
            causes.addAll(ListTypes.validate(schema, object, ""));
        }
        if (!version.rules().isEmpty()) {
            if (causes.stream().anyMatch(cause -> BLOCKING.contains(cause.reason()))) {
                causes.add(Cause.invalid(
                        SchemaValidation.NO_FIELD,
                        io.jubernetes.common.codec.Json.MAPPER.nullNode(),
                        "some validation rules were not checked because the object was invalid; "
                                + "correct the existing errors to complete validation"));
            } else {
                causes.addAll(version.rules().validate(object, old));
            }
        }
        return causes;
    }

    @Override
    public Map<String, String> selectableFields(JsonNode object) {
        return fields(object, version.selectable());
    }

    @Override
    public Map<String, String> indexedFields(JsonNode object) {
        return fields(object, kind.indexed());
    }

    private static Map<String, String> fields(JsonNode object, List<String> paths) {
        Map<String, String> fields = new LinkedHashMap<>();
        for (String path : paths) {
            JsonNode value = object;
            String name = path.substring(1);
            for (String step : name.split("\\.")) {
                value = value.path(step);
            }
            fields.put(name, value.isValueNode() && !value.isNull() ? value.asText() : "");
        }
        return fields;
    }

    @Override
    public Table table() {
        return version.columns();
    }
}
