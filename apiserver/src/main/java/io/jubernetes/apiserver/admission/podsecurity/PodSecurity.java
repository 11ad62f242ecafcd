package io.jubernetes.apiserver.admission.podsecurity;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.admission.AdmissionPlugin;
import io.jubernetes.apiserver.admission.AdmissionRequest;
import io.jubernetes.apiserver.admission.AdmissionRequest.Operation;
import io.jubernetes.apiserver.resource.ApiException;
import io.jubernetes.apiserver.resource.ApiException.Cause;
import io.jubernetes.apiserver.resource.ApiResource;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.apiserver.resource.ObjectStorage;
import io.jubernetes.apiserver.watchcache.CachedObject;
import io.jubernetes.common.codec.Json;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Holds pods to the security standard their namespace names by label: refuses what `enforce` forbids, warns about
/// what `warn` and workloads' `enforce` would forbid, and tells who tightens a namespace which pods break the new rule.
public final class PodSecurity implements AdmissionPlugin {
    private static final int MAX_PODS = 3000;
    private static final Set<String> WORKLOADS = Set.of(
            "/podtemplates",
            "/replicationcontrollers",
            "apps/replicasets",
            "apps/deployments",
            "apps/statefulsets",
            "apps/daemonsets",
            "batch/jobs",
            "batch/cronjobs");

    private final ObjectStorage storage;
    private final ApiResource namespaces;
    private final ApiResource pods;

    public PodSecurity(ObjectStorage storage, ApiResource namespaces, ApiResource pods) {
        this.storage = storage;
        this.namespaces = namespaces;
        this.pods = pods;
    }

    @Override
    public String name() {
        return "PodSecurity";
    }

    @Override
    public void validate(AdmissionRequest request) {
        ObjectNode object = request.object();
        if (object == null || request.operation() != Operation.CREATE && request.operation() != Operation.UPDATE) {
            return;
        }
        String resource = request.resource().group() + "/" + request.resource().plural();
        if (resource.equals("/namespaces") && request.isMain()) {
            checkNamespace(request, object);
        } else if (resource.equals("/pods")
                && (request.isMain() || Set.of("ephemeralcontainers", "resize").contains(request.subresource()))) {
            checkPod(request, object);
        } else if (request.isMain() && WORKLOADS.contains(resource)) {
            JsonNode template = template(object);
            if (template.path("spec").isObject()) {
                Levels levels = levelsOf(request.namespace());
                warn(request, levels, Standard.violations(levels.warn(), template));
            }
        }
    }

    private static JsonNode template(ObjectNode object) {
        JsonNode spec = object.path("spec");
        if (object.has("template")) {
            return object.path("template");
        }
        return spec.has("jobTemplate") ? spec.path("jobTemplate").path("spec").path("template") : spec.path("template");
    }

    private Levels levelsOf(String namespace) {
        return storage.cached(namespaces, "", namespace)
                .map(found -> Levels.of(Meta.labels(found.object())))
                .orElse(Levels.NONE);
    }

    private void checkPod(AdmissionRequest request, ObjectNode pod) {
        ObjectNode old = request.old();
        if (old != null && request.isMain() && !changesSecurity(pod, old)) {
            return;
        }
        Levels levels = levelsOf(request.namespace());
        List<Violation> violations = Standard.violations(levels.enforce(), pod);
        if (!violations.isEmpty()) {
            throw ApiException.forbidden(
                    "",
                    "pods",
                    request.name(),
                    "violates PodSecurity " + Json.text(levels.enforce().toString()) + ": "
                            + Violation.describe(violations));
        }
        warn(request, levels, Standard.violations(levels.warn(), pod));
    }

    /// Of a running pod only images and a few annotations can change anything.
    private static boolean changesSecurity(ObjectNode pod, ObjectNode old) {
        for (String list : List.of("containers", "initContainers")) {
            JsonNode now = pod.path("spec").path(list);
            JsonNode before = old.path("spec").path(list);
            if (now.size() != before.size()) {
                return true;
            }
            for (int i = 0; i < now.size(); i++) {
                if (!now.path(i).path("image").equals(before.path(i).path("image"))) {
                    return true;
                }
            }
        }
        return false;
    }

    private static void warn(AdmissionRequest request, Levels levels, List<Violation> violations) {
        if (!violations.isEmpty()) {
            request.context()
                    .warn("would violate PodSecurity " + Json.text(levels.warn().toString()) + ": "
                            + Violation.describe(violations));
        }
    }

    private void checkNamespace(AdmissionRequest request, ObjectNode namespace) {
        ObjectNode old = request.old();
        Map<String, String> labels = Meta.labels(namespace);
        Map<String, String> before = old == null ? Map.of() : Meta.labels(old);
        List<Cause> causes = Levels.problems(labels);
        if (!causes.isEmpty()) {
            // What was wrong before may stay so that the namespace can be changed otherwise.
            if (old != null && Levels.problems(before).equals(causes)) {
                return;
            }
            throw ApiException.invalid("", "Namespace", request.name(), causes);
        }
        Level enforce = Levels.of(labels).enforce();
        if (old == null || enforce.equals(Levels.of(before).enforce())) {
            return;
        }
        reportExisting(request, enforce);
    }

    private void reportExisting(AdmissionRequest request, Level enforce) {
        Map<String, List<String>> podsByProblem = new LinkedHashMap<>();
        Iterator<CachedObject> all = storage.cache(pods).snapshot().range(pods.keyPrefix(request.name()), null);
        for (int i = 0; all.hasNext() && i < MAX_PODS; i++) {
            ObjectNode pod = read(all.next());
            List<Violation> found = pod == null ? List.of() : Standard.violations(enforce, pod);
            if (pod != null && !found.isEmpty()) {
                podsByProblem
                        .computeIfAbsent(Violation.names(found), _ -> new ArrayList<>())
                        .add(Meta.name(pod));
            }
        }
        if (podsByProblem.isEmpty()) {
            return;
        }
        request.context()
                .warn("existing pods in namespace " + Json.text(request.name())
                        + " violate the new PodSecurity enforce level " + Json.text(enforce.toString()));
        List<String> lines = new ArrayList<>();
        podsByProblem.forEach((problem, names) -> {
            int others = names.size() - 1;
            String also = others == 0 ? "" : " (and " + others + " other pod" + (others == 1 ? ")" : "s)");
            lines.add(names.getFirst() + also + ": " + problem);
        });
        lines.stream().sorted().forEach(request.context()::warn);
    }

    private static @Nullable ObjectNode read(CachedObject object) {
        try {
            return Json.read(object.storedJson()) instanceof ObjectNode pod ? Objects.requireNonNull(pod) : null;
        } catch (IOException e) {
            return null;
        }
    }
}
