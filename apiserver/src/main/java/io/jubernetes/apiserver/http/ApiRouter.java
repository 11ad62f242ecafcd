package io.jubernetes.apiserver.http;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.authn.ServiceAccountTokens;
import io.jubernetes.apiserver.discovery.Discovery;
import io.jubernetes.apiserver.flowcontrol.FlowControl;
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
import org.springframework.web.server.ServerWebExchange;
import reactor.core.publisher.Mono;

/// Finds who answers a path: resources, discovery, OpenAPI, keys, health and metrics.
final class ApiRouter implements ApiHandler.Router {
    private static final String NOT_FOUND = "404 page not found\n";
    private static final String FLOW_CONTROL_PAGES = "/debug/api_priority_and_fairness/";
    private static final List<String> GENERAL_PATHS = List.of(
            "/.well-known/openid-configuration",
            "/api",
            "/apis",
            "/apis/",
            "/healthz",
            "/healthz/log",
            "/healthz/ping",
            "/livez",
            "/livez/log",
            "/livez/ping",
            "/metrics",
            "/openapi/v2",
            "/openapi/v3",
            "/openapi/v3/",
            "/openid/v1/jwks",
            "/readyz",
            "/readyz/log",
            "/readyz/ping",
            "/readyz/shutdown",
            "/version");

    private final ResourceCatalog catalog;
    private final ResourceHandler resources;
    private final SubresourceHandlers subresources;
    private final Discovery discovery;
    private final OpenApiHandler openApi;
    private final ServiceAccountTokens tokens;
    private final ManagementHandler management;
    private final AggregationProxy aggregation;
    private final FlowControl flowControl;

    ApiRouter(
            ResourceCatalog catalog,
            ResourceHandler resources,
            SubresourceHandlers subresources,
            Discovery discovery,
            OpenApiHandler openApi,
            ServiceAccountTokens tokens,
            ManagementHandler management,
            AggregationProxy aggregation,
            FlowControl flowControl) {
        this.catalog = catalog;
        this.resources = resources;
        this.subresources = subresources;
        this.discovery = discovery;
        this.openApi = openApi;
        this.tokens = tokens;
        this.management = management;
        this.aggregation = aggregation;
        this.flowControl = flowControl;
    }

    @Override
    public Optional<Mono<Void>> open(ServerWebExchange exchange, String path) {
        return ApiHandler.isOpen(path) ? Optional.of(management.health(exchange, path)) : Optional.empty();
    }

    @Override
    public Reply route(Call call) {
        RequestInfo info = call.context().info();
        String path = call.request().getURI().getPath();
        return aggregation
                .route(call, path)
                .or(() -> aggregation.openApi(call, path))
                .orElseGet(() -> info.resourceRequest() ? resource(call, info) : general(call, info.path()));
    }

    private Reply resource(Call call, RequestInfo info) {
        Optional<ApiResource> found = catalog.find(info.group(), info.version(), info.resource());
        if (found.isEmpty()) {
            // Paths of groups that nobody serves lead nowhere; in a known group only the resource is missing. Groups of
            // custom resources count as not known: their paths come and go one by one.
            boolean known = info.group().isEmpty() || catalog.isBuiltinGroup(info.group());
            if (known) {
                throw ApiException.noSuchPath();
            }
            return Reply.text(404, NOT_FOUND);
        }
        ApiResource resource = found.get();
        if (!resource.namespaced() && !info.namespace().isEmpty()) {
            throw ApiException.noSuchPath();
        }
        if (call.request().getMethod().name().equals("HEAD")) {
            throw ApiException.noSuchMethod();
        }
        String deprecation = resource.strategy().deprecation();
        if (!deprecation.isEmpty()) {
            call.context().warn(deprecation);
        }
        if (hasHandler(info, resource)) {
            Deprecations.warning(resource).ifPresent(call.context()::warn);
        }
        if (!info.subresource().isEmpty()) {
            return subresources.handle(call, resource);
        }
        checkMethod(info, resource);
        if (!resource.isCustom()) {
            checkTypes(call, info);
        }
        return subresources.special(call, resource).orElseGet(() -> resources.handle(call, resource));
    }

    /// Whether there is a handler that can warn, if only to refuse: a watch asked of a collection goes to that of
    /// lists.
    private static boolean hasHandler(RequestInfo info, ApiResource resource) {
        boolean watchOfCollection = info.verb().equals("watch") && !info.isWatchPath();
        return !info.subresource().isEmpty() || resource.verbs().contains(watchOfCollection ? "list" : info.verb());
    }

    /// Whether the path has the method: names are created in collections only, and so on.
    private static void checkMethod(RequestInfo info, ApiResource resource) {
        boolean everywhere = resource.namespaced() && info.namespace().isEmpty();
        boolean collection = info.name().isEmpty();
        if (everywhere && !collection || info.isWatchPath() && !resource.verbs().contains("watch")) {
            throw ApiException.noSuchPath();
        }
        boolean fits = switch (info.verb()) {
            case "list", "deletecollection" -> collection;
            case "watch" -> true;
            case "create" -> collection && !everywhere;
            case "get", "update", "patch", "delete" -> !collection;
            default -> false;
        };
        if (info.verb().equals("watch")
                && !resource.verbs().contains("watch")
                && resource.verbs().contains("list")) {
            throw ApiException.methodNotAllowed(resource, "watch");
        }
        if (!fits
                || everywhere && info.verb().equals("deletecollection")
                || info.isWatchPath() && !info.verb().equals("watch")
                || !resource.verbs().contains(info.verb())) {
            throw ApiException.noSuchMethod();
        }
    }

    private static void checkTypes(Call call, RequestInfo info) {
        if (info.verb().equals("patch") && !PatchHandler.TYPES.contains(PatchHandler.type(call))) {
            throw ApiException.of(415, "UnsupportedMediaType", "415: Unsupported Media Type", Json.object());
        }
        boolean streams = info.verb().equals("list") || info.verb().equals("watch");
        MediaFormat.checkRoute(call.header("Accept"), streams);
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
            case "/openapi/v2" -> openApi.v2(call);
            case "/openapi/v3" -> openApi.index(call);
            case "/openid/v1/jwks" -> keys(call);
            case "/.well-known/openid-configuration" ->
                new Reply.Bytes(200, Reply.JSON, Json.bytes(openId()), Map.of("Cache-Control", "public, max-age=3600"));
            default -> versioned(call, path);
        };
    }

    private boolean isKnown(String path) {
        return GENERAL_PATHS.contains(path) || path.startsWith("/api");
    }

    private Reply versioned(Call call, String path) {
        if (path.startsWith("/openapi/v3/")) {
            return openApi.document(call, path.substring("/openapi/v3/".length()));
        }
        if (path.startsWith(FLOW_CONTROL_PAGES)) {
            String page = path.substring(FLOW_CONTROL_PAGES.length());
            boolean details = call.query().flag("includeRequestDetails");
            return flowControl
                    .dump(page, details)
                    .map(text -> Reply.text(200, text))
                    .orElseGet(() -> Reply.text(404, NOT_FOUND));
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
        if (document.isPresent()) {
            return encoded(call, document.get());
        }
        boolean known = parts[0].equals("api")
                || parts.length > 2 && parts[0].equals("apis") && catalog.isBuiltinGroup(parts[1]);
        if (known) {
            throw ApiException.noSuchPath();
        }
        return Reply.text(404, NOT_FOUND);
    }

    private static Reply encoded(Call call, ObjectNode document) {
        MediaFormat.checkRoute(call.header("Accept"), false);
        return ObjectFormat.document(200, document, call.format());
    }

    private Reply keys(Call call) {
        String accept = call.header("Accept");
        String type = "application/jwk-set+json";
        if (accept != null && !accept.isBlank() && !accept.contains(type) && !accept.contains("*/*")) {
            throw MediaFormat.noRepresentation(List.of(type));
        }
        return new Reply.Bytes(
                200,
                type,
                tokens.jwks().getBytes(java.nio.charset.StandardCharsets.UTF_8),
                Map.of("Cache-Control", "public, max-age=3600"));
    }

    private Reply aggregatedOr(Call call, boolean core, ObjectNode plain) {
        String accept = call.header("Accept");
        MediaFormat.checkRoute(accept, false);
        if (!MediaFormat.wantsAggregated(accept)) {
            Reply reply = encoded(call, plain);
            return reply instanceof Reply.Bytes bytes
                    ? new Reply.Bytes(bytes.status(), bytes.contentType(), bytes.body(), Map.of("Vary", "Accept"))
                    : reply;
        }
        ObjectNode document = discovery.aggregated(core, "v2");
        String etag = Discovery.etag(document);
        String contentType = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";
        Map<String, String> headers = Map.of("ETag", etag, "Vary", "Accept");
        return etag.equals(call.header("If-None-Match"))
                ? new Reply.Bytes(304, contentType, new byte[0], headers)
                : new Reply.Bytes(200, contentType, Json.bytes(document), headers);
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
        var algorithms = new TreeSet<String>();
        Json.parse(tokens.jwks())
                .path("keys")
                .forEach(key -> algorithms.add(key.path("alg").asText()));
        var supported = document.putArray("id_token_signing_alg_values_supported");
        algorithms.forEach(supported::add);
        return document;
    }
}
