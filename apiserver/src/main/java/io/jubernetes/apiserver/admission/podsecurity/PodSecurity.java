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
    private static final String ANNOTATION = "pod-security.kubernetes.io/";
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
    private final PodSecurityConfiguration configuration;

    /// @param configuration a `PodSecurityConfiguration`; missing for none
    /// @throws IllegalArgumentException when the configuration is wrong; the message is for the operator
    public PodSecurity(ObjectStorage storage, ApiResource namespaces, ApiResource pods, JsonNode configuration) {
        this.configuration = PodSecurityConfiguration.of(configuration);
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
            if (!isExempt(request, object.path("spec"))) {
                checkPod(request, object);
            }
        } else if (request.isMain() && WORKLOADS.contains(resource)) {
            JsonNode template = template(object);
            if (template.path("spec").isObject() && !isExempt(request, template.path("spec"))) {
                note(request, levelsOf(request.namespace()), template);
            }
        }
    }

    /// Whether the configuration exempts a pod, which the audit log then says.
    private boolean isExempt(AdmissionRequest request, JsonNode spec) {
        String why;
        if (configuration.namespaces().contains(request.namespace())) {
            why = "namespace";
        } else if (configuration.usernames().contains(request.context().user().name())) {
            why = "user";
        } else if (configuration
                .runtimeClasses()
                .contains(spec.path("runtimeClassName").asText(""))) {
            why = "runtimeClass";
        } else {
            return false;
        }
        request.context().annotate(ANNOTATION + "exempt", why);
        return true;
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
                .map(found -> configuration.levels(Meta.labels(found.object())))
                .orElseGet(() -> configuration.levels(Map.of()));
    }

    private void checkPod(AdmissionRequest request, ObjectNode pod) {
        ObjectNode old = request.old();
        if (old != null && request.isMain() && !changesSecurity(pod, old)) {
            return;
        }
        Levels levels = levelsOf(request.namespace());
        request.context()
                .annotate(ANNOTATION + "enforce-policy", levels.enforce().toString());
        List<Violation> violations = Standard.violations(levels.enforce(), pod);
        if (!violations.isEmpty()) {
            throw ApiException.forbidden(
                    "",
                    "pods",
                    request.name(),
                    "violates PodSecurity " + Json.text(levels.enforce().toString()) + ": "
                            + Violation.describe(violations));
        }
        note(request, levels, pod);
    }

    /// Notes for the audit log and tells the user what stricter levels than the enforced one would say.
    private static void note(AdmissionRequest request, Levels levels, JsonNode pod) {
        List<Violation> audited = Standard.violations(levels.audit(), pod);
        if (!audited.isEmpty()) {
            request.context().annotate(ANNOTATION + "audit-violations", wouldViolate(levels.audit(), audited));
        }
        List<Violation> warned = Standard.violations(levels.warn(), pod);
        if (!warned.isEmpty()) {
            request.context().warn(wouldViolate(levels.warn(), warned));
        }
    }

    private static String wouldViolate(Level level, List<Violation> violations) {
        return "would violate PodSecurity " + Json.text(level.toString()) + ": " + Violation.describe(violations);
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
        Level enforce = configuration.levels(labels).enforce();
        if (old == null
                || enforce.equals(configuration.levels(before).enforce())
                || configuration.namespaces().contains(request.name())) {
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
