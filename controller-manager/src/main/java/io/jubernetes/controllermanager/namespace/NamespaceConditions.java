package io.jubernetes.controllermanager.namespace;

import io.fabric8.kubernetes.api.model.NamespaceCondition;
import io.fabric8.kubernetes.api.model.NamespaceConditionBuilder;
import io.jubernetes.controllermanager.workload.Times;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/// Says in a namespace's conditions why its deletion is not done yet. Pure.
final class NamespaceConditions {
    private NamespaceConditions() {}

    static List<NamespaceCondition> of(List<NamespaceCondition> old, NamespaceContents.Left left, Instant now) {
        var conditions = new ArrayList<>(old);
        set(
                conditions,
                "NamespaceDeletionDiscoveryFailure",
                !left.undiscovered().isEmpty(),
                "DiscoveryFailed",
                "Discovery failed for some groups, " + left.undiscovered().size() + " failing: " + left.undiscovered(),
                "ResourcesDiscovered",
                "All resources successfully discovered",
                now);
        set(
                conditions,
                "NamespaceDeletionGroupVersionParsingFailure",
                false,
                "",
                "",
                "ParsedGroupVersions",
                "All legacy kube types successfully parsed",
                now);
        set(
                conditions,
                "NamespaceDeletionContentFailure",
                !left.failures().isEmpty(),
                "ContentDeletionFailed",
                "Failed to delete all resource types, " + left.failures().size() + " remaining: "
                        + String.join(", ", left.failures()),
                "ContentDeleted",
                "All content successfully deleted, may be waiting on finalization",
                now);
        set(
                conditions,
                "NamespaceContentRemaining",
                !left.remaining().isEmpty(),
                "SomeResourcesRemain",
                "Some resources are remaining: " + listed(left.remaining(), " has ", " resource instances"),
                "ContentRemoved",
                "All content successfully removed",
                now);
        set(
                conditions,
                "NamespaceFinalizersRemaining",
                !left.finalizers().isEmpty(),
                "SomeFinalizersRemain",
                "Some content in the namespace has finalizers remaining: "
                        + listed(left.finalizers(), " in ", " resource instances"),
                "ContentHasNoFinalizers",
                "All content-preserving finalizers finished",
                now);
        return conditions;
    }

    private static String listed(Map<String, Integer> counts, String between, String after) {
        return counts.entrySet().stream()
                .map(entry -> entry.getKey() + between + entry.getValue() + after)
                .collect(Collectors.joining(", "));
    }

    private static void set(
            List<NamespaceCondition> conditions,
            String type,
            boolean isTrue,
            String badReason,
            String badMessage,
            String goodReason,
            String goodMessage,
            Instant now) {
        String status = isTrue ? "True" : "False";
        String reason = isTrue ? badReason : goodReason;
        String message = isTrue ? badMessage : goodMessage;
        NamespaceCondition there = conditions.stream()
                .filter(condition -> type.equals(condition.getType()))
                .findFirst()
                .orElse(null);
        String since =
                there != null && status.equals(there.getStatus()) ? there.getLastTransitionTime() : Times.text(now);
        var condition = new NamespaceConditionBuilder()
                .withType(type)
                .withStatus(status)
                .withReason(reason)
                .withMessage(message)
                .withLastTransitionTime(since)
                .build();
        if (there == null) {
            conditions.add(condition);
        } else {
            conditions.set(conditions.indexOf(there), condition);
        }
    }
}
