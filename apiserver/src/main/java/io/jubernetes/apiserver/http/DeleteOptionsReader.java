package io.jubernetes.apiserver.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.resource.ApiException;
import io.jubernetes.apiserver.resource.ApiException.Cause;
import io.jubernetes.apiserver.resource.DeleteOptions;
import io.jubernetes.apiserver.resource.DeleteOptions.Propagation;
import io.jubernetes.apiserver.schema.BuiltinTypes;
import io.jubernetes.apiserver.schema.DecodeException;
import io.jubernetes.apiserver.schema.TypedDecoder;
import io.jubernetes.common.codec.Json;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Reads the options of a deletion from its body or, when there is none, from its query.
final class DeleteOptionsReader {
    private DeleteOptionsReader() {}

    static DeleteOptions read(Call call) {
        ObjectNode options = call.body().length > 0 ? body(call) : query(call.query());
        List<Cause> causes = new ArrayList<>();
        List<String> dryRun = new ArrayList<>();
        options.path("dryRun").forEach(value -> dryRun.add(value.asText()));
        JsonNode orphan = options.get("orphanDependents");
        String policy = options.path("propagationPolicy").asText("");
        if (orphan != null && !policy.isEmpty()) {
            causes.add(Cause.invalid(
                    "propagationPolicy", policy, "orphanDependents and deletionPropagation cannot be both set"));
        } else if (!policy.isEmpty()
                && !List.of("Foreground", "Background", "Orphan").contains(policy)) {
            causes.add(Cause.notSupported(
                    "propagationPolicy", policy, List.of("Foreground", "Background", "Orphan", "nil")));
        }
        Query.checkDryRun(dryRun, causes);
        if (!causes.isEmpty()) {
            throw ApiException.invalid("meta.k8s.io", "DeleteOptions", "", causes);
        }
        JsonNode grace = options.get("gracePeriodSeconds");
        JsonNode preconditions = options.path("preconditions");
        return new DeleteOptions(
                grace == null || grace.isNull() ? null : Math.max(grace.asLong() < 0 ? 1 : 0, grace.asLong()),
                text(preconditions, "uid"),
                text(preconditions, "resourceVersion"),
                propagation(orphan, policy),
                !dryRun.isEmpty());
    }

    private static @Nullable String text(JsonNode node, String field) {
        return node.hasNonNull(field) ? node.get(field).asText() : null;
    }

    private static @Nullable Propagation propagation(@Nullable JsonNode orphan, String policy) {
        if (orphan != null) {
            return orphan.asBoolean() ? Propagation.ORPHAN : Propagation.BACKGROUND;
        }
        return switch (policy) {
            case "Foreground" -> Propagation.FOREGROUND;
            case "Background" -> Propagation.BACKGROUND;
            case "Orphan" -> Propagation.ORPHAN;
            default -> null;
        };
    }

    private static ObjectNode body(Call call) {
        ObjectNode tree = BodyReader.object(
                        call.body(), call.contentType(), BuiltinTypes.get().require("meta.v1.DeleteOptions"))
                .object();
        String kind = tree.path("kind").asText("DeleteOptions");
        if (!kind.equals("DeleteOptions")) {
            throw ApiException.badRequest("decoded object cannot be converted to DeleteOptions");
        }
        try {
            return new TypedDecoder().decode(BuiltinTypes.get().require("meta.v1.DeleteOptions"), tree);
        } catch (DecodeException e) {
            throw ApiException.badRequest(String.valueOf(e.getMessage()));
        }
    }

    private static ObjectNode query(Query query) {
        ObjectNode options = Json.object();
        Long grace = query.number("gracePeriodSeconds");
        if (grace != null) {
            options.put("gracePeriodSeconds", grace);
        }
        if (!query.text("propagationPolicy").isEmpty()) {
            options.put("propagationPolicy", query.text("propagationPolicy"));
        }
        if (query.has("orphanDependents")) {
            options.put("orphanDependents", query.flag("orphanDependents"));
        }
        var dryRun = options.putArray("dryRun");
        query.all("dryRun").forEach(dryRun::add);
        return options;
    }
}
