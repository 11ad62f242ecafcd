package io.jubernetes.common.controller;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.Informable;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import io.jubernetes.common.time.Deadline;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;

/// The informers of one component: each kind is listed and watched once, however many controllers look at it.
/// Register what is needed, then [#start]; more can be registered and started later. Thread-safe.
public final class Informers implements AutoCloseable {
    private final KubernetesClient client;
    private final Map<String, InformerLister<?>> informers = new LinkedHashMap<>(); // guarded by this
    private final List<InformerLister<?>> unstarted = new ArrayList<>(); // guarded by this
    private boolean closed; // guarded by this

    public Informers(KubernetesClient client) {
        this.client = client;
    }

    /// The informer for all objects of a kind.
    public <T extends HasMetadata> Informed<T> of(Class<T> kind) {
        return of(kind, "", c -> c.resources(kind).inAnyNamespace());
    }

    /// The informer for some objects of a kind.
    ///
    /// @param selection names the choice, for instance `nodeName=a`; equal names share one informer
    /// @param choose makes the request, for instance with a field selector
    @SuppressWarnings("unchecked") // the map's key holds the kind
    public synchronized <T extends HasMetadata> Informed<T> of(
            Class<T> kind, String selection, Function<KubernetesClient, Informable<T>> choose) {
        if (closed) {
            throw new IllegalStateException("the informers are closed");
        }
        return (Informed<T>) informers.computeIfAbsent(kind.getName() + "?" + selection, _ -> {
            SharedIndexInformer<T> informer = choose.apply(client).runnableInformer(0);
            var lister = new InformerLister<>(informer);
            unstarted.add(lister);
            return lister;
        });
    }

    /// Starts what is not started yet and waits until every informer has its first full copy. An API server that
    /// does not answer is tried again until the deadline and, in the background, after it.
    ///
    /// @throws TimeoutException when some are still without a copy at the deadline; they go on trying
    public void start(Deadline deadline) throws InterruptedException, TimeoutException {
        List<InformerLister<?>> starting;
        synchronized (this) {
            starting = List.copyOf(unstarted);
            unstarted.clear();
        }
        starting.forEach(InformerLister::start);
        List<InformerLister<?>> all;
        synchronized (this) {
            all = List.copyOf(informers.values());
        }
        for (InformerLister<?> lister : all) {
            try {
                lister.started().get(deadline.remaining().toNanos(), TimeUnit.NANOSECONDS);
            } catch (ExecutionException e) {
                throw new IllegalStateException("cannot watch " + lister.kind(), e.getCause());
            } catch (TimeoutException e) {
                throw new TimeoutException("no copy of " + lister.kind() + " from the API server in time");
            }
        }
    }

    /// Ends all watches.
    @Override
    public void close() {
        List<InformerLister<?>> all;
        synchronized (this) {
            closed = true;
            all = List.copyOf(informers.values());
        }
        all.forEach(InformerLister::stop);
    }
}
