package io.jubernetes.scheduler.plugins;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.api.model.Pod;
import io.jubernetes.scheduler.framework.ClusterEvent.Action;
import io.jubernetes.scheduler.framework.ClusterEvent.Resource;
import io.jubernetes.scheduler.framework.CycleState;
import io.jubernetes.scheduler.framework.FilterPlugin;
import io.jubernetes.scheduler.framework.NodeInfo;
import io.jubernetes.scheduler.framework.NodeLocal;
import io.jubernetes.scheduler.framework.PodInfo;
import io.jubernetes.scheduler.framework.PodRequests;
import io.jubernetes.scheduler.framework.Resources;
import io.jubernetes.scheduler.framework.ScorePlugin;
import io.jubernetes.scheduler.framework.Verdict;
import io.jubernetes.scheduler.framework.Wakeup;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// A node must have room for what a pod asks for; of the nodes that have, the least used is best.
public final class NodeResourcesFit implements FilterPlugin, ScorePlugin, NodeLocal {
    private final Resources resources;
    private final Set<String> ignored;
    private final Set<String> ignoredGroups;
    private final ScoringStrategy strategy;
    private final Map<Verdict, Verdict> verdicts = new HashMap<>();

    public NodeResourcesFit(Resources resources, JsonNode args) {
        this.resources = resources;
        this.ignored = names(args.path("ignoredResources"));
        this.ignoredGroups = names(args.path("ignoredResourceGroups"));
        this.strategy = ScoringStrategy.of(args.path("scoringStrategy"), resources);
    }

    private static Set<String> names(JsonNode list) {
        var names = new HashSet<String>();
        list.forEach(name -> names.add(name.asText()));
        return Set.copyOf(names);
    }

    @Override
    public Object signature(PodInfo pod) {
        return pod.requests();
    }

    @Override
    public String name() {
        return "NodeResourcesFit";
    }

    @Override
    public Verdict filter(CycleState state, PodInfo pod, NodeInfo node) {
        PodRequests requests = pod.requests();
        for (int resource = 0; resource < requests.length(); resource++) {
            if (isShort(requests, node, resource)) {
                return explain(requests, node);
            }
        }
        return Verdict.FITS;
    }

    /// A resource that is not asked for may be overdrawn.
    private boolean isShort(PodRequests requests, NodeInfo node, int resource) {
        long wanted = requests.of(resource);
        return wanted > 0
                && wanted > node.allocatable(resource) - node.requested(resource)
                && (ScoredResources.isBasic(resource) || !isIgnored(resources.name(resource)));
    }

    private boolean isIgnored(String name) {
        int slash = name.indexOf('/');
        return ignored.contains(name) || slash > 0 && ignoredGroups.contains(name.substring(0, slash));
    }

    private Verdict explain(PodRequests requests, NodeInfo node) {
        var reasons = new ArrayList<String>();
        boolean never = false;
        if (isShort(requests, node, Resources.PODS)) {
            reasons.add("Too many pods");
        }
        for (int resource = 0; resource < requests.length(); resource++) {
            if (resource != Resources.PODS && isShort(requests, node, resource)) {
                reasons.add("Insufficient " + resources.name(resource));
                never |= requests.of(resource) > node.allocatable(resource);
            }
        }
        // Nodes that are short of the same share one verdict, so that counting them is cheap.
        Verdict verdict = never ? new Verdict.Never(List.copyOf(reasons)) : new Verdict.NotNow(List.copyOf(reasons));
        return verdicts.computeIfAbsent(verdict, same -> same);
    }

    @Override
    public long score(CycleState state, PodInfo pod, NodeInfo node) {
        return strategy.score(pod, node);
    }

    @Override
    public List<Wakeup> wakeups() {
        return List.of(
                new Wakeup(Resource.ASSIGNED_POD, Set.of(Action.DELETE, Action.UPDATE_SCALE_DOWN), this::podHelps),
                Wakeup.on(Resource.UNSCHEDULED_POD, Set.of(Action.UPDATE_SCALE_DOWN)),
                new Wakeup(
                        Resource.NODE,
                        Set.of(Action.ADD, Action.UPDATE_ALLOCATABLE),
                        (pod, _, after) ->
                                !(after instanceof io.fabric8.kubernetes.api.model.Node node) || couldHold(pod, node)));
    }

    /// A pod that goes leaves its place, and so helps unless it asked for nothing that is wanted.
    private boolean podHelps(PodInfo pod, @Nullable Object before, @Nullable Object after) {
        if (!(before instanceof Pod old)) {
            return true;
        }
        PodRequests freed = PodInfo.of(old, resources).requests();
        for (int resource = 0; resource < pod.requests().length(); resource++) {
            if (pod.requests().of(resource) > 0
                    && freed.of(resource) > 0
                    && (after == null || resource != Resources.PODS)) {
                return true;
            }
        }
        return false;
    }

    /// Whether the pod would fit if the node were empty.
    private boolean couldHold(PodInfo pod, io.fabric8.kubernetes.api.model.Node node) {
        var allocatable = node.getStatus() == null ? null : node.getStatus().getAllocatable();
        for (int resource = 0; resource < pod.requests().length(); resource++) {
            long wanted = pod.requests().of(resource);
            if (wanted > 0) {
                var quantity = allocatable == null ? null : allocatable.get(resources.name(resource));
                if (quantity == null || Resources.amount(resource, quantity) < wanted) {
                    return false;
                }
            }
        }
        return true;
    }
}
