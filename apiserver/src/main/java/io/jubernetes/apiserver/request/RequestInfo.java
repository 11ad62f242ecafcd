package io.jubernetes.apiserver.request;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// What a request's method and path ask for.
///
/// @param resourceRequest whether the path names a resource; else only `path` and `verb` mean something
/// @param verb `get`, `list`, `watch`, `create`, `update`, `patch`, `delete`, `deletecollection`; the
///     lower-case method for a
///     non-resource path
/// @param namespace empty for a cluster-scoped resource or for all namespaces
/// @param tail what follows the subresource, for proxies; empty or starting with `/`
public record RequestInfo(
        boolean resourceRequest,
        String verb,
        String path,
        String group,
        String version,
        String namespace,
        String resource,
        String name,
        String subresource,
        String tail) {
    private static final Set<String> NAMESPACE_SUBRESOURCES = Set.of("status", "finalize");
    private static final Set<String> LONG_RUNNING = Set.of("attach", "exec", "proxy", "log", "portforward");

    /// Reads method, path and query.
    ///
    /// @param path decoded, starting with `/`
    public static RequestInfo of(String method, String path, Map<String, List<String>> query) {
        String verb = method.toLowerCase(java.util.Locale.ROOT);
        List<String> parts = new ArrayList<>();
        for (String part : path.split("/")) {
            if (!part.isEmpty()) {
                parts.add(part);
            }
        }
        boolean core = !parts.isEmpty() && parts.getFirst().equals("api");
        boolean grouped = !parts.isEmpty() && parts.getFirst().equals("apis");
        int at = core ? 2 : 3;
        if (!(core || grouped) || parts.size() <= at) {
            return nonResource(verb, path);
        }
        String group = core ? "" : parts.get(1);
        String version = parts.get(at - 1);
        List<String> rest = parts.subList(at, parts.size());
        boolean legacyWatch = rest.getFirst().equals("watch");
        boolean legacyProxy = rest.getFirst().equals("proxy");
        if (legacyWatch || legacyProxy) {
            rest = rest.subList(1, rest.size());
            if (rest.isEmpty()) {
                return nonResource(verb, path);
            }
        }
        String namespace = "";
        if (rest.getFirst().equals("namespaces") && rest.size() > 1) {
            namespace = rest.get(1);
            if (rest.size() > 2 && !NAMESPACE_SUBRESOURCES.contains(rest.get(2))) {
                rest = rest.subList(2, rest.size());
            }
        }
        String resource = rest.getFirst();
        String name = rest.size() > 1 ? rest.get(1) : "";
        String subresource = rest.size() > 2 ? rest.get(2) : "";
        if (resource.equals("namespaces") && core) {
            namespace = "";
        }
        String tail = "";
        if (rest.size() > 3) {
            tail = "/" + String.join("/", rest.subList(3, rest.size()));
            if (path.endsWith("/")) {
                tail += "/";
            }
        } else if (rest.size() == 3 && path.endsWith("/")) {
            tail = "/";
        }
        return new RequestInfo(
                true,
                resourceVerb(method, name, legacyWatch, query),
                path,
                group,
                version,
                namespace,
                resource,
                name,
                subresource,
                tail);
    }

    /// Whether the request stays open for as long as the client likes, as watches, shells, logs and
    /// proxies do.
    public boolean isLongRunning() {
        return resourceRequest && (verb.equals("watch") || LONG_RUNNING.contains(subresource));
    }

    private static RequestInfo nonResource(String verb, String path) {
        return new RequestInfo(false, verb, path, "", "", "", "", "", "", "");
    }

    private static String resourceVerb(
            String method, String name, boolean legacyWatch, Map<String, List<String>> query) {
        return switch (method) {
            case "POST" -> "create";
            case "PUT" -> "update";
            case "PATCH" -> "patch";
            case "DELETE" -> name.isEmpty() ? "deletecollection" : "delete";
            case "GET", "HEAD" -> {
                if (legacyWatch) {
                    yield "watch";
                }
                yield !name.isEmpty() ? "get" : isTrue(query, "watch") ? "watch" : "list";
            }
            default -> "";
        };
    }

    private static boolean isTrue(Map<String, List<String>> query, String parameter) {
        List<String> values = query.get(parameter);
        if (values == null || values.isEmpty()) {
            return false;
        }
        String value = values.getFirst();
        return value == null
                || value.isEmpty()
                || !Set.of("0", "false", "False", "FALSE", "f", "F").contains(value);
    }

    /// Whether the path is one of the deprecated ones that name the watch.
    public boolean isWatchPath() {
        String[] parts = path.split("/");
        int at = parts.length > 1 && parts[1].equals("api") ? 3 : 4;
        return parts.length > at && parts[at].equals("watch");
    }

    /// `v1` or `apps/v1`.
    public String apiVersion() {
        return group.isEmpty() ? version : group + "/" + version;
    }
}
