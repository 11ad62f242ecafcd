package io.jubernetes.scheduler.cycle;

import io.jubernetes.scheduler.framework.BindPlugin;
import io.jubernetes.scheduler.framework.ExtensionPoint;
import io.jubernetes.scheduler.framework.FilterPlugin;
import io.jubernetes.scheduler.framework.NodeLocal;
import io.jubernetes.scheduler.framework.PermitPlugin;
import io.jubernetes.scheduler.framework.Plugin;
import io.jubernetes.scheduler.framework.PodInfo;
import io.jubernetes.scheduler.framework.PostBindPlugin;
import io.jubernetes.scheduler.framework.PostFilterPlugin;
import io.jubernetes.scheduler.framework.PreBindPlugin;
import io.jubernetes.scheduler.framework.PreEnqueuePlugin;
import io.jubernetes.scheduler.framework.PreFilterPlugin;
import io.jubernetes.scheduler.framework.PreScorePlugin;
import io.jubernetes.scheduler.framework.QueueSortPlugin;
import io.jubernetes.scheduler.framework.ReservePlugin;
import io.jubernetes.scheduler.framework.ScorePlugin;
import io.jubernetes.scheduler.framework.Wakeup;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The plugins that schedule the pods of one `schedulerName`, sorted by extension point. Immutable.
public final class Profile {
    /// A plugin at one extension point.
    ///
    /// @param weight of its score; 0 where it does not score
    public record Enabled(Plugin plugin, int weight) {}

    /// A plugin that scores and how much its score counts.
    record Scorer(ScorePlugin plugin, int weight) {}

    private final String schedulerName;
    private final int percentageOfNodes;
    private final Map<String, List<Wakeup>> wakeups = new HashMap<>();
    private final List<NodeLocal> signing;

    final List<PreEnqueuePlugin> preEnqueues;
    final List<QueueSortPlugin> queueSorts;
    final List<PreFilterPlugin> preFilters;
    /// The leading filters that look at nothing but the node.
    final List<FilterPlugin> localFilters;
    /// All filters after those.
    final List<FilterPlugin> otherFilters;
    final List<PostFilterPlugin> postFilters;
    final List<PreScorePlugin> preScores;
    final List<Scorer> scorers;
    final List<ReservePlugin> reserves;
    final List<PermitPlugin> permits;
    final List<PreBindPlugin> preBinds;
    final List<BindPlugin> binds;
    final List<PostBindPlugin> postBinds;

    /// @param plugins those enabled at each extension point, in the order they are asked
    /// @param percentageOfNodes how many of all nodes to find before choosing; 0 to decide by the cluster's size
    public Profile(String schedulerName, Map<ExtensionPoint, List<Enabled>> plugins, int percentageOfNodes) {
        this.schedulerName = schedulerName;
        this.percentageOfNodes = percentageOfNodes;
        preEnqueues = at(plugins, ExtensionPoint.PRE_ENQUEUE, PreEnqueuePlugin.class);
        queueSorts = at(plugins, ExtensionPoint.QUEUE_SORT, QueueSortPlugin.class);
        preFilters = at(plugins, ExtensionPoint.PRE_FILTER, PreFilterPlugin.class);
        List<FilterPlugin> filters = at(plugins, ExtensionPoint.FILTER, FilterPlugin.class);
        int local = 0;
        while (local < filters.size() && filters.get(local) instanceof NodeLocal) {
            local++;
        }
        localFilters = filters.subList(0, local);
        otherFilters = filters.subList(local, filters.size());
        postFilters = at(plugins, ExtensionPoint.POST_FILTER, PostFilterPlugin.class);
        preScores = at(plugins, ExtensionPoint.PRE_SCORE, PreScorePlugin.class);
        scorers = plugins.getOrDefault(ExtensionPoint.SCORE, List.of()).stream()
                .map(enabled -> new Scorer((ScorePlugin) enabled.plugin(), enabled.weight()))
                .toList();
        reserves = at(plugins, ExtensionPoint.RESERVE, ReservePlugin.class);
        permits = at(plugins, ExtensionPoint.PERMIT, PermitPlugin.class);
        preBinds = at(plugins, ExtensionPoint.PRE_BIND, PreBindPlugin.class);
        binds = at(plugins, ExtensionPoint.BIND, BindPlugin.class);
        postBinds = at(plugins, ExtensionPoint.POST_BIND, PostBindPlugin.class);
        Set<NodeLocal> signers = new LinkedHashSet<>();
        localFilters.forEach(filter -> signers.add((NodeLocal) filter));
        scorers.forEach(scorer -> {
            if (scorer.plugin instanceof NodeLocal plugin) {
                signers.add(plugin);
            }
        });
        signing = List.copyOf(signers);
        plugins.values()
                .forEach(all -> all.forEach(enabled ->
                        wakeups.put(enabled.plugin().name(), enabled.plugin().wakeups())));
        if (queueSorts.size() != 1) {
            throw new IllegalArgumentException("profile " + schedulerName
                    + ": exactly one queue sort plugin must be enabled, and there are " + queueSorts.size());
        }
        if (binds.isEmpty()) {
            throw new IllegalArgumentException("profile " + schedulerName + ": at least one bind plugin is needed");
        }
    }

    public String schedulerName() {
        return schedulerName;
    }

    int percentageOfNodes() {
        return percentageOfNodes;
    }

    /// What of the pod the node-local plugins look at; null when one of them cannot say.
    @Nullable
    List<Object> signature(PodInfo pod) {
        var parts = new ArrayList<Object>(signing.size());
        for (NodeLocal plugin : signing) {
            Object part = plugin.signature(pod);
            if (part == null) {
                return null;
            }
            parts.add(part);
        }
        return parts;
    }

    /// The plugin that keeps the pod from being tried, if one does.
    @Nullable
    String heldBackBy(PodInfo pod) {
        for (PreEnqueuePlugin plugin : preEnqueues) {
            if (!plugin.mayEnter(pod)) {
                return plugin.name();
            }
        }
        return null;
    }

    QueueSortPlugin queueSort() {
        return queueSorts.getFirst();
    }

    List<Wakeup> wakeups(String plugin) {
        return wakeups.getOrDefault(plugin, List.of());
    }

    private static <T> List<T> at(Map<ExtensionPoint, List<Enabled>> plugins, ExtensionPoint point, Class<T> type) {
        return plugins.getOrDefault(point, List.of()).stream()
                .map(Enabled::plugin)
                .map(type::cast)
                .toList();
    }
}
