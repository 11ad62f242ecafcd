package io.jubernetes.scheduler.plugins.affinity;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import io.jubernetes.common.controller.Lister;
import io.jubernetes.common.meta.ObjectKey;
import io.jubernetes.scheduler.framework.ClusterEvent.Action;
import io.jubernetes.scheduler.framework.ClusterEvent.Resource;
import io.jubernetes.scheduler.framework.CycleState;
import io.jubernetes.scheduler.framework.FilterPlugin;
import io.jubernetes.scheduler.framework.NodeInfo;
import io.jubernetes.scheduler.framework.Nodes;
import io.jubernetes.scheduler.framework.PluginContext;
import io.jubernetes.scheduler.framework.PodInfo;
import io.jubernetes.scheduler.framework.PodTerm;
import io.jubernetes.scheduler.framework.PodTerms;
import io.jubernetes.scheduler.framework.PreFilterPlugin;
import io.jubernetes.scheduler.framework.PreScorePlugin;
import io.jubernetes.scheduler.framework.ScorePlugin;
import io.jubernetes.scheduler.framework.Topology;
import io.jubernetes.scheduler.framework.Verdict;
import io.jubernetes.scheduler.framework.Wakeup;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Affinity and anti-affinity between pods, in both directions: what the waiting pod asks about those on nodes, and
/// what those ask about it.
public final class InterPodAffinity implements PreFilterPlugin, FilterPlugin, PreScorePlugin, ScorePlugin {
    public static final String NAME = "InterPodAffinity";

    private static final Verdict NO_COMPANY = Verdict.never("node(s) didn't match pod affinity rules");
    private static final Verdict BAD_COMPANY = Verdict.notNow("node(s) didn't match pod anti-affinity rules");
    private static final Verdict NOT_WANTED =
            Verdict.notNow("node(s) didn't satisfy existing pods anti-affinity rules");

    private final Nodes nodes;
    private final AffinityIndex index;
    private final Lister<Namespace> namespaces;
    private final boolean ignoresPreferredOfOthers;

    /// Counts of pods by the domains of one topology.
    private record Counted(Topology topology, DomainSums sums) {}

    /// What filtering needs.
    ///
    /// @param first whether the pod may found the group it asks for, there being none yet
    private record Filtering(List<Counted> wanted, boolean first, List<Counted> unwanted, List<Counted> refusing) {}

    /// What scoring needs: for each topology the score of its domains.
    private record Scoring(Topology[] topologies, long[][] scores) {}

    public InterPodAffinity(PluginContext context, JsonNode args) {
        nodes = context.nodes();
        namespaces = context.cluster().lister(Namespace.class);
        int hardWeight = args.path("hardPodAffinityWeight").asInt(1);
        ignoresPreferredOfOthers =
                args.path("ignorePreferredTermsOfExistingPods").asBoolean(false);
        index = new AffinityIndex(nodes, this::namespaceLabels, hardWeight);
        nodes.listen(index);
        context.cluster().listen(Namespace.class, (_, _) -> index.namespacesChanged());
    }

    @Override
    public String name() {
        return NAME;
    }

    private Map<String, String> namespaceLabels(String name) {
        return namespaces
                .find(ObjectKey.of("", name))
                .map(namespace -> namespace.getMetadata().getLabels())
                .orElse(Map.of());
    }

    @Override
    public Outcome preFilter(CycleState state, PodInfo pod, Nodes all) {
        PodTerms terms = pod.terms();
        var refusing = new ArrayList<Counted>();
        index.requiredAnti()
                .forEachAbout(
                        pod,
                        this::namespaceLabels,
                        carried -> refusing.add(new Counted(nodes.topology(carried.term.topologyKey()), carried.sums)));
        if (refusing.isEmpty()
                && terms.required().isEmpty()
                && terms.requiredAnti().isEmpty()) {
            return new Outcome.Skip();
        }
        var wanted = new ArrayList<Counted>();
        boolean first = false;
        if (!terms.required().isEmpty()) {
            AffinityIndex.Matches matches = index.matching(terms.required());
            for (int i = 0; i < terms.required().size(); i++) {
                wanted.add(new Counted(nodes.topology(terms.required().get(i).topologyKey()), matches.sums.get(i)));
            }
            first = matches.total == 0
                    && terms.required().stream().allMatch(term -> term.matches(pod, this::namespaceLabels));
        }
        var unwanted = new ArrayList<Counted>();
        for (PodTerm term : terms.requiredAnti()) {
            unwanted.add(new Counted(
                    nodes.topology(term.topologyKey()),
                    index.matching(List.of(term)).sums.getFirst()));
        }
        state.put(Filtering.class, new Filtering(wanted, first, unwanted, refusing));
        return new Outcome.Proceed();
    }

    @Override
    public Verdict filter(CycleState state, PodInfo pod, NodeInfo node) {
        Filtering filtering = state.require(Filtering.class);
        boolean inCompany = true;
        for (Counted wanted : filtering.wanted) {
            int domain = wanted.topology.domain(node);
            if (domain < 0) {
                return NO_COMPANY;
            }
            inCompany &= wanted.sums.of(domain) > 0;
        }
        if (!inCompany && !filtering.first) {
            return NO_COMPANY;
        }
        if (isAny(filtering.unwanted, node)) {
            return BAD_COMPANY;
        }
        return isAny(filtering.refusing, node) ? NOT_WANTED : Verdict.FITS;
    }

    private static boolean isAny(List<Counted> all, NodeInfo node) {
        for (Counted counted : all) {
            int domain = counted.topology.domain(node);
            if (domain >= 0 && counted.sums.of(domain) > 0) {
                return true;
            }
        }
        return false;
    }

    @Override
    public boolean preScore(CycleState state, PodInfo pod, List<NodeInfo> feasible) {
        PodTerms terms = pod.terms();
        if (ignoresPreferredOfOthers && !terms.hasPreferred()) {
            return false;
        }
        var scores = new LinkedHashMap<String, long[]>();
        for (PodTerms.Weighted preferred : terms.preferred()) {
            add(
                    scores,
                    preferred.term(),
                    index.matching(List.of(preferred.term())).sums.getFirst(),
                    preferred.weight());
        }
        for (PodTerms.Weighted preferred : terms.preferredAnti()) {
            add(
                    scores,
                    preferred.term(),
                    index.matching(List.of(preferred.term())).sums.getFirst(),
                    -preferred.weight());
        }
        index.scored().forEachAbout(pod, this::namespaceLabels, carried -> add(scores, carried.term, carried.sums, 1));
        if (scores.isEmpty()) {
            return false;
        }
        state.put(
                Scoring.class,
                new Scoring(
                        scores.keySet().stream().map(nodes::topology).toArray(Topology[]::new),
                        scores.values().toArray(long[][]::new)));
        return true;
    }

    private void add(Map<String, long[]> scores, PodTerm term, DomainSums sums, long weight) {
        Topology topology = nodes.topology(term.topologyKey());
        long[] of = scores.computeIfAbsent(term.topologyKey(), _ -> new long[topology.size()]);
        sums.forEach((domain, sum) -> of[domain] += sum * weight);
    }

    @Override
    public long score(CycleState state, PodInfo pod, NodeInfo node) {
        Scoring scoring = state.require(Scoring.class);
        long sum = 0;
        for (int i = 0; i < scoring.topologies.length; i++) {
            int domain = scoring.topologies[i].domain(node);
            if (domain >= 0) {
                sum += scoring.scores[i][domain];
            }
        }
        return sum;
    }

    /// From the worst node's 0 to the best one's 100.
    @Override
    public void normalize(CycleState state, PodInfo pod, long[] scores) {
        long min = Long.MAX_VALUE;
        long max = Long.MIN_VALUE;
        for (long score : scores) {
            min = Math.min(min, score);
            max = Math.max(max, score);
        }
        long range = max - min;
        for (int i = 0; i < scores.length; i++) {
            scores[i] = range > 0 ? (long) (MAX_SCORE * ((double) (scores[i] - min) / range)) : 0;
        }
    }

    @Override
    public List<Wakeup> wakeups() {
        return List.of(
                new Wakeup(
                        Resource.ASSIGNED_POD, Set.of(Action.ADD, Action.DELETE, Action.UPDATE_LABELS), this::podHelps),
                new Wakeup(
                        Resource.NODE,
                        Set.of(Action.ADD, Action.UPDATE_LABELS),
                        (pod, _, after) -> !(after instanceof Node node) || nodeHelps(pod, node)),
                Wakeup.on(Resource.UNSCHEDULED_POD, Set.of(Action.UPDATE_LABELS)),
                Wakeup.on(Resource.NAMESPACE, Set.of(Action.ADD, Action.UPDATE_LABELS)));
    }

    /// A pod that came may be the company wanted; one that went, or became another, may have been in the way.
    private boolean podHelps(PodInfo pod, @Nullable Object before, @Nullable Object after) {
        if (after instanceof Pod came) {
            PodInfo other = PodInfo.of(came, nodes.resources());
            if (pod.terms().required().stream().anyMatch(term -> term.matches(other, this::namespaceLabels))) {
                return true;
            }
        }
        if (before instanceof Pod went) {
            PodInfo other = PodInfo.of(went, nodes.resources());
            return pod.terms().requiredAnti().stream().anyMatch(term -> term.matches(other, this::namespaceLabels))
                    || other.terms().requiredAnti().stream().anyMatch(term -> term.matches(pod, this::namespaceLabels));
        }
        return false;
    }

    private static boolean nodeHelps(PodInfo pod, Node node) {
        Map<String, String> labels = node.getMetadata().getLabels();
        return pod.terms().required().stream()
                .allMatch(term -> labels != null && labels.containsKey(term.topologyKey()));
    }
}
