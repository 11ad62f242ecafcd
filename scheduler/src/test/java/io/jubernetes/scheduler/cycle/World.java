package io.jubernetes.scheduler.cycle;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.jubernetes.common.component.StartupException;
import io.jubernetes.common.controller.EventRecorder;
import io.jubernetes.common.time.Deadline;
import io.jubernetes.scheduler.FakeCluster;
import io.jubernetes.scheduler.config.Profiles;
import io.jubernetes.scheduler.config.SchedulerConfiguration;
import io.jubernetes.scheduler.framework.CycleState;
import io.jubernetes.scheduler.framework.Extender;
import io.jubernetes.scheduler.framework.NodeInfo;
import io.jubernetes.scheduler.framework.PluginContext;
import io.jubernetes.scheduler.framework.PodInfo;
import io.jubernetes.scheduler.framework.PreBindPlugin;
import io.jubernetes.scheduler.framework.ReservePlugin;
import io.jubernetes.scheduler.plugins.Registry;
import io.jubernetes.scheduler.plugins.dynamicresources.DynamicResources;
import io.jubernetes.scheduler.queue.SchedulingQueue;
import io.jubernetes.scheduler.snapshot.NodeTable;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/// A scheduler without its loop: nodes and pods are put there by hand and pods are decided on one at a time. What
/// would be sent to the API server is collected.
public final class World implements AutoCloseable {
    private static final String NOWHERE = "https://127.0.0.1:1";

    public final Shared shared = Shared.create();
    public final FakeCluster cluster = new FakeCluster();
    public final List<Runnable> calls = new ArrayList<>();
    public final List<Long> victims = new ArrayList<>();
    private final KubernetesClient client;
    private final PluginContext context;
    private final Map<String, Profile> profiles;
    private Instant now = Instant.EPOCH;
    private CycleState lastState = new CycleState();
    private final Selection selection;

    public World(long seed) {
        this(seed, SchedulerConfiguration.defaults(), List.of());
    }

    public World(long seed, SchedulerConfiguration configuration, List<Extender> extenders) {
        this(seed, configuration, extenders, NOWHERE);
    }

    /// @param plugins sees plugins beside those that come with the scheduler
    public World(SchedulerConfiguration configuration, ClassLoader plugins) {
        this(1, configuration, List.of(), NOWHERE, plugins);
    }

    /// @param url of the API server that plugins ask
    public World(long seed, SchedulerConfiguration configuration, List<Extender> extenders, String url) {
        this(seed, configuration, extenders, url, World.class.getClassLoader());
    }

    private World(
            long seed,
            SchedulerConfiguration configuration,
            List<Extender> extenders,
            String url,
            ClassLoader plugins) {
        client = new KubernetesClientBuilder()
                .withConfig(new ConfigBuilder().withMasterUrl(url).build())
                .build();
        var work = new PluginContext.Work() {
            @Override
            public void background(Runnable call) {
                calls.add(call);
            }

            @Override
            public void wake(String uid) {}
        };
        EventRecorder events = (_, _, _, _, _, _) -> {};
        context = new PluginContext(
                client,
                shared.nodes(),
                cluster,
                shared.held(),
                shared.nominations(),
                extenders,
                work,
                events,
                () -> now,
                new Random(seed));
        try {
            profiles = Profiles.create(
                    configuration, Registry.builtIn(victims::add).withOthers(plugins), context);
        } catch (StartupException e) {
            throw new IllegalArgumentException(e);
        }
        selection = new Selection(
                shared.nodes(),
                extenders,
                shared.nominations(),
                new SchedulerMetrics(new SimpleMeterRegistry()),
                new Random(seed));
    }

    /// A loop over this world, to be moved on by hand.
    SchedulingLoop loop() {
        return new SchedulingLoop(
                shared,
                context,
                profiles,
                SchedulingQueue.Backoff.DEFAULT,
                new SchedulerMetrics(new SimpleMeterRegistry()));
    }

    /// Lets time pass.
    void pass(Duration time) {
        now = now.plus(time);
    }

    public NodeTable nodes() {
        return shared.nodes();
    }

    public PodInfo info(Pod pod) {
        return PodInfo.of(pod, nodes().resources());
    }

    public World with(Node... nodes) {
        for (Node node : nodes) {
            nodes().putNode(node);
        }
        return this;
    }

    /// Puts pods on the nodes they name.
    public World with(Pod... pods) {
        for (Pod pod : pods) {
            nodes().putPod(pod.getSpec().getNodeName(), info(pod));
        }
        return this;
    }

    Selection.Outcome select(Pod pod) {
        return select(info(pod));
    }

    Selection.Outcome select(PodInfo pod) {
        lastState = new CycleState();
        return selection.select(profile(pod), lastState, pod);
    }

    /// Puts the pod that was decided on last where it was decided to go. What was promised of volumes stays promised.
    void settle(Pod bound) {
        PodInfo info = info(bound);
        String node = bound.getSpec().getNodeName();
        for (ReservePlugin plugin : profile(info).reserves) {
            plugin.reserve(lastState, info, node);
            if (plugin instanceof DynamicResources) {
                plugin.unreserve(lastState, info, node);
            }
        }
        with(bound);
    }

    /// A pod on its way to a node.
    public record Placed(PodInfo pod, Profile profile, CycleState state, String node) {}

    /// Decides on a pod that fits, and has the plugins set aside what it will use.
    public Placed reserve(Pod pod) {
        PodInfo info = info(pod);
        Profile profile = profile(info);
        var state = new CycleState();
        var found = (Selection.Outcome.Found) selection.select(profile, state, info);
        var placed = new Placed(info, profile, state, found.node().name());
        profile.reserves.forEach(plugin -> plugin.reserve(state, info, placed.node()));
        return placed;
    }

    /// Does all that is done before a pod is bound.
    public void preBind(Placed placed) throws InterruptedException {
        for (PreBindPlugin plugin : placed.profile().preBinds) {
            plugin.preBind(placed.state(), placed.pod(), placed.node(), Deadline.in(Duration.ofSeconds(20)));
        }
    }

    /// What is done when the binding failed.
    public void unreserve(Placed placed) {
        placed.profile()
                .reserves
                .reversed()
                .forEach(plugin -> plugin.unreserve(placed.state(), placed.pod(), placed.node()));
    }

    /// Carries out what plugins gave to other threads.
    public void runCalls() {
        List<Runnable> now = List.copyOf(calls);
        calls.clear();
        now.forEach(Runnable::run);
    }

    /// The plugin that keeps a pod from being tried, if one does.
    public @Nullable String heldBackBy(Pod pod) {
        PodInfo info = info(pod);
        return profile(info).heldBackBy(info);
    }

    private Profile profile(PodInfo pod) {
        return Objects.requireNonNull(profiles.get(pod.schedulerName()));
    }

    /// `-> node`, or why there is none, without what making room came to.
    public String decide(Pod pod) {
        String answer = explain(pod);
        int afterwards = answer.indexOf(" preemption: ");
        return afterwards < 0 ? answer : answer.substring(0, afterwards);
    }

    /// `-> node`, `nominated node`, or why there is none.
    public String explain(Pod pod) {
        return switch (select(pod)) {
            case Selection.Outcome.Found found -> "-> " + found.node().name();
            case Selection.Outcome.NoFit(var message, var _, var nominated) ->
                nominated != null && !nominated.isEmpty() ? "nominated " + nominated : message;
        };
    }

    /// The weighted total of each node's scores, for the pod that was decided on last.
    Map<String, Long> totals(PodInfo pod, List<NodeInfo> feasible) {
        Profile profile = profile(pod);
        var local = new LocalResults.Memory().of(profile, pod);
        local.fit(nodes().size());
        long[] totals = new Ranking(List.of(), new Random(1)).totals(profile, lastState, pod, feasible, local);
        var result = new java.util.TreeMap<String, Long>();
        for (int i = 0; i < totals.length; i++) {
            result.put(feasible.get(i).name(), totals[i]);
        }
        return result;
    }

    @Override
    public void close() {
        client.close();
        shared.calls().close();
    }
}
