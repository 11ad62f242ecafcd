package io.jubernetes.scheduler.framework;

import io.fabric8.kubernetes.api.model.PodAffinityTerm;
import io.jubernetes.common.scheduling.LabelMatcher;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// One term of a pod's affinity or anti-affinity: which other pods it is about, and the node label that says what
/// "together" means. Two pods with the same term have equal ones. Immutable.
public final class PodTerm {
    private final Set<String> namespaces;
    private final LabelMatcher namespaceSelector;
    private final LabelMatcher selector;
    private final String topologyKey;
    private final int hash;

    private PodTerm(Set<String> namespaces, LabelMatcher namespaceSelector, LabelMatcher selector, String topologyKey) {
        this.namespaces = namespaces;
        this.namespaceSelector = namespaceSelector;
        this.selector = selector;
        this.topologyKey = topologyKey;
        this.hash = ((namespaces.hashCode() * 31 + namespaceSelector.hashCode()) * 31 + selector.hashCode()) * 31
                + topologyKey.hashCode();
    }

    /// @param ownNamespace of the pod that has the term; it is meant when the term names no namespaces
    static PodTerm of(PodAffinityTerm term, String ownNamespace) {
        Set<String> namespaces = term.getNamespaces().isEmpty() && term.getNamespaceSelector() == null
                ? Set.of(ownNamespace)
                : Set.copyOf(term.getNamespaces());
        return new PodTerm(
                namespaces,
                LabelMatcher.of(term.getNamespaceSelector()),
                LabelMatcher.of(term.getLabelSelector()),
                term.getTopologyKey());
    }

    /// Whether the term is about a pod.
    ///
    /// @param namespaceLabels finds the labels of a namespace
    public boolean matches(PodInfo pod, Function<String, Map<String, String>> namespaceLabels) {
        String namespace = pod.key().namespace();
        return (namespaces.contains(namespace)
                        || !namespaceSelector.equals(LabelMatcher.NOTHING)
                                && namespaceSelector.matches(namespaceLabels.apply(namespace)))
                && selector.matches(pod.labels());
    }

    /// The namespaces it names; see [#hasNamespaceSelector] for those it describes.
    public Set<String> namespaces() {
        return namespaces;
    }

    public boolean hasNamespaceSelector() {
        return !namespaceSelector.equals(LabelMatcher.NOTHING);
    }

    public LabelMatcher selector() {
        return selector;
    }

    public String topologyKey() {
        return topologyKey;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return this == other
                || other instanceof PodTerm that
                        && hash == that.hash
                        && namespaces.equals(that.namespaces)
                        && namespaceSelector.equals(that.namespaceSelector)
                        && selector.equals(that.selector)
                        && topologyKey.equals(that.topologyKey);
    }

    @Override
    public int hashCode() {
        return hash;
    }

    @Override
    public String toString() {
        return selector + " by " + topologyKey;
    }
}
