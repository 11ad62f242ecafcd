package io.jubernetes.scheduler.plugins.preemption;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import io.jubernetes.common.controller.Lister;
import io.jubernetes.scheduler.framework.CycleState;
import io.jubernetes.scheduler.framework.Diagnosis;
import io.jubernetes.scheduler.framework.Explanation;
import io.jubernetes.scheduler.framework.Extender;
import io.jubernetes.scheduler.framework.NodeInfo;
import io.jubernetes.scheduler.framework.Nodes;
import io.jubernetes.scheduler.framework.PluginContext;
import io.jubernetes.scheduler.framework.PodInfo;
import io.jubernetes.scheduler.framework.PostFilterPlugin;
import io.jubernetes.scheduler.framework.Verdict;
import io.jubernetes.scheduler.framework.WhatIf;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongConsumer;

/// Finds the node where removing the fewest and least important pods of lower priority makes room for a pod that
/// fits nowhere, and has them removed. The pod is nominated for the node, and tried again when they are gone.
public final class DefaultPreemption implements PostFilterPlugin {
    public static final String NAME = "DefaultPreemption";

    private static final Verdict NO_VICTIMS = Verdict.never("No preemption victims found for incoming pod");
    private static final String NOT_HELPFUL = "Preemption is not helpful for scheduling";

    private final PluginContext context;
    private final Nodes nodes;
    private final Lister<PodDisruptionBudget> budgets;
    private final Eviction eviction;
    private final LongConsumer victimCount;
    private final int minPercentage;
    private final int minAbsolute;

    /// @param args `minCandidateNodesPercentage` and `minCandidateNodesAbsolute` bound the nodes that are tried
    /// @param victimCount is told how many pods are removed, each time
    public DefaultPreemption(PluginContext context, JsonNode args, LongConsumer victimCount) {
        this.context = context;
        this.nodes = context.nodes();
        this.budgets = context.cluster().lister(PodDisruptionBudget.class);
        this.eviction = new Eviction(context);
        this.victimCount = victimCount;
        this.minPercentage = args.path("minCandidateNodesPercentage").asInt(10);
        this.minAbsolute = args.path("minCandidateNodesAbsolute").asInt(100);
    }

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public Outcome postFilter(CycleState state, PodInfo pod, Diagnosis diagnosis, WhatIf whatIf) {
        Optional<String> obstacle = obstacle(pod, diagnosis);
        if (obstacle.isPresent()) {
            return new Outcome.NoHelp("preemption: " + obstacle.get(), true);
        }
        var explanation = new Explanation(nodes.size());
        List<Victims> candidates = candidates(pod, diagnosis.notNow(), whatIf, explanation);
        if (candidates.isEmpty()) {
            return new Outcome.NoHelp("preemption: " + explanation.text(""), false);
        }
        Victims best =
                narrowed(pod, candidates).stream().min(Victims.PREFERENCE).orElse(null);
        if (best == null) {
            return new Outcome.NoHelp("preemption: no candidate node for preemption", true);
        }
        victimCount.accept(best.pods().size());
        String node = best.node().name();
        for (PodInfo nominated : context.nominations().on(node)) {
            if (nominated.priority() < pod.priority()) {
                context.nominations().remove(nominated.uid());
                eviction.withdraw(nominated);
            }
        }
        eviction.start(pod, best.pods(), node);
        return new Outcome.Nominated(node);
    }

    /// Why the pod may not make room now.
    private Optional<String> obstacle(PodInfo pod, Diagnosis diagnosis) {
        if ("Never".equals(pod.pod().getSpec().getPreemptionPolicy())) {
            return Optional.of("not eligible due to preemptionPolicy=Never.");
        }
        if (eviction.isRunningFor(pod)) {
            return Optional.of("waiting for the preemption for this pod to be finished");
        }
        String nominated =
                pod.pod().getStatus() == null ? null : pod.pod().getStatus().getNominatedNodeName();
        if (nominated == null || nominated.isEmpty() || diagnosis.isNever(nominated)) {
            return Optional.empty();
        }
        NodeInfo node = nodes.find(nominated);
        boolean leaving = node != null
                && node.pods().stream().anyMatch(other -> other.priority() < pod.priority() && isPreempted(other));
        return leaving ? Optional.of("not eligible due to a terminating pod on the nominated node.") : Optional.empty();
    }

    private static boolean isPreempted(PodInfo pod) {
        return pod.isTerminating()
                && pod.pod().getStatus() != null
                && pod.pod().getStatus().getConditions().stream()
                        .anyMatch(condition -> "DisruptionTarget".equals(condition.getType())
                                && "True".equals(condition.getStatus())
                                && "PreemptionByScheduler".equals(condition.getReason()));
    }

    private List<Victims> candidates(PodInfo pod, List<NodeInfo> possible, WhatIf whatIf, Explanation explanation) {
        var found = new ArrayList<Victims>();
        int enough = Math.min(possible.size(), Math.max(possible.size() * minPercentage / 100, minAbsolute));
        int offset = possible.isEmpty() ? 0 : context.random().nextInt(possible.size());
        int tried = 0;
        boolean harmless = false;
        List<PodDisruptionBudget> all = budgets.all();
        for (; tried < possible.size() && !(harmless && found.size() >= enough); tried++) {
            NodeInfo node = possible.get((offset + tried) % possible.size());
            var victims = new ArrayList<PodInfo>();
            var verdict = Verdict.FITS;
            int violations = 0;
            List<PodInfo> lower = node.pods().stream()
                    .filter(other -> other.priority() < pod.priority())
                    .sorted(Victims.IMPORTANCE)
                    .toList();
            if (lower.isEmpty()) {
                verdict = NO_VICTIMS;
            } else {
                lower.forEach(other -> whatIf.remove(node, other));
                verdict = whatIf.verdict(node);
                if (verdict instanceof Verdict.Fits) {
                    violations = choose(lower, node, whatIf, new Budgets(all), victims);
                }
                lower.stream().filter(other -> !isOn(node, other)).forEach(other -> whatIf.add(node, other));
            }
            if (verdict instanceof Verdict.Fits && !victims.isEmpty()) {
                victims.sort(Victims.IMPORTANCE);
                found.add(new Victims(node, List.copyOf(victims), violations));
                harmless |= violations == 0;
            } else {
                explanation.count(verdict);
            }
        }
        explanation.count(NOT_HELPFUL, nodes.size() - tried);
        return found;
    }

    private static boolean isOn(NodeInfo node, PodInfo pod) {
        return node.pods().stream().anyMatch(other -> other.uid().equals(pod.uid()));
    }

    /// Lets pods back that need not go: first those whose going would violate a budget, each group from the most
    /// important pod on.
    ///
    /// @param victims takes those that must go
    /// @return how many of them a budget protects
    private static int choose(
            List<PodInfo> lower, NodeInfo node, WhatIf whatIf, Budgets budgets, List<PodInfo> victims) {
        var protectedPods = new ArrayList<PodInfo>();
        var others = new ArrayList<PodInfo>();
        lower.forEach(pod -> (budgets.isViolatedBy(pod) ? protectedPods : others).add(pod));
        for (PodInfo pod : protectedPods) {
            reprieve(pod, node, whatIf, victims);
        }
        int violations = victims.size();
        for (PodInfo pod : others) {
            reprieve(pod, node, whatIf, victims);
        }
        return violations;
    }

    private static void reprieve(PodInfo pod, NodeInfo node, WhatIf whatIf, List<PodInfo> victims) {
        whatIf.add(node, pod);
        if (!(whatIf.verdict(node) instanceof Verdict.Fits)) {
            whatIf.remove(node, pod);
            victims.add(pod);
        }
    }

    /// What the extenders leave of the candidates.
    private List<Victims> narrowed(PodInfo pod, List<Victims> candidates) {
        List<Victims> left = candidates;
        for (Extender extender : context.extenders()) {
            if (!extender.preempts() || !extender.isInterestedIn(pod) || left.isEmpty()) {
                continue;
            }
            Map<String, List<PodInfo>> pods = new LinkedHashMap<>();
            Map<String, Long> violations = new LinkedHashMap<>();
            for (Victims victims : left) {
                pods.put(victims.node().name(), victims.pods());
                violations.put(victims.node().name(), (long) victims.violations());
            }
            Map<String, List<PodInfo>> answer = extender.preempt(pod, pods, violations);
            left = left.stream()
                    .filter(victims -> !answer.getOrDefault(victims.node().name(), List.of())
                            .isEmpty())
                    .map(victims -> new Victims(
                            victims.node(),
                            answer.getOrDefault(victims.node().name(), List.of()).stream()
                                    .sorted(Victims.IMPORTANCE)
                                    .toList(),
                            victims.violations()))
                    .toList();
        }
        return left;
    }
}
