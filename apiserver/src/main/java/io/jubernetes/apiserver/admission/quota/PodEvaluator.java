package io.jubernetes.apiserver.admission.quota;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.admission.AdmissionRequest;
import io.jubernetes.apiserver.admission.AdmissionRequest.Operation;
import io.jubernetes.apiserver.admission.plugins.PodAmounts;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.common.meta.Quantity;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/// What pods ask for and are held to.
final class PodEvaluator implements Evaluator {
    private static final Set<String> LIMITS = Set.of(
            "count/pods",
            "pods",
            "cpu",
            "memory",
            "ephemeral-storage",
            "requests.cpu",
            "requests.memory",
            "requests.ephemeral-storage",
            "limits.cpu",
            "limits.memory",
            "limits.ephemeral-storage");
    /// Each container has to state these when they are limited.
    private static final Set<String> STATED =
            Set.of("cpu", "memory", "requests.cpu", "requests.memory", "limits.cpu", "limits.memory");
    private static final Set<String> PLAIN = Set.of("cpu", "memory", "ephemeral-storage");
    private static final String HUGE_PAGES = "hugepages-";
    private static final String REQUESTS = "requests.";

    private final Clock clock;

    PodEvaluator(Clock clock) {
        this.clock = clock;
    }

    @Override
    public boolean handles(AdmissionRequest request) {
        return request.subresource().equals("resize")
                ? request.operation() == Operation.UPDATE
                : request.isMain() && request.operation() == Operation.CREATE;
    }

    @Override
    public boolean measures(String limit) {
        return LIMITS.contains(limit)
                || limit.startsWith(HUGE_PAGES)
                || limit.startsWith(REQUESTS + HUGE_PAGES)
                || limit.startsWith(REQUESTS) && isExtended(limit.substring(REQUESTS.length()));
    }

    /// Whether a device plugin or an administrator has made a resource up.
    private static boolean isExtended(String resource) {
        return resource.contains("/") && !resource.split("/", 2)[0].endsWith("kubernetes.io");
    }

    @Override
    public boolean isIn(JsonNode requirement, ObjectNode pod) {
        JsonNode spec = pod.path("spec");
        boolean ends = spec.path("activeDeadlineSeconds").asLong(-1) >= 0;
        return switch (requirement.path("scopeName").asText()) {
            case "Terminating" -> ends;
            case "NotTerminating" -> !ends;
            case "BestEffort" -> PodAmounts.isBestEffort(spec);
            case "NotBestEffort" -> !PodAmounts.isBestEffort(spec);
            case "PriorityClass" ->
                Scopes.selects(requirement, spec.path("priorityClassName").asText(""));
            case "CrossNamespacePodAffinity" -> crossesNamespaces(spec.path("affinity"));
            default -> false;
        };
    }

    private static boolean crossesNamespaces(JsonNode affinity) {
        for (String kind : List.of("podAffinity", "podAntiAffinity")) {
            for (JsonNode term : affinity.path(kind).path("requiredDuringSchedulingIgnoredDuringExecution")) {
                if (crosses(term)) {
                    return true;
                }
            }
            for (JsonNode term : affinity.path(kind).path("preferredDuringSchedulingIgnoredDuringExecution")) {
                if (crosses(term.path("podAffinityTerm"))) {
                    return true;
                }
            }
        }
        return false;
    }

    private static boolean crosses(JsonNode term) {
        return !term.path("namespaces").isEmpty() || term.hasNonNull("namespaceSelector");
    }

    @Override
    public Map<String, Quantity> usage(ObjectNode pod) {
        Map<String, Quantity> usage = new TreeMap<>();
        if (isCharged(pod)) {
            JsonNode spec = pod.path("spec");
            usage.putAll(named(PodAmounts.ofPod(spec, "requests"), PodAmounts.ofPod(spec, "limits")));
        }
        usage.put("count/pods", Quantity.of(1));
        return usage;
    }

    /// Whether a pod uses anything but its name: one that has ended does not, nor one that should long be gone.
    private boolean isCharged(ObjectNode pod) {
        if (Set.of("Failed", "Succeeded")
                .contains(pod.path("status").path("phase").asText(""))) {
            return false;
        }
        JsonNode meta = pod.path("metadata");
        if (!Meta.isTerminating(pod) || !meta.hasNonNull("deletionGracePeriodSeconds")) {
            return true;
        }
        return !clock.instant()
                .isAfter(Instant.parse(meta.get("deletionTimestamp").asText())
                        .plusSeconds(meta.get("deletionGracePeriodSeconds").asLong()));
    }

    private static Map<String, Quantity> named(Map<String, Quantity> requests, Map<String, Quantity> limits) {
        Map<String, Quantity> usage = new TreeMap<>();
        usage.put("pods", Quantity.of(1));
        requests.forEach((resource, amount) -> {
            if (PLAIN.contains(resource) || resource.startsWith(HUGE_PAGES)) {
                usage.put(resource, amount);
                usage.put(REQUESTS + resource, amount);
            } else if (isExtended(resource)) {
                usage.put(REQUESTS + resource, amount);
            }
        });
        limits.forEach((resource, amount) -> {
            if (PLAIN.contains(resource)) {
                usage.put("limits." + resource, amount);
            }
        });
        return usage;
    }

    @Override
    public String missing(Set<String> limits, ObjectNode pod) {
        Map<String, Set<String>> containersByLimit = new TreeMap<>();
        Set<String> wanted = new TreeSet<>(limits);
        wanted.retainAll(STATED);
        JsonNode spec = pod.path("spec");
        wanted.removeAll(stated(spec));
        for (String list : List.of("containers", "initContainers")) {
            for (JsonNode container : spec.path(list)) {
                Set<String> missing = new TreeSet<>(wanted);
                missing.removeAll(stated(container));
                for (String limit : missing) {
                    containersByLimit
                            .computeIfAbsent(limit, _ -> new TreeSet<>())
                            .add(container.path("name").asText(""));
                }
            }
        }
        List<String> problems = new ArrayList<>();
        containersByLimit.forEach((limit, names) -> problems.add(limit + " for: " + String.join(",", names)));
        return problems.isEmpty() ? "" : "must specify " + String.join("; ", problems);
    }

    /// What a container, or a pod as a whole, states.
    private static Set<String> stated(JsonNode owner) {
        JsonNode resources = owner.path("resources");
        return named(PodAmounts.amounts(resources.path("requests")), PodAmounts.amounts(resources.path("limits")))
                .keySet();
    }
}
