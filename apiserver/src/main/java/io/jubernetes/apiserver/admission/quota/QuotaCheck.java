package io.jubernetes.apiserver.admission.quota;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.admission.AdmissionRequest;
import io.jubernetes.apiserver.admission.AdmissionRequest.Operation;
import io.jubernetes.apiserver.admission.plugins.PodAmounts;
import io.jubernetes.apiserver.resource.ApiException;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.common.meta.Quantity;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/// Decides whether a write stays within the quotas of its namespace, and what is used then. Pure.
final class QuotaCheck {
    private final Evaluator evaluator;
    private final AdmissionRequest request;
    private final LimitedResources limited;

    QuotaCheck(Evaluator evaluator, AdmissionRequest request, LimitedResources limited) {
        this.evaluator = evaluator;
        this.request = request;
        this.limited = limited;
    }

    /// The quotas whose usage the write changes, as they will be.
    ///
    /// @param quotas as they are; not changed
    /// @throws ApiException 403 when one of them forbids the write
    List<ObjectNode> charge(List<ObjectNode> quotas) {
        ObjectNode object = Objects.requireNonNull(request.object());
        Set<String> covered = new TreeSet<>();
        Set<String> coveredScopes = new TreeSet<>();
        List<ObjectNode> concerned = new ArrayList<>();
        for (ObjectNode quota : quotas) {
            Scopes.of(quota).stream()
                    .filter(requirement -> evaluator.isIn(requirement, object))
                    .forEach(requirement ->
                            coveredScopes.add(requirement.path("scopeName").asText()));
            Set<String> measured = measured(quota);
            if (measured.isEmpty() || !Scopes.matches(quota, evaluator, object)) {
                continue;
            }
            checkStated(quota, measured, object);
            concerned.add(quota);
            covered.addAll(measured);
        }
        Map<String, Quantity> usage = evaluator.usage(object);
        Set<String> negative = new TreeSet<>();
        usage.forEach((limit, amount) -> {
            if (amount.signum() < 0) {
                negative.add(limit);
            }
        });
        if (!negative.isEmpty()) {
            throw request.forbidden("quota usage is negative for resource(s): " + String.join(",", negative));
        }
        Map<String, Quantity> growth = growth(usage);
        if (concerned.isEmpty() && growth.isEmpty()) {
            return List.of();
        }
        limited.check(request, evaluator, usage, covered, coveredScopes);
        List<ObjectNode> charged = new ArrayList<>();
        for (ObjectNode quota : concerned) {
            Map<String, Quantity> more = countedBefore(quota) ? growth : usage;
            charge(quota, more, charged);
        }
        return charged;
    }

    /// The limits of a quota that this sort of objects is held to.
    private Set<String> measured(ObjectNode quota) {
        return Meta.strings(quota.path("status").path("hard")).keySet().stream()
                .filter(evaluator::measures)
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private void checkStated(ObjectNode quota, Set<String> measured, ObjectNode object) {
        String missing = evaluator.missing(measured, object);
        if (!missing.isEmpty()) {
            throw request.forbidden("failed quota: " + Meta.name(quota) + ": " + missing);
        }
        if (!Meta.strings(quota.path("status").path("used")).keySet().containsAll(measured)) {
            throw request.forbidden(
                    "status unknown for quota: " + Meta.name(quota) + ", resources: " + String.join(",", measured));
        }
    }

    /// What is used more than before, without what is used less: controllers count that anew.
    private Map<String, Quantity> growth(Map<String, Quantity> usage) {
        ObjectNode old = request.old();
        Map<String, Quantity> before =
                request.operation() == Operation.UPDATE && old != null ? evaluator.usage(old) : Map.of();
        Map<String, Quantity> growth = new TreeMap<>();
        usage.forEach((limit, amount) -> {
            Quantity more = amount.minus(before.getOrDefault(limit, Quantity.ZERO));
            if (more.signum() > 0) {
                growth.put(limit, more);
            }
        });
        return growth;
    }

    /// Whether the quota counts the object as it was, too; one that comes into its scopes counts in full.
    private boolean countedBefore(ObjectNode quota) {
        ObjectNode old = request.old();
        return old == null || request.operation() != Operation.UPDATE || Scopes.matches(quota, evaluator, old);
    }

    private void charge(ObjectNode quota, Map<String, Quantity> more, List<ObjectNode> charged) {
        JsonNode status = quota.path("status");
        Map<String, Quantity> hard = PodAmounts.amounts(status.path("hard"));
        Map<String, Quantity> used = PodAmounts.amounts(status.path("used"));
        Map<String, Quantity> asked = new TreeMap<>(more);
        asked.keySet().retainAll(hard.keySet());
        asked.values().removeIf(amount -> amount.signum() == 0);
        if (asked.isEmpty()) {
            return;
        }
        Map<String, Quantity> total = new TreeMap<>();
        asked.forEach((limit, amount) ->
                total.put(limit, used.getOrDefault(limit, Quantity.ZERO).plus(amount)));
        Set<String> exceeded = new TreeSet<>();
        total.forEach((limit, amount) -> {
            if (amount.compareTo(Objects.requireNonNull(hard.get(limit))) > 0) {
                exceeded.add(limit);
            }
        });
        if (!exceeded.isEmpty()) {
            throw request.forbidden("exceeded quota: " + Meta.name(quota) + ", requested: " + text(asked, exceeded)
                    + ", used: " + text(used, exceeded) + ", limited: " + text(hard, exceeded));
        }
        ObjectNode after = quota.deepCopy();
        ObjectNode usedAfter = Meta.child(Meta.child(after, "status"), "used");
        total.forEach((limit, amount) -> usedAfter.put(limit, amount.toString()));
        charged.add(after);
    }

    private static String text(Map<String, Quantity> amounts, Set<String> shown) {
        return shown.stream()
                .filter(amounts::containsKey)
                .map(limit -> limit + "=" + amounts.get(limit))
                .collect(Collectors.joining(","));
    }
}
