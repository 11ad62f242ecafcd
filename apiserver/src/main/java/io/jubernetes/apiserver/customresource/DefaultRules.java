package io.jubernetes.apiserver.customresource;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.resource.ApiException.Cause;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.apiserver.schema.DecodeException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What must hold for the defaults in a schema: they fit it, and nothing of them would be pruned.
final class DefaultRules {
    private DefaultRules() {}

    static List<Cause> validate(Structural schema, String path) {
        List<Cause> causes = new ArrayList<>();
        walk(schema, path, causes);
        return causes;
    }

    private static void walk(@Nullable Structural schema, String path, List<Cause> causes) {
        if (schema == null) {
            return;
        }
        JsonNode fallback = schema.fallback();
        if (fallback != null) {
            check(schema, fallback, path + ".default", causes);
        }
        for (Map.Entry<String, Structural> entry : schema.properties().entrySet()) {
            walk(entry.getValue(), path + ".properties[" + entry.getKey() + "]", causes);
        }
        walk(schema.items(), path + ".items", causes);
        walk(schema.additional(), path + ".additionalProperties", causes);
    }

    private static void check(Structural schema, JsonNode fallback, String path, List<Cause> causes) {
        JsonNode pruned = fallback.deepCopy();
        new Pruning().prune(pruned, schema, schema.isEmbedded(), "");
        if (!Meta.same(pruned, fallback)) {
            causes.add(Cause.invalid(path, fallback, "must not have unknown fields"));
        }
        ObjectNode holder = io.jubernetes.common.codec.Json.object();
        holder.set("value", fallback.deepCopy());
        try {
            ObjectMetaCodec.decodeEmbedded(holder.get("value"), schema, "", new ArrayList<>());
        } catch (DecodeException e) {
            causes.add(Cause.invalid(path, fallback, "must result in valid metadata: " + e.getMessage()));
            return;
        }
        List<Cause> embedded = EmbeddedRules.validate(schema, fallback, path);
        if (!embedded.isEmpty()) {
            causes.addAll(embedded);
            return;
        }
        List<Cause> wrong = SchemaValidation.validate(schema, fallback, "");
        if (!wrong.isEmpty()) {
            wrong.forEach(cause -> causes.add(below(path, cause)));
            return;
        }
        ListTypes.validate(schema, fallback, "").forEach(cause -> causes.add(below(path, cause)));
        RuleChecker.of(schema).validate(fallback, fallback).forEach(cause -> causes.add(below(path, cause)));
    }

    private static Cause below(String path, Cause cause) {
        if (cause.field().isEmpty() || cause.field().equals(SchemaValidation.NO_FIELD)) {
            return new Cause(cause.reason(), cause.message(), path);
        }
        return new Cause(
                cause.reason(),
                cause.message(),
                cause.field().startsWith("[") ? path + cause.field() : path + "." + cause.field());
    }
}
