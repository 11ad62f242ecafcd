package io.jubernetes.scheduler.plugins.spread;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.api.model.Pod;
import io.jubernetes.scheduler.framework.ClusterEvent.Action;
import io.jubernetes.scheduler.framework.ClusterEvent.Resource;
import io.jubernetes.scheduler.framework.CycleState;
import io.jubernetes.scheduler.framework.FilterPlugin;
import io.jubernetes.scheduler.framework.NodeInfo;
import io.jubernetes.scheduler.framework.Nodes;
import io.jubernetes.scheduler.framework.PluginContext;
import io.jubernetes.scheduler.framework.PodInfo;
import io.jubernetes.scheduler.framework.PreFilterPlugin;
import io.jubernetes.scheduler.framework.PreScorePlugin;
import io.jubernetes.scheduler.framework.ScorePlugin;
import io.jubernetes.scheduler.framework.Verdict;
import io.jubernetes.scheduler.framework.Wakeup;
import java.util.BitSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Spreads pods evenly over zones, nodes or any other domain: hard constraints filter, soft ones score.
public final class PodTopologySpread implements PreFilterPlugin, FilterPlugin, PreScorePlugin, ScorePlugin {
    public static final String NAME = "PodTopologySpread";

    private static final Verdict UNEVEN = Verdict.notNow("node(s) didn't match pod topology spread constraints");
    private static final Verdict UNLABELLED =
            Verdict.never("node(s) didn't match pod topology spread constraints (missing required label)");
    private static final long IGNORED = -1;

    private final DefaultConstraints defaults;
    private final SpreadIndex index;

    /// @param most for each constraint how many pods a domain may have before the pod comes
    private record Filtering(SpreadCounts counts, int constraints, long[] most) {}

    private record Scoring(
            SpreadCounts counts, List<Constraint> constraints, boolean requiresAllKeys, double[] weights) {}

    public PodTopologySpread(PluginContext context, JsonNode args) {
        defaults = new DefaultConstraints(context.cluster(), args);
        index = new SpreadIndex(context.nodes());
        context.nodes().listen(index);
    }

    @Override
    public String name() {
        return NAME;
    }

    private List<Constraint> constraints(PodInfo pod, String whenUnsatisfiable) {
        return hasOwn(pod) ? Constraint.ofPod(pod, whenUnsatisfiable) : defaults.of(pod, whenUnsatisfiable);
    }

    private static boolean hasOwn(PodInfo pod) {
        return !pod.pod().getSpec().getTopologySpreadConstraints().isEmpty();
    }

    @Override
    public Outcome preFilter(CycleState state, PodInfo pod, Nodes nodes) {
        List<Constraint> constraints = constraints(pod, Constraint.DO_NOT_SCHEDULE);
        if (constraints.isEmpty()) {
            return new Outcome.Skip();
        }
        SpreadCounts counts = index.of(SpreadCounts.Key.of(pod, constraints, true));
        long[] most = new long[constraints.size()];
        for (int i = 0; i < most.length; i++) {
            Constraint constraint = constraints.get(i);
            int fewest = counts.domains(i) < constraint.minDomains() ? 0 : counts.fewest(i);
            int self = constraint.selector().matches(pod.labels()) ? 1 : 0;
            most[i] = (long) fewest + constraint.maxSkew() - self;
        }
        state.put(Filtering.class, new Filtering(counts, constraints.size(), most));
        return new Outcome.Proceed();
    }

    @Override
    public Verdict filter(CycleState state, PodInfo pod, NodeInfo node) {
        Filtering filtering = state.require(Filtering.class);
        for (int i = 0; i < filtering.constraints; i++) {
            int domain = filtering.counts.domain(i, node);
            if (domain < 0) {
                return UNLABELLED;
            }
            if (filtering.counts.pods(i, domain) > filtering.most[i]) {
                return UNEVEN;
            }
        }
        return Verdict.FITS;
    }

    @Override
    public boolean preScore(CycleState state, PodInfo pod, List<NodeInfo> feasible) {
        List<Constraint> constraints = constraints(pod, Constraint.SCHEDULE_ANYWAY);
        if (constraints.isEmpty()) {
            return false;
        }
        boolean requiresAllKeys = hasOwn(pod) || !defaults.isSystem();
        SpreadCounts counts = index.of(SpreadCounts.Key.of(pod, constraints, requiresAllKeys));
        state.put(
                Scoring.class,
                new Scoring(
                        counts, constraints, requiresAllKeys, weights(counts, constraints, requiresAllKeys, feasible)));
        return true;
    }

    /// The more domains, the more an uneven one counts.
    private static double[] weights(
            SpreadCounts counts, List<Constraint> constraints, boolean requiresAllKeys, List<NodeInfo> feasible) {
        int size = constraints.size();
        var seen = new BitSet[size];
        for (int i = 0; i < size; i++) {
            // The last bit is for nodes without the label.
            seen[i] = new BitSet(counts.domainSpace(i) + 1);
        }
        int nodes = 0;
        for (NodeInfo node : feasible) {
            if (requiresAllKeys && lacksKey(counts, size, node)) {
                continue;
            }
            nodes++;
            for (int i = 0; i < size; i++) {
                if (!constraints.get(i).isByHost()) {
                    int domain = counts.domain(i, node);
                    seen[i].set(domain < 0 ? counts.domainSpace(i) : domain);
                }
            }
        }
        double[] weights = new double[size];
        for (int i = 0; i < size; i++) {
            int domains = constraints.get(i).isByHost() ? nodes : seen[i].cardinality();
            weights[i] = Math.log(domains + 2.0);
        }
        return weights;
    }

    private static boolean lacksKey(SpreadCounts counts, int constraints, NodeInfo node) {
        for (int i = 0; i < constraints; i++) {
            if (counts.domain(i, node) < 0) {
                return true;
            }
        }
        return false;
    }

    @Override
    public long score(CycleState state, PodInfo pod, NodeInfo node) {
        Scoring scoring = state.require(Scoring.class);
        SpreadCounts counts = scoring.counts;
        int size = scoring.weights.length;
        if (scoring.requiresAllKeys && lacksKey(counts, size, node)) {
            return IGNORED;
        }
        double score = 0;
        for (int i = 0; i < size; i++) {
            int domain = counts.domain(i, node);
            if (domain >= 0) {
                Constraint constraint = scoring.constraints.get(i);
                int pods = constraint.isByHost() ? counts.podsOn(i, node) : counts.pods(i, domain);
                score += pods * scoring.weights[i] + (constraint.maxSkew() - 1);
            }
        }
        return Math.round(score);
    }

    /// The fewer pods, the better; nodes without the labels are worst.
    @Override
    public void normalize(CycleState state, PodInfo pod, long[] scores) {
        long min = Long.MAX_VALUE;
        long max = 0;
        for (long score : scores) {
            if (score != IGNORED) {
                min = Math.min(min, score);
                max = Math.max(max, score);
            }
        }
        for (int i = 0; i < scores.length; i++) {
            if (scores[i] == IGNORED) {
                scores[i] = 0;
            } else {
                scores[i] = max == 0 ? MAX_SCORE : MAX_SCORE * (max + min - scores[i]) / max;
            }
        }
    }

    @Override
    public List<Wakeup> wakeups() {
        return List.of(
                new Wakeup(
                        Resource.ASSIGNED_POD, Set.of(Action.ADD, Action.DELETE, Action.UPDATE_LABELS), this::podHelps),
                Wakeup.on(Resource.NODE, Set.of(Action.ADD, Action.DELETE, Action.UPDATE_LABELS, Action.UPDATE_TAINTS)),
                Wakeup.on(Resource.UNSCHEDULED_POD, Set.of(Action.UPDATE_LABELS, Action.UPDATE_TOLERATIONS)));
    }

    /// A pod that no constraint counts, neither before nor after, changes nothing.
    private boolean podHelps(PodInfo pod, @Nullable Object before, @Nullable Object after) {
        List<Constraint> constraints = constraints(pod, Constraint.DO_NOT_SCHEDULE);
        return counts(constraints, pod, before) || counts(constraints, pod, after);
    }

    private static boolean counts(List<Constraint> constraints, PodInfo pod, @Nullable Object other) {
        return other instanceof Pod there
                && Objects.equals(there.getMetadata().getNamespace(), pod.key().namespace())
                && constraints.stream()
                        .anyMatch(constraint -> constraint
                                .selector()
                                .matches(there.getMetadata().getLabels()));
    }
}
