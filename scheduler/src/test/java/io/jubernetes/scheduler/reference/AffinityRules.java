package io.jubernetes.scheduler.reference;

import io.fabric8.kubernetes.api.model.Affinity;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodAffinityTerm;
import io.fabric8.kubernetes.api.model.WeightedPodAffinityTerm;
import io.jubernetes.common.meta.LabelSelectors;
import io.jubernetes.scheduler.framework.Verdict;
import java.util.List;
import java.util.Optional;

/// InterPodAffinity.
final class AffinityRules implements Rules {
    private static final Verdict ALONE = Verdict.never("node(s) didn't match pod affinity rules");

    @Override
    public Verdict filter(Picture picture, Pod pod, Node node) {
        List<PodAffinityTerm> wanted = required(pod);
        if (wanted.stream().anyMatch(term -> !Picture.labels(node).containsKey(term.getTopologyKey()))) {
            return ALONE;
        }
        List<Pod> company = picture.placed.stream()
                .filter(other -> wanted.stream().allMatch(term -> isAbout(picture, term, pod, other)))
                .toList();
        boolean together = wanted.stream()
                .allMatch(term -> company.stream().anyMatch(other -> shares(picture, term, node, other)));
        if (!together && !isFirst(picture, pod, wanted, company)) {
            return ALONE;
        }
        for (PodAffinityTerm term : requiredAnti(pod)) {
            if (picture.placed.stream()
                    .anyMatch(other -> isAbout(picture, term, pod, other) && shares(picture, term, node, other))) {
                return Verdict.notNow("node(s) didn't match pod anti-affinity rules");
            }
        }
        for (Pod other : picture.placed) {
            for (PodAffinityTerm term : requiredAnti(other)) {
                if (isAbout(picture, term, other, pod) && shares(picture, term, node, other)) {
                    return Verdict.notNow("node(s) didn't satisfy existing pods anti-affinity rules");
                }
            }
        }
        return Verdict.FITS;
    }

    /// The first pod of a group that wants to be together goes anywhere.
    private static boolean isFirst(Picture picture, Pod pod, List<PodAffinityTerm> wanted, List<Pod> company) {
        boolean nobody = company.stream()
                .noneMatch(other -> wanted.stream()
                        .anyMatch(term -> Picture.labels(picture.home(other)).containsKey(term.getTopologyKey())));
        return nobody && wanted.stream().allMatch(term -> isAbout(picture, term, pod, pod));
    }

    private static boolean isAbout(Picture picture, PodAffinityTerm term, Pod owner, Pod other) {
        String namespace = Picture.namespace(other);
        boolean own = term.getNamespaces().isEmpty() && term.getNamespaceSelector() == null;
        boolean inNamespace = own
                ? namespace.equals(Picture.namespace(owner))
                : term.getNamespaces().contains(namespace)
                        || term.getNamespaceSelector() != null
                                && picture.find(Namespace.class, "", namespace)
                                        .filter(found -> LabelSelectors.matches(
                                                term.getNamespaceSelector(), Picture.labels(found)))
                                        .isPresent();
        return inNamespace && LabelSelectors.matches(term.getLabelSelector(), Picture.labels(other));
    }

    private static boolean shares(Picture picture, PodAffinityTerm term, Node node, Pod other) {
        String value = Picture.labels(node).get(term.getTopologyKey());
        return value != null && value.equals(Picture.labels(picture.home(other)).get(term.getTopologyKey()));
    }

    private static Optional<Affinity> affinity(Pod pod) {
        return Optional.ofNullable(pod.getSpec().getAffinity());
    }

    private static List<PodAffinityTerm> required(Pod pod) {
        return affinity(pod)
                .map(Affinity::getPodAffinity)
                .map(terms -> terms.getRequiredDuringSchedulingIgnoredDuringExecution())
                .orElse(List.of());
    }

    private static List<PodAffinityTerm> requiredAnti(Pod pod) {
        return affinity(pod)
                .map(Affinity::getPodAntiAffinity)
                .map(terms -> terms.getRequiredDuringSchedulingIgnoredDuringExecution())
                .orElse(List.of());
    }

    private static List<WeightedPodAffinityTerm> preferred(Pod pod) {
        return affinity(pod)
                .map(Affinity::getPodAffinity)
                .map(terms -> terms.getPreferredDuringSchedulingIgnoredDuringExecution())
                .orElse(List.of());
    }

    private static List<WeightedPodAffinityTerm> preferredAnti(Pod pod) {
        return affinity(pod)
                .map(Affinity::getPodAntiAffinity)
                .map(terms -> terms.getPreferredDuringSchedulingIgnoredDuringExecution())
                .orElse(List.of());
    }

    @Override
    public List<Long> scores(Picture picture, Pod pod, List<Node> feasible) {
        List<Long> raw = Rules.each(feasible, node -> score(picture, pod, node));
        long max = Rules.greatest(raw);
        long min = Rules.least(raw);
        return raw.stream()
                .map(score -> max == min ? 0L : (long) (100 * ((double) (score - min) / (max - min))))
                .toList();
    }

    /// What the pod prefers, and what the pods that are there prefer of it.
    private static long score(Picture picture, Pod pod, Node node) {
        long score = 0;
        for (Pod other : picture.placed) {
            score += weight(picture, preferred(pod), pod, other, node, other)
                    - weight(picture, preferredAnti(pod), pod, other, node, other)
                    + weight(picture, preferred(other), other, pod, node, other)
                    - weight(picture, preferredAnti(other), other, pod, node, other);
            for (PodAffinityTerm term : required(other)) {
                if (isAbout(picture, term, other, pod) && shares(picture, term, node, other)) {
                    score += 1;
                }
            }
        }
        return score;
    }

    private static long weight(
            Picture picture, List<WeightedPodAffinityTerm> terms, Pod owner, Pod about, Node node, Pod there) {
        return terms.stream()
                .filter(term -> isAbout(picture, term.getPodAffinityTerm(), owner, about)
                        && shares(picture, term.getPodAffinityTerm(), node, there))
                .mapToLong(WeightedPodAffinityTerm::getWeight)
                .sum();
    }
}
