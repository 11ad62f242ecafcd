package io.jubernetes.apiserver.customresource;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.registry.Columns;
import io.jubernetes.apiserver.resource.ApiException.Cause;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.apiserver.resource.Strategy;
import io.jubernetes.apiserver.resource.Table;
import io.jubernetes.apiserver.schema.ApiTime;
import io.jubernetes.apiserver.schema.DecodeException;
import io.jubernetes.apiserver.schema.Schema;
import io.jubernetes.common.codec.Json;
import java.time.Instant;
import java.util.List;
import java.util.Locale;

/// CustomResourceDefinitions.
public final class CrdStrategy implements Strategy {
    /// Held by a definition until all objects of its kind are gone.
    static final String CLEANUP = "customresourcecleanup.apiextensions.k8s.io";

    private static final Table TABLE = Columns.named()
            .text(
                    "Created At",
                    object -> object.path("metadata").path("creationTimestamp").asText(""));

    @Override
    public boolean hasStatus() {
        return true;
    }

    @Override
    public boolean hasGeneration() {
        return true;
    }

    @Override
    public void applyDefaults(ObjectNode definition) {
        ObjectNode spec = Meta.child(definition, "spec");
        ObjectNode names = Meta.child(spec, "names");
        String kind = names.path("kind").asText("");
        if (!kind.isEmpty()) {
            Meta.defaultTo(names, "singular", kind.toLowerCase(Locale.ROOT));
            Meta.defaultTo(names, "listKind", kind + "List");
        }
        if (!spec.has("conversion")) {
            spec.putObject("conversion").put("strategy", "None");
        }
        JsonNode client = spec.path("conversion").path("webhook").path("clientConfig");
        if (client.path("service") instanceof ObjectNode service) {
            Meta.defaultTo(service, "port", 443);
        }
        for (JsonNode version : spec.path("versions")) {
            for (JsonNode column : version.path("additionalPrinterColumns")) {
                if (column.path("priority").asInt(0) == 0 && column instanceof ObjectNode node) {
                    node.remove("priority");
                }
            }
        }
        ObjectNode status = Meta.child(definition, "status");
        if (status.path("storedVersions").isEmpty()) {
            ArrayNode stored = Json.MAPPER.createArrayNode();
            for (JsonNode version : spec.path("versions")) {
                if (version.path("storage").asBoolean(false)) {
                    stored.add(version.path("name").asText());
                }
            }
            if (stored.isEmpty()) {
                status.putNull("storedVersions");
            } else {
                status.set("storedVersions", stored);
            }
        }
        if (!status.has("conditions")) {
            status.putNull("conditions");
        }
    }

    @Override
    public Decoded decode(Schema schema, ObjectNode tree) throws DecodeException {
        Decoded decoded = Strategy.super.decode(schema, tree);
        if (tree.path("spec").path("versions").isArray() && decoded.object().get("spec") instanceof ObjectNode spec) {
            if (spec.path("versions").isEmpty()) {
                spec.putArray("versions");
            }
        }
        return decoded;
    }

    @Override
    public void prepareForCreate(ObjectNode definition) {
        ObjectNode status = definition.putObject("status");
        status.putNull("conditions");
        status.putObject("acceptedNames").put("plural", "").put("kind", "");
        JsonNode versions = definition.path("spec").path("versions");
        ArrayNode stored = Json.MAPPER.createArrayNode();
        for (JsonNode version : versions) {
            if (version.path("storage").asBoolean(false) && stored.isEmpty()) {
                stored.add(version.path("name").asText());
            }
        }
        if (stored.isEmpty()) {
            status.putNull("storedVersions");
        } else {
            status.set("storedVersions", stored);
        }
    }

    @Override
    public void prepareForUpdate(ObjectNode definition, ObjectNode old) {
        Strategy.restore(definition, old, "status");
        ObjectNode status = Meta.child(definition, "status");
        for (JsonNode version : definition.path("spec").path("versions")) {
            if (version.path("storage").asBoolean(false)) {
                remember(status, version.path("name").asText());
                return;
            }
        }
    }

    /// Objects may be stored in any version that has ever been the storage version.
    private static void remember(ObjectNode status, String version) {
        ArrayNode stored =
                status.get("storedVersions") instanceof ArrayNode list ? list : status.putArray("storedVersions");
        for (JsonNode known : stored) {
            if (known.asText().equals(version)) {
                return;
            }
        }
        stored.add(version);
    }

    @Override
    public List<Cause> validate(ObjectNode definition) {
        return CrdRules.validate(definition);
    }

    @Override
    public List<Cause> validateChange(ObjectNode definition, ObjectNode old, String subresource) {
        return CrdRules.validateChange(definition, old);
    }

    @Override
    public boolean markForDeletion(ObjectNode definition, Instant now) {
        Meta.of(definition).set("deletionTimestamp", Json.MAPPER.valueToTree(ApiTime.seconds(now)));
        List<String> finalizers = Meta.finalizers(definition);
        if (!finalizers.contains(CLEANUP)) {
            finalizers.add(CLEANUP);
            Meta.setFinalizers(definition, finalizers);
        }
        Naming.setCondition(
                definition,
                "Terminating",
                "True",
                "InstanceDeletionPending",
                "CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon",
                now);
        return true;
    }

    @Override
    public Table table() {
        return TABLE;
    }
}
