package io.jubernetes.scheduler.cycle;

import io.jubernetes.scheduler.framework.CycleState;
import io.jubernetes.scheduler.framework.Diagnosis;
import io.jubernetes.scheduler.framework.Explanation;
import io.jubernetes.scheduler.framework.Extender;
import io.jubernetes.scheduler.framework.ExtensionPoint;
import io.jubernetes.scheduler.framework.FilterPlugin;
import io.jubernetes.scheduler.framework.NodeInfo;
import io.jubernetes.scheduler.framework.PodInfo;
import io.jubernetes.scheduler.framework.PostFilterPlugin;
import io.jubernetes.scheduler.framework.PreFilterPlugin;
import io.jubernetes.scheduler.framework.Verdict;
import io.jubernetes.scheduler.snapshot.NodeTable;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/// Finds the best node for a pod by a profile's plugins: filters, then scores. Changes nothing; used by the
/// scheduling thread.
final class Selection {
    /// Clusters up to this size are always looked at as a whole.
    private static final int SMALL_CLUSTER = 100;

    private static final int MIN_PERCENT = 5;

    private final NodeTable nodes;
    private final List<Extender> extenders;
    private final Nominator nominations;
    private final Ranking ranking;
    private final SchedulerMetrics metrics;
    private final LocalResults.Memory memory = new LocalResults.Memory();
    private int startRow;

    Selection(
            NodeTable nodes,
            List<Extender> extenders,
            Nominator nominations,
            SchedulerMetrics metrics,
            RandomGenerator random) {
        this.nodes = nodes;
        this.extenders = List.copyOf(extenders);
        this.nominations = nominations;
        this.metrics = metrics;
        this.ranking = new Ranking(this.extenders, random);
    }

    /// What came of looking for a node.
    sealed interface Outcome {
        record Found(NodeInfo node, int evaluated, int feasible) implements Outcome {}

        /// @param nominated a node where room is being made, empty when the pod is to lose an earlier nomination,
        /// null when that stays as it is
        record NoFit(
                String message,
                Set<String> rejectedBy,
                @Nullable String nominated) implements Outcome {}
    }

    /// What pre-filters leave to be looked at.
    ///
    /// @param only the nodes to look at, null for all
    /// @param narrowedBy the plugins that left nodes out
    private record Scope(@Nullable Set<String> only, Set<String> narrowedBy) {}

    Outcome select(Profile profile, CycleState state, PodInfo pod) {
        if (nodes.size() == 0) {
            return new Outcome.NoFit("no nodes available to schedule pods", Set.of(), null);
        }
        long before = System.nanoTime();
        Set<String> only = null;
        var narrowedBy = new TreeSet<String>();
        for (PreFilterPlugin plugin : profile.preFilters) {
            switch (plugin.preFilter(state, pod, nodes)) {
                case PreFilterPlugin.Outcome.Proceed _ -> {}
                case PreFilterPlugin.Outcome.Skip _ -> state.skipFilter(plugin.name());
                case PreFilterPlugin.Outcome.Only(var names) -> {
                    only = only == null ? names : intersection(only, names);
                    narrowedBy.add(plugin.name());
                    if (only.isEmpty()) {
                        return rejected(profile, state, pod, Verdict.never(contradiction(narrowedBy)), narrowedBy);
                    }
                }
                case PreFilterPlugin.Outcome.Reject(var why) -> {
                    return rejected(profile, state, pod, why, Set.of(plugin.name()));
                }
            }
        }
        metrics.point(ExtensionPoint.PRE_FILTER, profile, "Success", before);
        before = System.nanoTime();
        var diagnosis = new Diagnosis();
        LocalResults local = memory.of(profile, pod);
        local.fit(nodes.size());
        List<NodeInfo> feasible = feasible(profile, state, pod, local, new Scope(only, narrowedBy), diagnosis);
        metrics.point(ExtensionPoint.FILTER, profile, feasible.isEmpty() ? "Unschedulable" : "Success", before);
        if (feasible.isEmpty()) {
            return noFit(profile, state, pod, diagnosis, narrowedBy);
        }
        before = System.nanoTime();
        NodeInfo best = ranking.best(profile, state, pod, feasible, local);
        metrics.point(ExtensionPoint.SCORE, profile, "Success", before);
        return new Outcome.Found(best, diagnosis.size() + feasible.size(), feasible.size());
    }

    private List<NodeInfo> feasible(
            Profile profile, CycleState state, PodInfo pod, LocalResults local, Scope scope, Diagnosis diagnosis) {
        List<FilterPlugin> others = profile.otherFilters.stream()
                .filter(plugin -> !state.isFilterSkipped(plugin.name()))
                .toList();
        var search = new Search(profile, state, pod, local, others, diagnosis);
        NodeInfo nominated = nodes.find(nominations.nodeOf(pod.uid()));
        if (nominated != null && (scope.only == null || scope.only.contains(nominated.name()))) {
            // The room there was made for this very pod.
            List<NodeInfo> first = new ArrayList<>();
            search.judge(nominated, first);
            first = extended(pod, first, diagnosis);
            if (!first.isEmpty()) {
                return first;
            }
        }
        var found = new ArrayList<NodeInfo>();
        if (scope.only != null) {
            for (String name : scope.only) {
                NodeInfo node = nodes.find(name);
                if (node != null && !node.equals(nominated)) {
                    search.judge(node, found);
                }
            }
        } else {
            int enough = enough(nodes.size(), profile.percentageOfNodes());
            int evaluated = 0;
            // Each pod starts where the one before stopped, so that all nodes get their turn when not all are
            // looked at.
            for (; evaluated < nodes.size() && found.size() < enough; evaluated++) {
                NodeInfo node = nodes.row((startRow + evaluated) % nodes.size());
                if (!node.equals(nominated)) {
                    search.judge(node, found);
                }
            }
            startRow = (startRow + evaluated) % nodes.size();
        }
        return extended(pod, found, diagnosis);
    }

    private List<NodeInfo> extended(PodInfo pod, List<NodeInfo> found, Diagnosis diagnosis) {
        List<NodeInfo> left = found;
        for (Extender extender : extenders) {
            if (!left.isEmpty() && extender.isInterestedIn(pod)) {
                left = extender.filter(pod, left, diagnosis);
            }
        }
        return left;
    }

    /// The look at one node after the other.
    private final class Search {
        private final Profile profile;
        private final CycleState state;
        private final PodInfo pod;
        private final LocalResults local;
        private final List<FilterPlugin> others;
        private final Diagnosis diagnosis;

        Search(
                Profile profile,
                CycleState state,
                PodInfo pod,
                LocalResults local,
                List<FilterPlugin> others,
                Diagnosis diagnosis) {
            this.profile = profile;
            this.state = state;
            this.pod = pod;
            this.local = local;
            this.others = others;
            this.diagnosis = diagnosis;
        }

        void judge(NodeInfo node, List<NodeInfo> found) {
            // The pods for which room is being made count; but they may never come, and so the pod must fit without.
            if (!nominations.isEmpty() && !nominations.ahead(node.name(), pod).isEmpty()) {
                try (var trial = new Trial(nodes, profile, pod, nominations)) {
                    Verdict beside = trial.besideNominated(node);
                    if (!(beside instanceof Verdict.Fits)) {
                        diagnosis.add(node, beside, trial.rejecter());
                        return;
                    }
                }
            }
            Verdict verdict = local.filter(state, pod, node);
            if (!(verdict instanceof Verdict.Fits)) {
                diagnosis.add(node, verdict, local.rejecter(node));
                return;
            }
            for (FilterPlugin plugin : others) {
                Verdict other = plugin.filter(state, pod, node);
                if (!(other instanceof Verdict.Fits)) {
                    diagnosis.add(node, other, plugin.name());
                    return;
                }
            }
            found.add(node);
        }
    }

    /// No node was looked at, for a plugin said none will do.
    private Outcome rejected(Profile profile, CycleState state, PodInfo pod, Verdict why, Set<String> rejectedBy) {
        var diagnosis = new Diagnosis();
        if (why instanceof Verdict.NotNow) {
            String plugin = rejectedBy.iterator().next();
            nodes.all().forEach(node -> diagnosis.add(node, why, plugin));
        }
        var room = makeRoom(profile, state, pod, diagnosis);
        return new Outcome.NoFit(
                Explanation.rejected(nodes.size(), why.why(), room.message()), rejectedBy, room.nominated());
    }

    private Outcome noFit(Profile profile, CycleState state, PodInfo pod, Diagnosis diagnosis, Set<String> narrowedBy) {
        var explanation = new Explanation(nodes.size());
        diagnosis.forEach((_, verdict) -> explanation.count(verdict));
        if (!narrowedBy.isEmpty()) {
            explanation.count("node(s) didn't satisfy plugin(s) " + narrowedBy, nodes.size() - diagnosis.size());
        }
        var rejectedBy = new TreeSet<>(diagnosis.plugins());
        rejectedBy.addAll(narrowedBy);
        var room = makeRoom(profile, state, pod, diagnosis);
        return new Outcome.NoFit(explanation.text(room.message()), rejectedBy, room.nominated());
    }

    private record Room(String message, @Nullable String nominated) {}

    private Room makeRoom(Profile profile, CycleState state, PodInfo pod, Diagnosis diagnosis) {
        var messages = new ArrayList<String>();
        boolean clear = false;
        for (PostFilterPlugin plugin : profile.postFilters) {
            try (var trial = new Trial(nodes, profile, pod, nominations)) {
                switch (plugin.postFilter(state, pod, diagnosis, trial)) {
                    case PostFilterPlugin.Outcome.Nominated(var node) -> {
                        return new Room("", node);
                    }
                    case PostFilterPlugin.Outcome.NoHelp(var message, var keeps) -> {
                        if (!message.isEmpty()) {
                            messages.add(message);
                        }
                        clear |= !keeps;
                    }
                }
            }
        }
        return new Room(String.join(", ", messages), clear ? "" : null);
    }

    private static String contradiction(Set<String> plugins) {
        return plugins.size() == 1
                ? "node(s) didn't satisfy plugin " + plugins.iterator().next()
                : "node(s) didn't satisfy plugin(s) " + plugins + " simultaneously";
    }

    /// How many nodes that fit are enough to choose from: all of a small cluster, from 50 % down to 5 % of a large
    /// one.
    ///
    /// @param percentage what the user set, 0 for the above
    static int enough(int all, int percentage) {
        if (all < SMALL_CLUSTER) {
            return all;
        }
        int percent = percentage > 0 ? Math.min(percentage, 100) : Math.max(MIN_PERCENT, 50 - all / 125);
        return Math.max(SMALL_CLUSTER, (int) ((long) all * percent / 100));
    }

    private static Set<String> intersection(Set<String> a, Set<String> b) {
        var both = new TreeSet<>(a);
        both.retainAll(b);
        return both;
    }
}
