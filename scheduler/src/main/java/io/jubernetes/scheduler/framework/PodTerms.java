package io.jubernetes.scheduler.framework;

import io.fabric8.kubernetes.api.model.Affinity;
import io.fabric8.kubernetes.api.model.PodAffinityTerm;
import io.fabric8.kubernetes.api.model.WeightedPodAffinityTerm;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// All that a pod asks about other pods.
///
/// @param required pods it must be with; a node must satisfy all terms
/// @param requiredAnti pods it must not be with
/// @param preferred pods it would like to be with
/// @param preferredAnti pods it would like not to be with
public record PodTerms(
        List<PodTerm> required, List<PodTerm> requiredAnti, List<Weighted> preferred, List<Weighted> preferredAnti) {
    private static final PodTerms NONE = new PodTerms(List.of(), List.of(), List.of(), List.of());

    /// A term that counts as much as its weight, 1 to 100.
    public record Weighted(PodTerm term, int weight) {}

    public boolean hasPreferred() {
        return !preferred.isEmpty() || !preferredAnti.isEmpty();
    }

    public boolean isEmpty() {
        return required.isEmpty() && requiredAnti.isEmpty() && !hasPreferred();
    }

    static PodTerms of(@Nullable Affinity affinity, String namespace) {
        if (affinity == null || affinity.getPodAffinity() == null && affinity.getPodAntiAffinity() == null) {
            return NONE;
        }
        var with = affinity.getPodAffinity();
        var without = affinity.getPodAntiAffinity();
        return new PodTerms(
                with == null ? List.of() : hard(with.getRequiredDuringSchedulingIgnoredDuringExecution(), namespace),
                without == null
                        ? List.of()
                        : hard(without.getRequiredDuringSchedulingIgnoredDuringExecution(), namespace),
                with == null ? List.of() : soft(with.getPreferredDuringSchedulingIgnoredDuringExecution(), namespace),
                without == null
                        ? List.of()
                        : soft(without.getPreferredDuringSchedulingIgnoredDuringExecution(), namespace));
    }

    private static List<PodTerm> hard(List<PodAffinityTerm> terms, String namespace) {
        return terms.stream().map(term -> PodTerm.of(term, namespace)).toList();
    }

    private static List<Weighted> soft(List<WeightedPodAffinityTerm> terms, String namespace) {
        return terms.stream()
                .filter(term -> term.getWeight() != 0)
                .map(term -> new Weighted(PodTerm.of(term.getPodAffinityTerm(), namespace), term.getWeight()))
                .toList();
    }
}
