package io.jubernetes.controllermanager.policystatus;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.jubernetes.common.cel.CelShape;
import io.jubernetes.common.codec.Json;
import io.jubernetes.common.controller.RawApi;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.StreamSupport;

/// Types as an API server publishes them: kinds by discovery, their schemas by OpenAPI v3. Each document is read once;
/// for one check, so that the next sees what has changed. Not thread-safe.
final class PublishedTypes implements KnownTypes {
    private final RawApi api;
    private final Map<String, JsonNode> read = new HashMap<>();

    PublishedTypes(RawApi api) {
        this.api = api;
    }

    @Override
    public List<Kind> kindsOf(String group, String version, String resource) {
        return StreamSupport.stream(
                        document("/" + path(group, version)).path("resources").spliterator(), false)
                .filter(each -> each.path("name").asText("").equals(resource))
                .map(each -> new Kind(group, version, each.path("kind").asText("")))
                .toList();
    }

    @Override
    public Optional<CelShape> shapeOf(Kind kind) {
        JsonNode schemas = document("/openapi/v3/" + path(kind.group(), kind.version()))
                .path("components")
                .path("schemas");
        return schemas.properties().stream()
                .filter(entry -> isOf(entry.getValue(), kind))
                .findFirst()
                .flatMap(entry -> new SchemaShapes(schemas, kind.kind()).root(entry.getValue()));
    }

    private static boolean isOf(JsonNode schema, Kind kind) {
        for (JsonNode each : schema.path("x-kubernetes-group-version-kind")) {
            if (each.path("group").asText("").equals(kind.group())
                    && each.path("version").asText("").equals(kind.version())
                    && each.path("kind").asText("").equals(kind.kind())) {
                return true;
            }
        }
        return false;
    }

    private static String path(String group, String version) {
        return group.isEmpty() ? "api/" + version : "apis/" + group + "/" + version;
    }

    /// A document; an empty one when the server has none.
    private JsonNode document(String path) {
        return read.computeIfAbsent(path, absent -> {
            try {
                return api.get(absent);
            } catch (KubernetesClientException e) {
                if (e.getCode() == 404) {
                    return Json.object();
                }
                throw e;
            }
        });
    }
}
