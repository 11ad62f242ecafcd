package io.jubernetes.serviceproxy.ingress;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.fabric8.kubernetes.api.model.networking.v1.Ingress;
import io.fabric8.kubernetes.api.model.networking.v1.IngressClass;
import io.jubernetes.common.controller.EventRecorder;
import io.jubernetes.common.controller.Informed;
import io.jubernetes.common.meta.ObjectKey;
import io.jubernetes.serviceproxy.backend.Backend.Outcome;
import io.jubernetes.serviceproxy.backend.BackendException;
import io.jubernetes.serviceproxy.rules.SliceOwner;
import io.jubernetes.serviceproxy.sync.SyncLoop;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// Keeps HAProxy equal to the cluster's Ingresses of this controller's classes, and their status and events
/// equal to what it does. TLS Secrets are watched from the first such Ingress on, and without one no HAProxy runs.
public final class IngressController implements AutoCloseable, SyncLoop.Work {
    /// Who serves an IngressClass that names this.
    public static final String CONTROLLER = "jubernetes.io/haproxy";

    private static final String CLASS_ANNOTATION = "kubernetes.io/ingress.class";

    /// What is read from the API.
    public interface Sources {
        Informed<Ingress> ingresses();

        Informed<IngressClass> classes();

        Informed<Service> services();

        Informed<EndpointSlice> slices();

        /// The Secrets of the type `kubernetes.io/tls`; watched from the first call on.
        Informed<Secret> secrets();

        /// Waits until everything that was asked for is known in full.
        void await() throws BackendException, InterruptedException;
    }

    /// What is written to the API.
    @FunctionalInterface
    public interface StatusWriter {
        /// Says in an Ingress's status where it is served.
        ///
        /// @throws BackendException when it could not be written; the next round tries again
        void publish(Ingress ingress, List<String> addresses) throws BackendException;
    }

    private final IngressSettings settings;
    private final Sources sources;
    private final StatusWriter status;
    private final EventRecorder events;
    private final IngressMetrics metrics;
    private final Haproxy haproxy;
    private final SyncLoop loop;
    private final List<Informed.Registration> registrations = new ArrayList<>(); // guarded by this
    private @Nullable Informed<Secret> secrets; // the loop's own, as is complained
    private Set<String> complained = Set.of();

    public IngressController(
            IngressSettings settings,
            Sources sources,
            StatusWriter status,
            EventRecorder events,
            IngressMetrics metrics,
            SyncLoop.Periods periods) {
        this.settings = settings;
        this.sources = sources;
        this.status = status;
        this.events = events;
        this.metrics = metrics;
        this.haproxy = new Haproxy(settings, metrics);
        this.loop = new SyncLoop("ingress", periods, this, metrics);
        SliceOwner.index(sources.slices());
    }

    /// Starts working; does not wait for anything.
    public void start() {
        listen(sources.ingresses());
        listen(sources.classes());
        listen(sources.services());
        listen(sources.slices());
        loop.start();
    }

    private synchronized <T extends HasMetadata> void listen(Informed<T> informed) {
        registrations.add(informed.listen((_, _) -> loop.changed()));
    }

    @Override
    public Outcome sync() throws BackendException, InterruptedException {
        sources.await();
        List<Ingress> ours = ours();
        if (!ours.isEmpty() && secrets == null) {
            secrets = sources.secrets();
            sources.await();
            listen(secrets);
        }
        IngressPlanner.Result result = IngressPlanner.plan(ours, new Objectwise(sources, secrets));
        complain(result.complaints());
        Outcome outcome = haproxy.apply(result.plan());
        metrics.routes(result.plan().routes().size());
        for (Ingress ingress : ours) {
            if (!settings.published().equals(published(ingress))) {
                status.publish(ingress, settings.published());
            }
        }
        return outcome;
    }

    @Override
    public Outcome verify() throws BackendException, InterruptedException {
        return haproxy.verify();
    }

    private List<Ingress> ours() {
        Set<String> classes = sources.classes().all().stream()
                .filter(each -> each.getSpec() != null
                        && CONTROLLER.equals(each.getSpec().getController()))
                .map(each -> each.getMetadata().getName())
                .collect(Collectors.toSet());
        return sources.ingresses().all().stream()
                .filter(ingress ->
                        ingress.getSpec() != null && ingress.getMetadata().getDeletionTimestamp() == null)
                .filter(ingress -> className(ingress).filter(classes::contains).isPresent())
                .toList();
    }

    /// The class an Ingress names; the API server has filled in the default one.
    private static Optional<String> className(Ingress ingress) {
        Map<String, String> annotations =
                Objects.requireNonNullElse(ingress.getMetadata().getAnnotations(), Map.of());
        return Optional.ofNullable(ingress.getSpec().getIngressClassName())
                .or(() -> Optional.ofNullable(annotations.get(CLASS_ANNOTATION)));
    }

    private static List<String> published(Ingress ingress) {
        var where = ingress.getStatus();
        if (where == null
                || where.getLoadBalancer() == null
                || where.getLoadBalancer().getIngress() == null) {
            return List.of();
        }
        return where.getLoadBalancer().getIngress().stream()
                .map(each -> Objects.requireNonNullElse(each.getIp(), ""))
                .toList();
    }

    /// Says everything once, and again only after it was mended in between.
    private void complain(List<IngressPlanner.Complaint> complaints) {
        Set<String> now = new HashSet<>();
        for (IngressPlanner.Complaint complaint : complaints) {
            String what =
                    complaint.ingress().getMetadata().getUid() + " " + complaint.reason() + " " + complaint.message();
            if (now.add(what) && !complained.contains(what)) {
                events.warning(complaint.ingress(), complaint.reason(), complaint.message());
            }
        }
        complained = now;
    }

    private record Objectwise(Sources sources, @Nullable Informed<Secret> secrets) implements IngressPlanner.Cluster {
        @Override
        public Optional<Service> service(ObjectKey key) {
            return sources.services().find(key);
        }

        @Override
        public Collection<EndpointSlice> slices(ObjectKey service) {
            return SliceOwner.slicesOf(sources.slices(), service);
        }

        @Override
        public Optional<Secret> secret(ObjectKey key) {
            return secrets == null ? Optional.empty() : secrets.find(key);
        }
    }

    /// Stops working and ends HAProxy.
    @Override
    public void close() {
        List<Informed.Registration> all;
        synchronized (this) {
            all = List.copyOf(registrations);
        }
        all.forEach(Informed.Registration::close);
        loop.close();
        haproxy.close();
    }
}
