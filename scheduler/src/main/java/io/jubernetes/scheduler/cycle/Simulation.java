package io.jubernetes.scheduler.cycle;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.jubernetes.common.controller.ChangeHandler;
import io.jubernetes.common.controller.Lister;
import io.jubernetes.common.meta.ObjectKey;
import io.jubernetes.scheduler.framework.Cluster;
import io.jubernetes.scheduler.framework.CycleState;
import io.jubernetes.scheduler.framework.PluginContext;
import io.jubernetes.scheduler.framework.PodInfo;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Clock;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.function.Function;

/// Decides on pods against nodes and pods given by hand, without an API server and with nothing carried out: for
/// benchmarks, and to try out a profile. Not thread-safe.
public final class Simulation implements AutoCloseable {
    private final Shared shared = Shared.create();
    private final KubernetesClient nowhere = new KubernetesClientBuilder()
            .withConfig(new ConfigBuilder().withMasterUrl("https://127.0.0.1:1").build())
            .build();
    private final Profile profile;
    private final Selection selection;
    private final AssumedPods assumed;

    /// @param profile makes the profile that decides on all pods
    public Simulation(Function<PluginContext, Profile> profile) {
        var context = new PluginContext(
                nowhere,
                shared.nodes(),
                new Empty(),
                shared.held(),
                shared.nominations(),
                List.of(),
                new Idle(),
                (_, _, _, _, _, _) -> {},
                Clock.systemUTC(),
                new Random(1));
        this.profile = profile.apply(context);
        this.assumed = new AssumedPods(shared.nodes(), Clock.systemUTC());
        this.selection = new Selection(
                shared.nodes(),
                List.of(),
                shared.nominations(),
                new SchedulerMetrics(new SimpleMeterRegistry()),
                new Random(1));
    }

    public void add(Node node) {
        shared.nodes().putNode(node);
    }

    /// Adds a pod that has a node.
    public void add(Pod pod) {
        shared.nodes()
                .putPod(
                        pod.getSpec().getNodeName(),
                        PodInfo.of(pod, shared.nodes().resources()));
    }

    /// Chooses a node for a pod and puts it there, with all that the scheduling thread does for that.
    ///
    /// @return the node; empty when there is none, whether or not room could be made
    public Optional<String> schedule(Pod pod) {
        PodInfo info = PodInfo.of(pod, shared.nodes().resources());
        return switch (selection.select(profile, new CycleState(), info)) {
            case Selection.Outcome.Found found -> {
                String node = found.node().name();
                assumed.assume(info, node);
                // The binding comes back by the watch.
                PodInfo bound = PodInfo.of(
                        pod.edit().editSpec().withNodeName(node).endSpec().build(),
                        shared.nodes().resources());
                assumed.confirm(bound.uid(), node);
                shared.nodes().putPod(node, bound);
                yield Optional.of(node);
            }
            case Selection.Outcome.NoFit _ -> Optional.empty();
        };
    }

    @Override
    public void close() {
        nowhere.close();
        shared.calls().close();
    }

    /// Carries nothing out.
    private static final class Idle implements PluginContext.Work {
        @Override
        public void background(Runnable call) {
            Objects.requireNonNull(call);
        }

        @Override
        public void wake(String uid) {
            Objects.requireNonNull(uid);
        }
    }

    /// Has no objects.
    private static final class Empty implements Cluster {
        @Override
        public <T extends HasMetadata> Lister<T> lister(Class<T> kind) {
            return new Lister<>() {
                @Override
                public Optional<T> find(ObjectKey key) {
                    return Optional.empty();
                }

                @Override
                public List<T> all() {
                    return List.of();
                }

                @Override
                public List<T> inNamespace(String namespace) {
                    return List.of();
                }

                @Override
                public List<T> by(String index, String value) {
                    return List.of();
                }

                @Override
                public long revision() {
                    return 0;
                }
            };
        }

        @Override
        public <T extends HasMetadata> void listen(Class<T> kind, ChangeHandler<T> handler) {
            Objects.requireNonNull(handler);
        }
    }
}
