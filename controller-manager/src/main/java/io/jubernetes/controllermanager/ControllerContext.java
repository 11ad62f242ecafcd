package io.jubernetes.controllermanager;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.jubernetes.common.controller.ApiEventRecorder;
import io.jubernetes.common.controller.ControllerRunner;
import io.jubernetes.common.controller.EventRecorder;
import io.jubernetes.common.controller.Informers;
import io.jubernetes.common.controller.KeyedReconciler;
import io.jubernetes.common.controller.RawApi;
import io.jubernetes.common.controller.WorkQueue;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Clock;
import java.util.HashMap;
import java.util.Map;

/// What controllers are built from. One for each time the manager leads.
public final class ControllerContext implements AutoCloseable {
    private final KubernetesClient client;
    private final RawApi raw;
    private final Informers informers;
    private final MeterRegistry meters;
    private final Clock clock;
    private final ControllerSettings settings;
    private final Map<String, ApiEventRecorder> recorders = new HashMap<>(); // guarded by this

    ControllerContext(KubernetesClient client, MeterRegistry meters, Clock clock, ControllerSettings settings) {
        this.client = client;
        this.raw = new RawApi(client);
        this.informers = new Informers(client);
        this.meters = meters;
        this.clock = clock;
        this.settings = settings;
    }

    public KubernetesClient client() {
        return client;
    }

    public RawApi raw() {
        return raw;
    }

    /// Shared by all controllers: each kind is watched once.
    public Informers informers() {
        return informers;
    }

    public Clock clock() {
        return clock;
    }

    public ControllerSettings settings() {
        return settings;
    }

    public MeterRegistry meters() {
        return meters;
    }

    /// The recorder of events from this component.
    public synchronized EventRecorder events(String component) {
        return recorders.computeIfAbsent(component, name -> ApiEventRecorder.start(client, name, "", clock, meters));
    }

    public <K> WorkQueue<K> queue(String name) {
        return new WorkQueue<>(name, meters);
    }

    /// A runner with the number of workers that the flags give this controller.
    public <K> ControllerRunner<K> runner(String name, WorkQueue<K> queue, KeyedReconciler<K> reconciler) {
        return new ControllerRunner<>(name, queue, reconciler, settings.workers(name));
    }

    @Override
    public synchronized void close() {
        informers.close();
        recorders.values().forEach(ApiEventRecorder::close);
    }
}
