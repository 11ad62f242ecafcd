package io.jubernetes.common.scheduling;

import io.fabric8.kubernetes.api.model.LabelSelector;
import io.fabric8.kubernetes.api.model.LabelSelectorRequirement;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// A label selector read once: quick to match, and equal to every other that asks for the same. Immutable.
public final class LabelMatcher {
    /// Matches no labels at all, which is what an absent selector means.
    public static final LabelMatcher NOTHING = new LabelMatcher(List.of(), true);

    /// Matches all labels, which is what an empty selector means.
    public static final LabelMatcher EVERYTHING = new LabelMatcher(List.of(), false);

    private enum Operator {
        IN,
        NOT_IN,
        EXISTS,
        DOES_NOT_EXIST
    }

    private record Requirement(
            String key,
            Operator operator,
            Set<String> values,
            @Nullable String only) {
        boolean accepts(Map<String, String> labels) {
            String value = labels.get(key);
            return switch (operator) {
                case IN -> value != null && (only != null ? only.equals(value) : values.contains(value));
                case NOT_IN -> value == null || !values.contains(value);
                case EXISTS -> value != null;
                case DOES_NOT_EXIST -> value == null;
            };
        }
    }

    /// A pair that every match has.
    public record Pair(String key, String value) {}

    private final List<Requirement> requirements;
    private final boolean nothing;
    private final int hash;

    private LabelMatcher(List<Requirement> requirements, boolean nothing) {
        this.requirements = List.copyOf(requirements);
        this.nothing = nothing;
        this.hash = requirements.hashCode() * 31 + Boolean.hashCode(nothing);
    }

    /// Reads a selector; null matches nothing, an empty one everything. One with an operator that does not exist
    /// matches nothing.
    public static LabelMatcher of(@Nullable LabelSelector selector) {
        if (selector == null) {
            return NOTHING;
        }
        var requirements = new ArrayList<Requirement>();
        if (selector.getMatchLabels() != null) {
            selector.getMatchLabels()
                    .forEach((key, value) -> requirements.add(requirement(key, Operator.IN, List.of(value))));
        }
        for (LabelSelectorRequirement wanted : selector.getMatchExpressions()) {
            Operator operator = switch (wanted.getOperator()) {
                case "In" -> Operator.IN;
                case "NotIn" -> Operator.NOT_IN;
                case "Exists" -> Operator.EXISTS;
                case "DoesNotExist" -> Operator.DOES_NOT_EXIST;
                default -> null;
            };
            if (operator == null) {
                return NOTHING;
            }
            requirements.add(requirement(wanted.getKey(), operator, wanted.getValues()));
        }
        return sorted(requirements);
    }

    /// Matches labels that have every pair.
    public static LabelMatcher ofPairs(Map<String, String> pairs) {
        return sorted(pairs.entrySet().stream()
                .map(pair -> requirement(pair.getKey(), Operator.IN, List.of(pair.getValue())))
                .toList());
    }

    /// Matches what both match.
    public LabelMatcher and(LabelMatcher other) {
        if (nothing || other.nothing) {
            return NOTHING;
        }
        var both = new ArrayList<>(requirements);
        both.addAll(other.requirements);
        return sorted(both);
    }

    public boolean matches(@Nullable Map<String, String> labels) {
        if (nothing) {
            return false;
        }
        Map<String, String> present = labels == null ? Map.of() : labels;
        for (Requirement requirement : requirements) {
            if (!requirement.accepts(present)) {
                return false;
            }
        }
        return true;
    }

    public boolean matchesEverything() {
        return !nothing && requirements.isEmpty();
    }

    /// A pair without which nothing matches, for finding matchers by a label; null when there is none.
    public @Nullable Pair requiredPair() {
        for (Requirement requirement : requirements) {
            if (requirement.only() != null) {
                return new Pair(requirement.key(), requirement.only());
            }
        }
        return null;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return this == other
                || other instanceof LabelMatcher that
                        && hash == that.hash
                        && nothing == that.nothing
                        && requirements.equals(that.requirements);
    }

    @Override
    public int hashCode() {
        return hash;
    }

    @Override
    public String toString() {
        return nothing ? "nothing" : requirements.toString();
    }

    private static Requirement requirement(String key, Operator operator, List<String> values) {
        Set<String> sorted = new TreeSet<>(values);
        String only = operator == Operator.IN && sorted.size() == 1 ? values.getFirst() : null;
        return new Requirement(key, operator, Set.copyOf(sorted), only);
    }

    private static LabelMatcher sorted(List<Requirement> requirements) {
        return requirements.isEmpty()
                ? EVERYTHING
                : new LabelMatcher(
                        requirements.stream()
                                .distinct()
                                .sorted(Comparator.comparing(Requirement::key)
                                        .thenComparing(Requirement::operator)
                                        .thenComparing(r -> new TreeSet<>(r.values()).toString()))
                                .toList(),
                        false);
    }
}
