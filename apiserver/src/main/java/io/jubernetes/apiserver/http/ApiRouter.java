package io.jubernetes.apiserver.http;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.authn.ServiceAccountTokens;
import io.jubernetes.apiserver.discovery.Discovery;
import io.jubernetes.apiserver.openapi.OpenApiV3;
import io.jubernetes.apiserver.request.RequestInfo;
import io.jubernetes.apiserver.resource.ApiException;
import io.jubernetes.apiserver.resource.ApiResource;
import io.jubernetes.apiserver.resource.ResourceCatalog;
import io.jubernetes.common.codec.Json;
import io.jubernetes.common.component.ComponentVersion;
import io.jubernetes.common.health.ManagementHandler;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import org.springframework.http.MediaType;
import org.springframework.web.server.ServerWebExchange;
import reactor.core.publisher.Mono;

/// Finds who answers a path: resources, discovery, OpenAPI, keys, health and metrics.
final class ApiRouter implements ApiHandler.Router {
    private static final List<String> GENERAL_PATHS = List.of(
            "/.well-known/openid-configuration",
            "/api",
            "/apis",
            "/healthz",
            "/livez",
            "/metrics",
            "/openapi/v2",
            "/openapi/v3",
            "/openid/v1/jwks",
            "/readyz",
            "/version");

    private final ResourceCatalog catalog;
    private final ResourceHandler resources;
    private final SubresourceHandlers subresources;
    private final Discovery discovery;
    private final OpenApiV3 openApi;
    private final ServiceAccountTokens tokens;
    private final ManagementHandler management;

    ApiRouter(
            ResourceCatalog catalog,
            ResourceHandler resources,
            SubresourceHandlers subresources,
            Discovery discovery,
            OpenApiV3 openApi,
            ServiceAccountTokens tokens,
            ManagementHandler management) {
        this.catalog = catalog;
        this.resources = resources;
        this.subresources = subresources;
        this.discovery = discovery;
        this.openApi = openApi;
        this.tokens = tokens;
        this.management = management;
    }

    @Override
    public Optional<Mono<Void>> open(ServerWebExchange exchange, String path) {
        return ApiHandler.isOpen(path) ? Optional.of(management.health(exchange, path)) : Optional.empty();
    }

    @Override
    public Reply route(Call call) {
        RequestInfo info = call.context().info();
        return info.resourceRequest() ? resource(call, info) : general(call, info.path());
    }

    private Reply resource(Call call, RequestInfo info) {
        ApiResource resource =
                catalog.find(info.group(), info.version(), info.resource()).orElseThrow(ApiException::noSuchPath);
        if (!info.subresource().isEmpty()) {
            return subresources.handle(call, resource);
        }
        boolean everywhere = resource.namespaced() && info.namespace().isEmpty();
        if (everywhere && !List.of("list", "watch").contains(info.verb())) {
            throw info.name().isEmpty() && resource.verbs().contains(info.verb())
                    ? ApiException.noSuchMethod()
                    : ApiException.noSuchPath();
        }
        return subresources.special(call, resource).orElseGet(() -> resources.handle(call, resource));
    }

    private Reply general(Call call, String rawPath) {
        String path =
                rawPath.length() > 1 && rawPath.endsWith("/") ? rawPath.substring(0, rawPath.length() - 1) : rawPath;
        String method = call.request().getMethod().name();
        if (path.equals("/metrics") && method.equals("GET")) {
            return new Reply.Takeover(management::scrape);
        }
        if (!method.equals("GET") && !method.equals("HEAD")) {
            throw isKnown(path) ? ApiException.noSuchMethod() : ApiException.noSuchPath();
        }
        return switch (path) {
            case "", "/" -> Reply.json(200, paths());
            case "/version" -> Reply.json(200, version());
            case "/api" -> aggregatedOr(call, true, discovery.coreVersions());
            case "/apis" -> aggregatedOr(call, false, discovery.groupList());
            case "/openapi/v3" -> Reply.json(200, openApi.index());
            case "/openid/v1/jwks" ->
                new Reply.Bytes(
                        200,
                        "application/jwk-set+json",
                        tokens.jwks().getBytes(java.nio.charset.StandardCharsets.UTF_8),
                        Map.of("Cache-Control", "public, max-age=3600"));
            case "/.well-known/openid-configuration" -> Reply.json(200, openId());
            default -> versioned(call, path);
        };
    }

    private boolean isKnown(String path) {
        return GENERAL_PATHS.contains(path) || path.startsWith("/api");
    }

    private Reply versioned(Call call, String path) {
        if (path.startsWith("/openapi/v3/")) {
            String apiVersion = path.substring("/openapi/v3/".length()).replaceFirst("^apis?/", "");
            OpenApiV3.Document document = openApi.document(apiVersion).orElseThrow(ApiException::noSuchPath);
            String etag = "\"" + document.hash() + "\"";
            if (etag.equals(call.header("If-None-Match"))) {
                return new Reply.Bytes(304, Reply.JSON, new byte[0], Map.of("Etag", etag));
            }
            return new Reply.Bytes(200, Reply.JSON, document.json(), Map.of("Etag", etag));
        }
        String[] parts = path.substring(1).split("/");
        Optional<ObjectNode> document = switch (parts.length) {
            case 2 ->
                parts[0].equals("api")
                        ? discovery.resources(parts[1])
                        : parts[0].equals("apis") ? discovery.group(parts[1]) : Optional.empty();
            case 3 -> parts[0].equals("apis") ? discovery.resources(parts[1] + "/" + parts[2]) : Optional.empty();
            default -> Optional.empty();
        };
        return document.map(found -> encoded(call, found)).orElseGet(() -> Reply.text(404, "404 page not found\n"));
    }

    private static Reply encoded(Call call, ObjectNode document) {
        MediaFormat format = call.format(false);
        return format.encoding() == MediaFormat.Encoding.YAML
                ? new Reply.Bytes(
                        200,
                        "application/yaml",
                        io.jubernetes.common.codec.Yaml.text(document)
                                .getBytes(java.nio.charset.StandardCharsets.UTF_8),
                        Map.of())
                : Reply.json(200, document);
    }

    private Reply aggregatedOr(Call call, boolean core, ObjectNode plain) {
        for (MediaType type : call.request().getHeaders().getAccept()) {
            String version = type.getParameter("v");
            if ("apidiscovery.k8s.io".equals(type.getParameter("g"))
                    && "APIGroupDiscoveryList".equals(type.getParameter("as"))
                    && version != null
                    && List.of("v2", "v2beta1").contains(version)) {
                ObjectNode document = discovery.aggregated(core, version);
                String etag = Discovery.etag(document);
                String contentType =
                        "application/json;g=apidiscovery.k8s.io;v=" + version + ";as=APIGroupDiscoveryList";
                Map<String, String> headers = Map.of("ETag", etag, "Vary", "Accept");
                return etag.equals(call.header("If-None-Match"))
                        ? new Reply.Bytes(304, contentType, new byte[0], headers)
                        : new Reply.Bytes(200, contentType, Json.bytes(document), headers);
            }
            if (type.isCompatibleWith(MediaType.APPLICATION_JSON) && type.getParameter("as") == null) {
                break;
            }
        }
        return encoded(call, plain);
    }

    private ObjectNode paths() {
        var all = new TreeSet<>(GENERAL_PATHS);
        for (String apiVersion : catalog.groupVersions()) {
            if (apiVersion.contains("/")) {
                all.add("/apis/" + ResourceCatalog.groupOf(apiVersion));
                all.add("/apis/" + apiVersion);
            } else {
                all.add("/api/" + apiVersion);
            }
        }
        ObjectNode document = Json.object();
        var list = document.putArray("paths");
        all.forEach(list::add);
        return document;
    }

    private static ObjectNode version() {
        ObjectNode version = Json.object();
        version.put("major", ComponentVersion.MAJOR)
                .put("minor", ComponentVersion.MINOR)
                .put("emulationMajor", ComponentVersion.MAJOR)
                .put("emulationMinor", ComponentVersion.MINOR)
                .put("minCompatibilityMajor", ComponentVersion.MAJOR)
                .put("minCompatibilityMinor", "35")
                .put("gitVersion", ComponentVersion.GIT_VERSION)
                .put("gitCommit", "")
                .put("gitTreeState", "clean")
                .put("buildDate", "2026-11-01T00:00:00Z")
                .put("goVersion", "java" + Runtime.version().feature())
                .put("compiler", "javac")
                .put("platform", "linux/" + (System.getProperty("os.arch").equals("aarch64") ? "arm64" : "amd64"));
        return version;
    }

    private ObjectNode openId() {
        ObjectNode document = Json.object();
        document.put("issuer", tokens.issuer());
        document.put("jwks_uri", tokens.issuer() + "/openid/v1/jwks");
        document.putArray("response_types_supported").add("id_token");
        document.putArray("subject_types_supported").add("public");
        document.putArray("id_token_signing_alg_values_supported").add("ES256").add("RS256");
        return document;
    }
}
