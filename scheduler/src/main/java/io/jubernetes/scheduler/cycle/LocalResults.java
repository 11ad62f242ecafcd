package io.jubernetes.scheduler.cycle;

import io.jubernetes.scheduler.framework.CycleState;
import io.jubernetes.scheduler.framework.FilterPlugin;
import io.jubernetes.scheduler.framework.NodeInfo;
import io.jubernetes.scheduler.framework.NodeLocal;
import io.jubernetes.scheduler.framework.PodInfo;
import io.jubernetes.scheduler.framework.ScorePlugin;
import io.jubernetes.scheduler.framework.Verdict;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// What the node-local plugins of a profile said about each node, for the pods of one signature. An answer holds as
/// long as the node's generation is the one it was given at. Used by the scheduling thread.
final class LocalResults {
    /// The results of the signatures met lately.
    static final class Memory {
        private static final int MAX_SIGNATURES = 24;

        private record Key(Profile profile, List<Object> signature) {}

        private static final class Recent extends LinkedHashMap<Key, LocalResults> {
            private static final long serialVersionUID = 1;

            Recent() {
                super(32, 0.75f, true);
            }

            @Override
            protected boolean removeEldestEntry(Map.Entry<Key, LocalResults> eldest) {
                return size() > MAX_SIGNATURES;
            }
        }

        private final Map<Key, LocalResults> recent = new Recent();

        /// The results for the pods like this one; empty ones for a pod that has no signature.
        LocalResults of(Profile profile, PodInfo pod) {
            List<Object> signature = profile.signature(pod);
            return signature == null
                    ? new LocalResults(profile)
                    : recent.computeIfAbsent(new Key(profile, signature), _ -> new LocalResults(profile));
        }
    }

    private final List<FilterPlugin> filters;
    private final List<Profile.Scorer> scorers;
    private long[] filteredAt = new long[0];
    private Verdict[] verdicts = new Verdict[0];
    private @Nullable String[] rejecters = new String[0];
    private long[] scoredAt = new long[0];
    /// For each scorer that is node-local, the raw score of each row.
    private final long[][] scores;

    private LocalResults(Profile profile) {
        filters = profile.localFilters;
        scorers = profile.scorers;
        scores = new long[scorers.size()][0];
    }

    /// Makes room for the rows of a table of this size.
    void fit(int rows) {
        if (filteredAt.length < rows) {
            int length = Math.max(rows, filteredAt.length + filteredAt.length / 2);
            filteredAt = Arrays.copyOf(filteredAt, length);
            verdicts = Arrays.copyOf(verdicts, length);
            rejecters = Arrays.copyOf(rejecters, length);
            scoredAt = Arrays.copyOf(scoredAt, length);
            for (int i = 0; i < scores.length; i++) {
                scores[i] = Arrays.copyOf(scores[i], length);
            }
        }
    }

    /// What the node-local filters say.
    Verdict filter(CycleState state, PodInfo pod, NodeInfo node) {
        int row = node.row();
        if (filteredAt[row] != node.generation()) {
            verdicts[row] = Verdict.FITS;
            rejecters[row] = null;
            for (FilterPlugin plugin : filters) {
                if (!state.isFilterSkipped(plugin.name())) {
                    Verdict verdict = plugin.filter(state, pod, node);
                    if (!(verdict instanceof Verdict.Fits)) {
                        verdicts[row] = verdict;
                        rejecters[row] = plugin.name();
                        break;
                    }
                }
            }
            filteredAt[row] = node.generation();
        }
        return verdicts[row];
    }

    /// The plugin that turned the node down just now.
    String rejecter(NodeInfo node) {
        return Objects.requireNonNull(rejecters[node.row()]);
    }

    static boolean isLocal(ScorePlugin plugin) {
        return plugin instanceof NodeLocal;
    }

    /// The raw score by a node-local plugin.
    ///
    /// @param scorer its number among the profile's
    long score(int scorer, CycleState state, PodInfo pod, NodeInfo node) {
        int row = node.row();
        if (scoredAt[row] != node.generation()) {
            for (int i = 0; i < scores.length; i++) {
                ScorePlugin plugin = scorers.get(i).plugin();
                if (isLocal(plugin) && !state.isScoreSkipped(plugin.name())) {
                    scores[i][row] = plugin.score(state, pod, node);
                }
            }
            scoredAt[row] = node.generation();
        }
        return scores[scorer][row];
    }
}
