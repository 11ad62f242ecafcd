package io.jubernetes.apiserver.validation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.resource.ApiException.Cause;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.apiserver.resource.Strategy.Names;
import io.jubernetes.common.meta.NameRules;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// What must hold for the metadata of every object.
public final class MetadataRules {
    private static final int MAX_ANNOTATION_BYTES = 256 << 10;
    private static final Set<String> STANDARD_FINALIZERS = Set.of("orphan", "foregroundDeletion", "kubernetes");
    /// Owner references to events would keep objects alive by chance.
    private static final Set<String> FORBIDDEN_OWNERS = Set.of("v1/Event");

    private MetadataRules() {}

    /// Everything wrong with an object's metadata.
    public static List<Cause> validate(JsonNode object, Names names, boolean namespaced) {
        List<Cause> causes = new ArrayList<>();
        JsonNode meta = object.path("metadata");
        String generateName = meta.path("generateName").asText("");
        if (!generateName.isEmpty()) {
            // A generated name gets a suffix, so a trailing dash is fine.
            String checked = generateName.endsWith("-") ? generateName + "a" : generateName;
            for (String problem : problems(names, checked)) {
                causes.add(Cause.invalid("metadata.generateName", generateName, problem));
            }
        }
        String name = meta.path("name").asText("");
        if (name.isEmpty()) {
            causes.add(Cause.required("metadata.name", "name or generateName is required"));
        } else {
            for (String problem : problems(names, name)) {
                causes.add(Cause.invalid("metadata.name", name, problem));
            }
        }
        String namespace = meta.path("namespace").asText("");
        if (namespaced) {
            if (namespace.isEmpty()) {
                causes.add(Cause.required("metadata.namespace", ""));
            } else {
                for (String problem : NameRules.label(namespace)) {
                    causes.add(Cause.invalid("metadata.namespace", namespace, problem));
                }
            }
        } else if (!namespace.isEmpty()) {
            causes.add(Cause.forbidden("metadata.namespace", "not allowed on this type"));
        }
        if (meta.path("generation").asLong(0) < 0) {
            causes.add(Cause.invalid(
                    "metadata.generation", meta.path("generation").asLong(), "must be greater than or equal to 0"));
        }
        causes.addAll(labels(Meta.labels(object), "metadata.labels"));
        causes.addAll(annotations(Meta.annotations(object), "metadata.annotations"));
        causes.addAll(owners(meta.path("ownerReferences")));
        causes.addAll(finalizers(Meta.finalizers(object), "metadata.finalizers"));
        return causes;
    }

    private static List<String> problems(Names names, String name) {
        return switch (names) {
            case SUBDOMAIN -> NameRules.subdomain(name);
            case LABEL -> NameRules.label(name);
            case LABEL_1035 -> NameRules.label1035(name);
            case PATH_SEGMENT -> NameRules.pathSegment(name);
            case IP_ADDRESS -> IpRules.name(name);
        };
    }

    public static List<Cause> labels(Map<String, String> labels, String field) {
        List<Cause> causes = new ArrayList<>();
        labels.forEach((key, value) -> {
            for (String problem : NameRules.qualifiedName(key)) {
                causes.add(Cause.invalid(field, key, problem));
            }
            for (String problem : NameRules.labelValue(value)) {
                causes.add(Cause.invalid(field, value, problem));
            }
        });
        return causes;
    }

    public static List<Cause> annotations(Map<String, String> annotations, String field) {
        List<Cause> causes = new ArrayList<>();
        long size = 0;
        for (var entry : annotations.entrySet()) {
            for (String problem : NameRules.qualifiedName(entry.getKey().toLowerCase(java.util.Locale.ROOT))) {
                causes.add(Cause.invalid(field, entry.getKey(), problem));
            }
            size += entry.getKey().length() + entry.getValue().length();
        }
        if (size > MAX_ANNOTATION_BYTES) {
            causes.add(Cause.tooLong(field, MAX_ANNOTATION_BYTES));
        }
        return causes;
    }

    private static List<Cause> owners(JsonNode owners) {
        List<Cause> causes = new ArrayList<>();
        String path = "metadata.ownerReferences";
        List<JsonNode> controllers = new ArrayList<>();
        for (JsonNode owner : owners) {
            String apiVersion = owner.path("apiVersion").asText("");
            String kind = owner.path("kind").asText("");
            if (apiVersion.isEmpty() || apiVersion.split("/", -1).length > 2) {
                causes.add(Cause.invalid(path + ".apiVersion", apiVersion, "version must not be empty"));
            }
            for (String field : List.of("kind", "name", "uid")) {
                if (owner.path(field).asText("").isEmpty()) {
                    causes.add(Cause.invalid(path + "." + field, "", "must not be empty"));
                }
            }
            if (FORBIDDEN_OWNERS.contains(apiVersion + "/" + kind)) {
                causes.add(Cause.invalid(path, shown(owner), "/v1, Kind=Event is disallowed from being an owner"));
            }
            if (owner.path("controller").asBoolean(false)) {
                controllers.add(owner);
            }
        }
        for (int i = 1; i < controllers.size(); i++) {
            causes.add(Cause.invalid(
                    path,
                    shown(owners),
                    "Only one reference can have Controller set to true. Found \"true\" in references for "
                            + kindAndName(controllers.getFirst()) + " and " + kindAndName(controllers.get(i))));
        }
        return causes;
    }

    private static String kindAndName(JsonNode owner) {
        return owner.path("kind").asText() + "/" + owner.path("name").asText();
    }

    /// Owner references in the field order of the API's messages.
    private static JsonNode shown(JsonNode owners) {
        if (owners.isArray()) {
            var list = io.jubernetes.common.codec.Json.MAPPER.createArrayNode();
            owners.forEach(owner -> list.add(shown(owner)));
            return list;
        }
        ObjectNode result = io.jubernetes.common.codec.Json.object();
        for (String field : List.of("apiVersion", "kind", "name", "uid", "controller", "blockOwnerDeletion")) {
            if (owners.has(field)) {
                result.set(field, owners.get(field));
            }
        }
        return result;
    }

    /// Everything wrong with a list of finalizers.
    public static List<Cause> finalizers(List<String> finalizers, String field) {
        List<Cause> causes = new ArrayList<>();
        for (int i = 0; i < finalizers.size(); i++) {
            String finalizer = finalizers.get(i);
            List<String> problems = NameRules.qualifiedName(finalizer);
            for (String problem : problems) {
                causes.add(Cause.invalid(field, finalizer, problem));
            }
            if (!finalizer.contains("/") && !STANDARD_FINALIZERS.contains(finalizer)) {
                causes.add(Cause.invalid(
                        field + "[" + i + "]",
                        finalizer,
                        "name is neither a standard finalizer name nor is it fully qualified"));
            }
        }
        if (finalizers.contains("orphan") && finalizers.contains("foregroundDeletion")) {
            causes.add(Cause.invalid(
                    field,
                    io.jubernetes.common.codec.Json.MAPPER.valueToTree(finalizers),
                    "finalizer orphan and foregroundDeletion cannot be both set"));
        }
        return causes;
    }

    /// Everything wrong with a change of metadata. The names and namespaces have been compared before.
    public static List<Cause> validateUpdate(JsonNode object, JsonNode old) {
        List<Cause> causes = new ArrayList<>();
        JsonNode meta = object.path("metadata");
        JsonNode before = old.path("metadata");
        if (before.hasNonNull("deletionTimestamp")) {
            List<String> fresh = new ArrayList<>(Meta.finalizers(object));
            fresh.removeAll(Meta.finalizers(old));
            if (!fresh.isEmpty()) {
                causes.add(Cause.forbidden(
                        "metadata.finalizers",
                        "no new finalizers can be added if the object is being deleted, found new finalizers "
                                + goList(fresh)));
            }
        }
        for (String field : List.of(
                "name", "namespace", "uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds")) {
            if (!Meta.same(meta.path(field), before.path(field))) {
                JsonNode value = meta.path(field);
                causes.add(Cause.invalid(
                        "metadata." + field,
                        value.isTextual() ? value.asText() : value.isMissingNode() ? "" : value,
                        "field is immutable"));
            }
        }
        return causes;
    }

    private static String goList(List<String> values) {
        StringBuilder text = new StringBuilder("[]string{");
        for (int i = 0; i < values.size(); i++) {
            text.append(i == 0 ? "" : ", ").append('"').append(values.get(i)).append('"');
        }
        return text.append('}').toString();
    }
}
