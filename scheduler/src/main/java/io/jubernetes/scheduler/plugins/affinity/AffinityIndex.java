package io.jubernetes.scheduler.plugins.affinity;

import io.jubernetes.scheduler.framework.NodeInfo;
import io.jubernetes.scheduler.framework.Nodes;
import io.jubernetes.scheduler.framework.PodInfo;
import io.jubernetes.scheduler.framework.PodTerm;
import io.jubernetes.scheduler.framework.PodTerms;
import io.jubernetes.scheduler.framework.SnapshotListener;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/// Two sorts of counts, kept current by the changes of the snapshot: what pods on nodes ask about others, and, for
/// the terms that waiting pods asked about lately, how many pods of each domain they are about. Used by the
/// scheduling thread.
final class AffinityIndex implements SnapshotListener {
    /// Groups of terms whose counts are kept; the one not used for longest gives way.
    private static final int MAX_GROUPS = 512;

    /// How many pods match all terms of a group, for each term by its topology's domains.
    static final class Matches {
        final List<PodTerm> terms;
        final List<DomainSums> sums = new ArrayList<>();
        long total;

        private Matches(List<PodTerm> terms) {
            this.terms = terms;
            terms.forEach(_ -> sums.add(new DomainSums()));
        }
    }

    private static final class Recent extends LinkedHashMap<List<PodTerm>, Matches> {
        private static final long serialVersionUID = 1;

        Recent() {
            super(64, 0.75f, true);
        }

        @Override
        protected boolean removeEldestEntry(Map.Entry<List<PodTerm>, Matches> eldest) {
            return size() > MAX_GROUPS;
        }
    }

    private final Nodes nodes;
    private final Function<String, Map<String, String>> namespaceLabels;
    private final int hardWeight;
    private final Map<List<PodTerm>, Matches> groups = new Recent();
    private final CarriedTerms requiredAnti = new CarriedTerms();
    private final CarriedTerms scored = new CarriedTerms();

    /// @param hardWeight what a required term of a pod on a node counts when waiting pods are scored
    AffinityIndex(Nodes nodes, Function<String, Map<String, String>> namespaceLabels, int hardWeight) {
        this.nodes = nodes;
        this.namespaceLabels = namespaceLabels;
        this.hardWeight = hardWeight;
        countCarried();
    }

    /// The anti-affinity that pods on nodes require.
    CarriedTerms requiredAnti() {
        return requiredAnti;
    }

    /// What pods on nodes prefer, positive to be with and negative not to be with.
    CarriedTerms scored() {
        return scored;
    }

    /// The pods that match all terms.
    Matches matching(List<PodTerm> terms) {
        Matches known = groups.get(terms);
        if (known != null) {
            return known;
        }
        var matches = new Matches(terms);
        for (NodeInfo node : nodes.all()) {
            for (PodInfo pod : node.pods()) {
                count(matches, node, pod, 1);
            }
        }
        groups.put(terms, matches);
        return matches;
    }

    /// The labels of namespaces are new ones.
    void namespacesChanged() {
        groups.keySet().removeIf(terms -> terms.stream().anyMatch(PodTerm::hasNamespaceSelector));
    }

    @Override
    public void podAdded(NodeInfo node, PodInfo pod) {
        change(node, pod, 1);
    }

    @Override
    public void podRemoved(NodeInfo node, PodInfo pod) {
        change(node, pod, -1);
    }

    @Override
    public void renumbered() {
        groups.clear();
        requiredAnti.clear();
        scored.clear();
        countCarried();
    }

    private void countCarried() {
        for (NodeInfo node : nodes.all()) {
            for (PodInfo pod : node.pods()) {
                carry(node, pod, 1);
            }
        }
    }

    private void change(NodeInfo node, PodInfo pod, int sign) {
        for (Matches matches : groups.values()) {
            count(matches, node, pod, sign);
        }
        carry(node, pod, sign);
    }

    private void count(Matches matches, NodeInfo node, PodInfo pod, int sign) {
        for (PodTerm term : matches.terms) {
            if (!term.matches(pod, namespaceLabels)) {
                return;
            }
        }
        for (int i = 0; i < matches.terms.size(); i++) {
            int domain = nodes.topology(matches.terms.get(i).topologyKey()).domain(node);
            if (domain >= 0) {
                matches.sums.get(i).add(domain, sign);
                matches.total += sign;
            }
        }
    }

    private void carry(NodeInfo node, PodInfo pod, int sign) {
        PodTerms terms = pod.terms();
        if (terms.isEmpty()) {
            return;
        }
        terms.requiredAnti().forEach(term -> requiredAnti.change(term, domain(term, node), sign, 1));
        if (hardWeight > 0) {
            terms.required().forEach(term -> scored.change(term, domain(term, node), sign, hardWeight));
        }
        for (PodTerms.Weighted preferred : terms.preferred()) {
            scored.change(preferred.term(), domain(preferred.term(), node), sign, preferred.weight());
        }
        for (PodTerms.Weighted preferred : terms.preferredAnti()) {
            scored.change(preferred.term(), domain(preferred.term(), node), sign, -preferred.weight());
        }
    }

    private int domain(PodTerm term, NodeInfo node) {
        return nodes.topology(term.topologyKey()).domain(node);
    }
}
