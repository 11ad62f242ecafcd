package io.jubernetes.apiserver.admission.match;

import com.fasterxml.jackson.databind.JsonNode;
import io.jubernetes.apiserver.admission.AdmissionRequest;
import io.jubernetes.apiserver.resource.ApiResource;
import java.util.ArrayList;
import java.util.List;

/// One rule of a webhook or policy: operations on resources. Immutable.
///
/// @param resources such as `pods`, `pods/status`, `*`, `*/*`
/// @param scope `Cluster`, `Namespaced` or `*`
/// @param names of single objects; empty for all
record ResourceRule(
        List<String> operations,
        List<String> groups,
        List<String> versions,
        List<String> resources,
        String scope,
        List<String> names) {
    static List<ResourceRule> all(JsonNode rules) {
        List<ResourceRule> all = new ArrayList<>();
        for (JsonNode rule : rules) {
            all.add(new ResourceRule(
                    texts(rule.path("operations")),
                    texts(rule.path("apiGroups")),
                    texts(rule.path("apiVersions")),
                    texts(rule.path("resources")),
                    rule.path("scope").asText("*"),
                    texts(rule.path("resourceNames"))));
        }
        return List.copyOf(all);
    }

    private static List<String> texts(JsonNode list) {
        List<String> texts = new ArrayList<>();
        list.forEach(item -> texts.add(item.asText()));
        return List.copyOf(texts);
    }

    /// Whether it covers a request, were it made to that resource.
    boolean covers(AdmissionRequest request, ApiResource resource) {
        return inScope(request)
                && has(operations, request.operation().name())
                && has(groups, resource.group())
                && has(versions, resource.version())
                && hasResource(resource.plural(), request.subresource())
                && (names.isEmpty() || names.contains(Requests.name(request)));
    }

    private boolean inScope(AdmissionRequest request) {
        // A namespace is not in a namespace, though requests for it name one.
        boolean cluster =
                request.isFor("", "namespaces") || Requests.namespace(request).isEmpty();
        return switch (scope) {
            case "Namespaced" -> !cluster;
            case "Cluster" -> cluster;
            default -> true;
        };
    }

    private static boolean has(List<String> wanted, String item) {
        return wanted.contains("*") || wanted.contains(item);
    }

    private boolean hasResource(String plural, String subresource) {
        for (String text : resources) {
            int slash = text.indexOf('/');
            String resource = slash < 0 ? text : text.substring(0, slash);
            String part = slash < 0 ? "" : text.substring(slash + 1);
            if ((resource.equals("*") || resource.equals(plural)) && (part.equals("*") || part.equals(subresource))) {
                return true;
            }
        }
        return false;
    }
}
