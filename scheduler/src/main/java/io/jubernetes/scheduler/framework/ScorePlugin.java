package io.jubernetes.scheduler.framework;

/// Rates the nodes that fit.
public interface ScorePlugin extends Plugin {
    /// The best score after [#normalize]; the worst is 0.
    long MAX_SCORE = 100;

    /// A score for one node, in any range when [#normalize] brings it into 0 to 100.
    long score(CycleState state, PodInfo pod, NodeInfo node);

    /// Brings the scores of all nodes into 0 to 100, in place.
    default void normalize(CycleState state, PodInfo pod, long[] scores) {}

    /// Scales scores so that the greatest becomes 100, and turns them round if low raw scores are good.
    static void spread(long[] scores, boolean lowIsGood) {
        long max = 0;
        for (long score : scores) {
            max = Math.max(max, score);
        }
        for (int i = 0; i < scores.length; i++) {
            long scaled = max == 0 ? 0 : scores[i] * MAX_SCORE / max;
            scores[i] = lowIsGood ? MAX_SCORE - scaled : scaled;
        }
    }
}
