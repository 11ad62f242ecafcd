package io.jubernetes.scheduler.cycle;

import io.jubernetes.scheduler.framework.BindPlugin;
import io.jubernetes.scheduler.framework.FilterPlugin;
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
import io.jubernetes.scheduler.plugins.Registry;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;

/// The plugins that schedule the pods of one `schedulerName`, sorted by extension point. Immutable.
public final class Profile {
    private final String schedulerName;
    private final Map<String, Integer> weights;
    private final List<Plugin> plugins;
    private final Map<String, List<Wakeup>> wakeups;

    final List<PreFilterPlugin> preFilters;
    final List<FilterPlugin> filters;
    final List<PostFilterPlugin> postFilters;
    final List<PreScorePlugin> preScores;
    final List<ScorePlugin> scores;
    final List<ReservePlugin> reserves;
    final List<PermitPlugin> permits;
    final List<PreBindPlugin> preBinds;
    final List<BindPlugin> binds;
    final List<PostBindPlugin> postBinds;

    private Profile(String schedulerName, List<Plugin> plugins, Map<String, Integer> weights) {
        this.schedulerName = schedulerName;
        this.plugins = List.copyOf(plugins);
        this.weights = Map.copyOf(weights);
        this.wakeups = plugins.stream().collect(Collectors.toMap(Plugin::name, Plugin::wakeups));
        preFilters = of(PreFilterPlugin.class);
        filters = of(FilterPlugin.class);
        postFilters = of(PostFilterPlugin.class);
        preScores = of(PreScorePlugin.class);
        scores = of(ScorePlugin.class);
        reserves = of(ReservePlugin.class);
        permits = of(PermitPlugin.class);
        preBinds = of(PreBindPlugin.class);
        binds = of(BindPlugin.class);
        postBinds = of(PostBindPlugin.class);
    }

    /// A profile of the given plugins.
    public static Profile of(String schedulerName, List<Registry.Entry> entries, Registry.Environment environment) {
        return new Profile(
                schedulerName,
                entries.stream()
                        .map(entry -> entry.constructor().apply(environment))
                        .toList(),
                entries.stream().collect(Collectors.toMap(Registry.Entry::name, Registry.Entry::weight)));
    }

    public String schedulerName() {
        return schedulerName;
    }

    int weight(Plugin plugin) {
        return weights.getOrDefault(plugin.name(), 1);
    }

    boolean mayEnter(PodInfo pod) {
        return of(PreEnqueuePlugin.class).stream().allMatch(plugin -> plugin.mayEnter(pod));
    }

    QueueSortPlugin queueSort() {
        return of(QueueSortPlugin.class).getFirst();
    }

    Function<String, List<Wakeup>> wakeups() {
        return name -> wakeups.getOrDefault(name, List.of());
    }

    private <T> List<T> of(Class<T> point) {
        return plugins.stream().filter(point::isInstance).map(point::cast).toList();
    }
}
