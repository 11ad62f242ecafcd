package io.jubernetes.apiserver.openapi;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.aggregation.ApiServices;
import io.jubernetes.apiserver.aggregation.OpenApiMerge;
import io.jubernetes.apiserver.aggregation.RemoteDocuments;
import io.jubernetes.apiserver.openapi.Definitions.Dialect;
import io.jubernetes.apiserver.resource.ApiResource;
import io.jubernetes.apiserver.resource.ResourceCatalog;
import io.jubernetes.common.codec.Json;
import io.jubernetes.common.component.ComponentVersion;
import java.util.List;

/// The OpenAPI v2 document of everything that is served, in JSON and in the protobuf form older clients ask
/// for. Made at first use and kept until the resources change. Thread-safe.
public final class OpenApiV2 {
    private final ResourceCatalog catalog;
    private final ApiServices services;
    private final RemoteDocuments remote;

    /// @param protobuf the same document in its protobuf form
    public record Forms(Document json, Document protobuf) {}

    private record Made(List<ApiResource> from, String stamp, Forms forms) {}

    private volatile Made made = new Made(List.of(), "", new Forms(Document.of(new byte[0]), Document.of(new byte[0])));

    /// @param remote what other servers tell of the versions they answer for
    public OpenApiV2(ResourceCatalog catalog, ApiServices services, RemoteDocuments remote) {
        this.catalog = catalog;
        this.services = services;
        this.remote = remote;
    }

    /// The document.
    public synchronized Forms forms() {
        List<ApiResource> resources = List.copyOf(catalog.all());
        List<ApiServices.Entry> others = services.remote();
        String stamp = remote.stamp(others);
        if (!made.from().equals(resources) || !made.stamp().equals(stamp)) {
            ObjectNode document = make(resources);
            for (ApiServices.Entry entry : others) {
                remote.openApiV2(entry).ifPresent(other -> OpenApiMerge.add(document, other, entry.path()));
            }
            made = new Made(
                    resources,
                    stamp,
                    new Forms(Document.of(Json.bytes(document)), Document.of(new SwaggerProtobuf().encode(document))));
        }
        return made.forms();
    }

    private static ObjectNode make(List<ApiResource> resources) {
        ObjectNode document = Json.object();
        document.put("swagger", "2.0");
        document.putObject("info").put("title", "Kubernetes").put("version", ComponentVersion.GIT_VERSION);
        ObjectNode paths = document.putObject("paths");
        OpenApiV3.GENERAL.forEach((path, id) -> {
            boolean open = path.startsWith("api") || path.equals("version");
            ObjectNode get = paths.putObject("/" + path + (open ? "/" : "")).putObject("get");
            get.put("operationId", id);
            get.putArray("produces").add("application/json");
            get.putObject("responses").putObject("200").put("description", "OK");
        });
        resources.forEach(resource -> new Operations(Dialect.V2, paths, resource).add());
        ObjectNode definitions = document.putObject("definitions");
        Definitions.of(Dialect.V2, resources).forEach(definitions::set);
        OpenApiV3.token(document.putObject("securityDefinitions"));
        document.putArray("security").addObject().putArray("BearerToken");
        return document;
    }
}
