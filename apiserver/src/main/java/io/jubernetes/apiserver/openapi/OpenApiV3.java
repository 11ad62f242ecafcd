package io.jubernetes.apiserver.openapi;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.aggregation.ApiServices;
import io.jubernetes.apiserver.aggregation.RemoteDocuments;
import io.jubernetes.apiserver.openapi.Definitions.Dialect;
import io.jubernetes.apiserver.resource.ApiResource;
import io.jubernetes.apiserver.resource.ResourceCatalog;
import io.jubernetes.common.codec.Json;
import io.jubernetes.common.component.ComponentVersion;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;

/// The OpenAPI v3 documents: one an API version, and small ones for what else is served. Documents are made at
/// first use and kept until the version's resources change. Thread-safe.
public final class OpenApiV3 {
    /// Paths that are no resources, with the names of their operations.
    static final Map<String, String> GENERAL = general();

    private final ResourceCatalog catalog;
    private final ApiServices services;
    private final RemoteDocuments remote;

    private record Made(List<ApiResource> from, Document document) {}

    private final Map<String, Made> made = new ConcurrentHashMap<>();

    /// @param remote what other servers tell of the versions they answer for
    public OpenApiV3(ResourceCatalog catalog, ApiServices services, RemoteDocuments remote) {
        this.catalog = catalog;
        this.services = services;
        this.remote = remote;
    }

    private static Map<String, String> general() {
        Map<String, String> paths = new LinkedHashMap<>();
        paths.put(".well-known/openid-configuration", "getServiceAccountIssuerOpenIDConfiguration");
        paths.put("api", "getCoreAPIVersions");
        paths.put("apis", "getAPIVersions");
        paths.put("openid/v1/jwks", "getServiceAccountIssuerOpenIDKeyset");
        paths.put("version", "getCodeVersion");
        return paths;
    }

    /// `/openapi/v3`: where each document is.
    public ObjectNode index() {
        Map<String, String> all = new TreeMap<>();
        List<String> names = new ArrayList<>(GENERAL.keySet());
        for (String apiVersion : catalog.groupVersions()) {
            int slash = apiVersion.indexOf('/');
            if (slash > 0 && !names.contains("apis/" + apiVersion.substring(0, slash))) {
                names.add("apis/" + apiVersion.substring(0, slash));
            }
            names.add((slash > 0 ? "apis/" : "api/") + apiVersion);
        }
        for (String name : names) {
            document(name).ifPresent(document -> all.put(name, "/openapi/v3/" + name + "?hash=" + document.hash()));
        }
        for (ApiServices.Entry entry : services.remote()) {
            remote.openApiV3(entry).ifPresent(address -> all.put(entry.path().substring(1), address));
        }
        ObjectNode index = Json.object();
        ObjectNode paths = index.putObject("paths");
        all.forEach((name, url) -> paths.putObject(name).put("serverRelativeURL", url));
        return index;
    }

    /// The document of a path below `/openapi/v3`, such as `apis/apps/v1`.
    public Optional<Document> document(String path) {
        String[] parts = path.split("/", -1);
        boolean versioned = parts[0].equals("api") && parts.length == 2 || parts[0].equals("apis") && parts.length == 3;
        boolean group = parts[0].equals("apis") && parts.length == 2 && catalog.servesGroup(parts[1]);
        if (!versioned) {
            String id = group ? "get" + Operations.title(parts[1]) + "APIGroup" : GENERAL.get(path);
            return Optional.ofNullable(id).map(name -> Document.of(Json.bytes(single(path, name))));
        }
        List<ApiResource> resources = catalog.of(path.substring(parts[0].length() + 1));
        if (resources.isEmpty()) {
            return Optional.empty();
        }
        Made known = made.get(path);
        if (known == null || !known.from().equals(resources)) {
            known = new Made(resources, Document.of(Json.bytes(make(path, resources))));
            made.put(path, known);
        }
        return Optional.of(known.document());
    }

    private static ObjectNode frame() {
        ObjectNode document = Json.object();
        document.put("openapi", "3.0.0");
        document.putObject("info").put("title", "Kubernetes").put("version", ComponentVersion.GIT_VERSION);
        document.putObject("paths");
        return document;
    }

    private static ObjectNode single(String path, String id) {
        ObjectNode document = frame();
        ObjectNode get = ((ObjectNode) document.get("paths"))
                .putObject("/" + path + (path.startsWith("api") ? "/" : ""))
                .putObject("get");
        get.put("operationId", id);
        get.putObject("responses").putObject("200").put("description", "OK");
        return document;
    }

    private static ObjectNode make(String path, List<ApiResource> resources) {
        ObjectNode document = frame();
        ObjectNode paths = (ObjectNode) document.get("paths");
        ObjectNode list = paths.putObject("/" + path + "/").putObject("get");
        list.put(
                "operationId",
                "get" + Operations.title(path.substring(path.indexOf('/') + 1).replace('/', '.')) + "APIResources");
        list.putObject("responses").putObject("200").put("description", "OK");
        resources.forEach(resource -> new Operations(Dialect.V3, paths, resource).add());
        ObjectNode components = document.putObject("components");
        ObjectNode schemas = components.putObject("schemas");
        Definitions.of(Dialect.V3, resources).forEach(schemas::set);
        token(components.putObject("securitySchemes"));
        return document;
    }

    /// How clients prove who they are.
    static void token(ObjectNode schemes) {
        schemes.putObject("BearerToken")
                .put("type", "apiKey")
                .put("description", "Bearer token")
                .put("name", "authorization")
                .put("in", "header");
    }
}
