package io.jubernetes.scheduler.cycle;

import io.jubernetes.scheduler.framework.CycleState;
import io.jubernetes.scheduler.framework.Extender;
import io.jubernetes.scheduler.framework.NodeInfo;
import io.jubernetes.scheduler.framework.PodInfo;
import io.jubernetes.scheduler.framework.PreScorePlugin;
import io.jubernetes.scheduler.framework.ScorePlugin;
import java.util.List;
import java.util.random.RandomGenerator;

/// Chooses among the nodes that fit. Used by the scheduling thread.
final class Ranking {
    private final List<Extender> extenders;
    private final RandomGenerator random;

    Ranking(List<Extender> extenders, RandomGenerator random) {
        this.extenders = extenders;
        this.random = random;
    }

    NodeInfo best(Profile profile, CycleState state, PodInfo pod, List<NodeInfo> feasible, LocalResults local) {
        if (feasible.size() == 1) {
            return feasible.getFirst();
        }
        long[] totals = totals(profile, state, pod, feasible, local);
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

    /// The weighted sum of all scores of each node.
    long[] totals(Profile profile, CycleState state, PodInfo pod, List<NodeInfo> feasible, LocalResults local) {
        for (PreScorePlugin plugin : profile.preScores) {
            if (!plugin.preScore(state, pod, feasible)) {
                state.skipScore(plugin.name());
            }
        }
        long[] totals = new long[feasible.size()];
        long[] scores = new long[totals.length];
        for (int scorer = 0; scorer < profile.scorers.size(); scorer++) {
            ScorePlugin plugin = profile.scorers.get(scorer).plugin();
            if (state.isScoreSkipped(plugin.name())) {
                continue;
            }
            boolean isLocal = LocalResults.isLocal(plugin);
            for (int i = 0; i < scores.length; i++) {
                NodeInfo node = feasible.get(i);
                scores[i] = isLocal ? local.score(scorer, state, pod, node) : plugin.score(state, pod, node);
            }
            plugin.normalize(state, pod, scores);
            long weight = profile.scorers.get(scorer).weight();
            for (int i = 0; i < scores.length; i++) {
                totals[i] += scores[i] * weight;
            }
        }
        for (Extender extender : extenders) {
            if (extender.isInterestedIn(pod)) {
                long[] more = extender.score(pod, feasible);
                for (int i = 0; i < totals.length; i++) {
                    totals[i] += more[i];
                }
            }
        }
        return totals;
    }
}
