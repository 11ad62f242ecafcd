package io.jubernetes.serviceproxy.policy;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.jubernetes.common.controller.Informed;
import io.jubernetes.common.controller.Informers;
import io.jubernetes.common.time.Deadline;
import io.jubernetes.serviceproxy.backend.Backend.Outcome;
import io.jubernetes.serviceproxy.backend.BackendException;
import io.jubernetes.serviceproxy.sync.SyncLoop;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// Keeps the policies' table equal to what the API says. Pods and namespaces are watched from the first policy on: a
/// cluster without policies pays nothing for them. Events only say that something changed, so they need no queue.
public final class PolicyAgent implements AutoCloseable, SyncLoop.Work {
    private static final Duration WATCH_LIMIT = Duration.ofSeconds(30);

    /// The objects that policies speak of.
    private record Sources(Informed<Pod> pods, Informed<Namespace> namespaces) {}

    private final Set<String> nodes;
    private final Informers informers;
    private final Informed<NetworkPolicy> policies;
    private final PolicyFilter filter;
    private final SyncLoop loop;
    private final List<Informed.Registration> registrations = new ArrayList<>(); // guarded by this
    private @Nullable Sources sources; // the loop's thread's own

    /// @param nodes the nodes of this machine
    public PolicyAgent(
            Set<String> nodes,
            Informers informers,
            PolicyFilter filter,
            SyncLoop.Periods periods,
            MeterRegistry meters) {
        this.nodes = Set.copyOf(nodes);
        this.informers = informers;
        this.policies = informers.of(NetworkPolicy.class);
        this.filter = filter;
        this.loop = new SyncLoop("network-policy", periods, this, new PolicyMetrics(meters));
    }

    /// Starts working; does not wait for anything.
    public void start() {
        listen(policies, NetworkPolicy::getSpec);
        loop.start();
    }

    @Override
    public Outcome sync() throws BackendException, InterruptedException {
        awaitCopies();
        List<NetworkPolicy> all = policies.all();
        if (all.isEmpty() && sources == null) {
            return filter.apply(FilterTable.NONE);
        }
        return filter.apply(PolicyCompiler.compile(view(all, sources())));
    }

    @Override
    public Outcome verify() throws BackendException, InterruptedException {
        return filter.verify();
    }

    private ClusterView view(List<NetworkPolicy> all, Sources from) {
        List<PolicyPod> pods = new ArrayList<>();
        from.pods().all().forEach(pod -> PolicyPod.of(pod, nodes).ifPresent(pods::add));
        Map<String, Map<String, String>> labels = new HashMap<>();
        from.namespaces()
                .all()
                .forEach(namespace -> labels.put(namespace.getMetadata().getName(), labels(namespace)));
        return new ClusterView(all, pods, labels);
    }

    private Sources sources() throws BackendException, InterruptedException {
        Sources known = sources;
        if (known != null) {
            return known;
        }
        var made = new Sources(informers.of(Pod.class), informers.of(Namespace.class));
        awaitCopies();
        // Most changes of pods and namespaces are none to a policy.
        listen(made.pods(), pod -> PolicyPod.of(pod, nodes));
        listen(made.namespaces(), PolicyAgent::labels);
        sources = made;
        return made;
    }

    /// Without a full copy of everything the table would be written from half of the truth.
    private void awaitCopies() throws BackendException, InterruptedException {
        try {
            informers.start(Deadline.in(WATCH_LIMIT));
        } catch (TimeoutException e) {
            throw new BackendException(String.valueOf(e.getMessage()), e);
        }
    }

    private synchronized <T extends HasMetadata> void listen(Informed<T> informed, Function<T, Object> part) {
        registrations.add(informed.listen((before, after) -> {
            if (before == null || after == null || !part.apply(before).equals(part.apply(after))) {
                loop.changed();
            }
        }));
    }

    private static Map<String, String> labels(Namespace namespace) {
        return Objects.requireNonNullElse(namespace.getMetadata().getLabels(), Map.of());
    }

    /// Stops working and leaves the table as it is.
    @Override
    public void close() {
        List<Informed.Registration> all;
        synchronized (this) {
            all = List.copyOf(registrations);
        }
        all.forEach(Informed.Registration::close);
        loop.close();
    }
}
