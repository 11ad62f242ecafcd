package io.jubernetes.apiserver.admission.plugins;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.admission.AdmissionPlugin;
import io.jubernetes.apiserver.admission.AdmissionRequest;
import io.jubernetes.apiserver.admission.AdmissionRequest.Operation;
import io.jubernetes.apiserver.resource.ApiException;
import io.jubernetes.apiserver.resource.ApiResource;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.apiserver.resource.ObjectStorage;
import io.jubernetes.common.meta.Quantity;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/// Fills in what a namespace's limit ranges give as defaults, and holds pods and claims to their bounds.
public final class LimitRanger implements AdmissionPlugin {
    private static final String ANNOTATION = "kubernetes.io/limit-ranger";

    private final Stored limitRanges;

    public LimitRanger(ObjectStorage storage, ApiResource limitRanges) {
        this.limitRanges = new Stored(storage, limitRanges);
    }

    @Override
    public String name() {
        return "LimitRanger";
    }

    @Override
    public void mutate(AdmissionRequest request) {
        if (!request.isNew("", "pods")) {
            return;
        }
        for (ObjectNode range : limitRanges.in(request.namespace())) {
            applyDefaults(range, Objects.requireNonNull(request.object()));
        }
    }

    static void applyDefaults(ObjectNode range, ObjectNode pod) {
        Map<String, String> limits = new TreeMap<>();
        Map<String, String> requests = new TreeMap<>();
        for (JsonNode limit : range.path("spec").path("limits")) {
            if (limit.path("type").asText("").equals("Container")) {
                limit.path("default")
                        .properties()
                        .forEach(e -> limits.put(e.getKey(), e.getValue().asText()));
                limit.path("defaultRequest")
                        .properties()
                        .forEach(e -> requests.put(e.getKey(), e.getValue().asText()));
            }
        }
        List<String> done = new ArrayList<>();
        ObjectNode spec = Meta.child(pod, "spec");
        for (String list : List.of("containers", "initContainers")) {
            String what = list.equals("containers") ? "container " : "init container ";
            for (ObjectNode container : Meta.items(spec, list)) {
                String name = what + container.path("name").asText("");
                note(done, fill(container, "requests", requests), " request for " + name);
                note(done, fill(container, "limits", limits), " limit for " + name);
            }
        }
        if (!done.isEmpty()) {
            Meta.child(Meta.of(pod), "annotations")
                    .put(ANNOTATION, "LimitRanger plugin set: " + String.join("; ", done));
        }
    }

    private static List<String> fill(ObjectNode container, String field, Map<String, String> defaults) {
        List<String> set = new ArrayList<>();
        JsonNode present = container.path("resources").path(field);
        defaults.forEach((resource, amount) -> {
            if (!present.has(resource)) {
                Meta.child(Meta.child(container, "resources"), field).put(resource, amount);
                set.add(resource);
            }
        });
        return set;
    }

    private static void note(List<String> done, List<String> set, String what) {
        if (!set.isEmpty()) {
            done.add(String.join(", ", set) + what);
        }
    }

    @Override
    public void validate(AdmissionRequest request) {
        ObjectNode object = request.object();
        boolean write = request.operation() == Operation.CREATE || request.operation() == Operation.UPDATE;
        boolean pod = request.isFor("", "pods")
                && (request.operation() == Operation.CREATE && request.isMain()
                        || request.subresource().equals("resize"));
        boolean claim = request.isFor("", "persistentvolumeclaims") && request.isMain();
        if (object == null || !write || !(pod || claim) || Meta.isTerminating(object)) {
            return;
        }
        for (ObjectNode range : limitRanges.in(request.namespace())) {
            List<String> problems = pod ? podProblems(range, object) : claimProblems(range, object);
            if (!problems.isEmpty()) {
                String why = problems.size() == 1 ? problems.getFirst() : "[" + String.join(", ", problems) + "]";
                throw ApiException.forbidden("", request.resource().plural(), request.name(), why);
            }
        }
    }

    static List<String> podProblems(ObjectNode range, ObjectNode pod) {
        List<String> problems = new ArrayList<>();
        JsonNode spec = pod.path("spec");
        for (JsonNode limit : range.path("spec").path("limits")) {
            switch (limit.path("type").asText("")) {
                case "Container" -> {
                    for (String list : List.of("containers", "initContainers")) {
                        for (JsonNode container : spec.path(list)) {
                            JsonNode resources = container.path("resources");
                            check(
                                    problems,
                                    limit,
                                    PodAmounts.amounts(resources.path("requests")),
                                    PodAmounts.amounts(resources.path("limits")));
                        }
                    }
                }
                case "Pod" ->
                    check(problems, limit, PodAmounts.ofPod(spec, "requests"), PodAmounts.ofPod(spec, "limits"));
                default -> {}
            }
        }
        return problems.stream().distinct().toList();
    }

    private static void check(
            List<String> problems, JsonNode limit, Map<String, Quantity> requests, Map<String, Quantity> limits) {
        String type = limit.path("type").asText("");
        var asked = new Asked("request", requests);
        var allowed = new Asked("limit", limits);
        bound(problems, limit, "minimum", List.of(asked, allowed));
        bound(problems, limit, "maximum", List.of(allowed, asked));
        PodAmounts.amounts(limit.path("maxLimitRequestRatio")).forEach((resource, bound) -> {
            String rule = resource + " max limit to request ratio per " + type + " is " + bound;
            Quantity request = requests.get(resource);
            Quantity most = limits.get(resource);
            if (request == null || request.signum() == 0) {
                problems.add(rule + ", but no request is specified or request is 0");
            } else if (most == null || most.signum() == 0) {
                problems.add(rule + ", but no limit is specified or limit is 0");
            } else {
                BigDecimal ratio = most.value().divide(request.value(), 9, RoundingMode.HALF_UP);
                if (ratio.compareTo(bound.value()) > 0) {
                    problems.add(rule + ", but provided ratio is " + String.format(Locale.ROOT, "%.6f", ratio));
                }
            }
        });
    }

    static List<String> claimProblems(ObjectNode range, ObjectNode claim) {
        List<String> problems = new ArrayList<>();
        Map<String, Quantity> requests =
                PodAmounts.amounts(claim.path("spec").path("resources").path("requests"));
        for (JsonNode limit : range.path("spec").path("limits")) {
            if (!limit.path("type").asText("").equals("PersistentVolumeClaim")) {
                continue;
            }
            bound(problems, limit, "minimum", List.of(new Asked("request", requests)));
            bound(problems, limit, "maximum", List.of(new Asked("request", requests)));
        }
        return problems.stream().distinct().toList();
    }

    /// What an object states.
    ///
    /// @param what `request` or `limit`
    private record Asked(String what, Map<String, Quantity> amounts) {}

    /// @param inOrder what is held to the bound; the first must be stated
    private static void bound(List<String> problems, JsonNode limit, String which, List<Asked> inOrder) {
        boolean least = which.equals("minimum");
        String type = limit.path("type").asText("");
        PodAmounts.amounts(limit.path(least ? "min" : "max")).forEach((resource, bound) -> {
            String rule = which + " " + resource + " usage per " + type + " is " + bound;
            Asked first = inOrder.getFirst();
            if (!first.amounts().containsKey(resource)) {
                problems.add(rule + ".  No " + first.what() + " is specified");
                return;
            }
            for (Asked asked : inOrder) {
                Quantity amount = asked.amounts().get(resource);
                if (amount != null && (least ? amount.compareTo(bound) < 0 : amount.compareTo(bound) > 0)) {
                    problems.add(rule + ", but " + asked.what() + " is " + amount);
                    return;
                }
            }
        });
    }
}
