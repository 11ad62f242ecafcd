package io.jubernetes.scheduler.cycle;

import io.jubernetes.scheduler.framework.CycleState;
import io.jubernetes.scheduler.framework.FilterPlugin;
import io.jubernetes.scheduler.framework.NodeInfo;
import io.jubernetes.scheduler.framework.PodInfo;
import io.jubernetes.scheduler.framework.PostFilterPlugin;
import io.jubernetes.scheduler.framework.PreFilterPlugin;
import io.jubernetes.scheduler.framework.PreScorePlugin;
import io.jubernetes.scheduler.framework.ScorePlugin;
import io.jubernetes.scheduler.framework.Verdict;
import io.jubernetes.scheduler.snapshot.NodeTable;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
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
    private final RandomGenerator random;
    private int startRow;

    Selection(NodeTable nodes, RandomGenerator random) {
        this.nodes = nodes;
        this.random = random;
    }

    /// What came of looking for a node.
    sealed interface Outcome {
        record Found(NodeInfo node, int evaluated, int feasible) implements Outcome {}

        /// @param nominated a node where room is being made, or null
        record NoFit(
                String message,
                Set<String> rejectedBy,
                @Nullable String nominated) implements Outcome {}
    }

    Outcome select(Profile profile, CycleState state, PodInfo pod) {
        if (nodes.size() == 0) {
            return new Outcome.NoFit("no nodes available to schedule pods", Set.of(), null);
        }
        var rejectedBy = new TreeSet<String>();
        Set<String> only = null;
        var narrowing = new TreeSet<String>();
        for (PreFilterPlugin plugin : profile.preFilters) {
            switch (plugin.preFilter(state, pod, nodes)) {
                case PreFilterPlugin.Outcome.Proceed _ -> {}
                case PreFilterPlugin.Outcome.Skip _ -> state.skipFilter(plugin.name());
                case PreFilterPlugin.Outcome.Only(var names) -> {
                    only = only == null ? names : intersection(only, names);
                    narrowing.add(plugin.name());
                }
                case PreFilterPlugin.Outcome.Reject(var why) -> {
                    return new Outcome.NoFit(
                            Explanation.rejected(nodes.size(), why.why()), Set.of(plugin.name()), null);
                }
            }
        }
        var feasible = new ArrayList<NodeInfo>();
        var verdicts = new LinkedHashMap<NodeInfo, Verdict>();
        int evaluated = filter(profile, state, pod, only, feasible, verdicts, rejectedBy);
        if (feasible.isEmpty()) {
            rejectedBy.addAll(narrowing);
            return noFit(profile, state, pod, verdicts, rejectedBy, narrowing);
        }
        return new Outcome.Found(best(profile, state, pod, feasible), evaluated, feasible.size());
    }

    private int filter(
            Profile profile,
            CycleState state,
            PodInfo pod,
            @Nullable Set<String> only,
            List<NodeInfo> feasible,
            Map<NodeInfo, Verdict> verdicts,
            Set<String> rejectedBy) {
        List<FilterPlugin> filters = profile.filters.stream()
                .filter(plugin -> !state.isFilterSkipped(plugin.name()))
                .toList();
        if (only != null) {
            for (String name : only) {
                NodeInfo node = nodes.find(name);
                if (node != null) {
                    judge(filters, state, pod, node, feasible, verdicts, rejectedBy);
                }
            }
            return verdicts.size() + feasible.size();
        }
        int enough = enough(nodes.size());
        int evaluated = 0;
        // Each pod starts where the one before stopped, so that all nodes get their turn when not all are looked
        // at.
        for (; evaluated < nodes.size() && feasible.size() < enough; evaluated++) {
            NodeInfo node = nodes.row((startRow + evaluated) % nodes.size());
            judge(filters, state, pod, node, feasible, verdicts, rejectedBy);
        }
        startRow = (startRow + evaluated) % nodes.size();
        return evaluated;
    }

    private static void judge(
            List<FilterPlugin> filters,
            CycleState state,
            PodInfo pod,
            NodeInfo node,
            List<NodeInfo> feasible,
            Map<NodeInfo, Verdict> verdicts,
            Set<String> rejectedBy) {
        for (FilterPlugin plugin : filters) {
            Verdict verdict = plugin.filter(state, pod, node);
            if (!(verdict instanceof Verdict.Fits)) {
                verdicts.put(node, verdict);
                rejectedBy.add(plugin.name());
                return;
            }
        }
        feasible.add(node);
    }

    private Outcome noFit(
            Profile profile,
            CycleState state,
            PodInfo pod,
            Map<NodeInfo, Verdict> verdicts,
            Set<String> rejectedBy,
            Set<String> narrowing) {
        var explanation = new Explanation(nodes.size());
        verdicts.values().forEach(explanation::count);
        if (!narrowing.isEmpty()) {
            explanation.count("node(s) didn't satisfy plugin(s) " + narrowing, nodes.size() - verdicts.size());
        }
        var afterwards = new ArrayList<String>();
        String nominated = null;
        for (PostFilterPlugin plugin : profile.postFilters) {
            switch (plugin.postFilter(state, pod, verdicts)) {
                case PostFilterPlugin.Outcome.Nominated(var node, var message) -> {
                    nominated = node;
                    afterwards.add(message);
                }
                case PostFilterPlugin.Outcome.NoHelp(var message) -> afterwards.add(message);
            }
            if (nominated != null) {
                break;
            }
        }
        return new Outcome.NoFit(explanation.text(String.join(", ", afterwards)), rejectedBy, nominated);
    }

    private NodeInfo best(Profile profile, CycleState state, PodInfo pod, List<NodeInfo> feasible) {
        if (feasible.size() == 1) {
            return feasible.getFirst();
        }
        for (PreScorePlugin plugin : profile.preScores) {
            if (!plugin.preScore(state, pod, feasible)) {
                state.skipScore(plugin.name());
            }
        }
        long[] totals = new long[feasible.size()];
        long[] scores = new long[feasible.size()];
        for (ScorePlugin plugin : profile.scores) {
            if (state.isScoreSkipped(plugin.name())) {
                continue;
            }
            for (int i = 0; i < scores.length; i++) {
                scores[i] = plugin.score(state, pod, feasible.get(i));
            }
            plugin.normalize(state, pod, scores);
            for (int i = 0; i < scores.length; i++) {
                totals[i] += scores[i] * profile.weight(plugin);
            }
        }
        // Among equals each has the same chance.
        int best = 0;
        int equals = 1;
        for (int i = 1; i < totals.length; i++) {
            if (totals[i] > totals[best]) {
                best = i;
                equals = 1;
            } else if (totals[i] == totals[best] && random.nextInt(++equals) == 0) {
                best = i;
            }
        }
        return feasible.get(best);
    }

    /// How many nodes that fit are enough to choose from: all of a small cluster, from 50 % down to 5 % of a large
    /// one.
    static int enough(int all) {
        if (all < SMALL_CLUSTER) {
            return all;
        }
        int percent = Math.max(MIN_PERCENT, 50 - all / 125);
        return Math.max(SMALL_CLUSTER, (int) ((long) all * percent / 100));
    }

    private static Set<String> intersection(Set<String> a, Set<String> b) {
        var both = new TreeSet<>(a);
        both.retainAll(b);
        return both;
    }
}
