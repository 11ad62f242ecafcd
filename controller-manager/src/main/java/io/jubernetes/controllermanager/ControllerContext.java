package io.jubernetes.controllermanager;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.jubernetes.common.client.KubernetesClients;
import io.jubernetes.common.controller.ApiEventRecorder;
import io.jubernetes.common.controller.ControllerRunner;
import io.jubernetes.common.controller.ElectedService;
import io.jubernetes.common.controller.EventRecorder;
import io.jubernetes.common.controller.Informers;
import io.jubernetes.common.controller.KeyedReconciler;
import io.jubernetes.common.controller.LeaderFence;
import io.jubernetes.common.controller.RawApi;
import io.jubernetes.common.controller.WorkQueue;
import io.jubernetes.common.time.Ticker;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Clock;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What a controller is built from. The caches, the clock and the settings are all controllers';
/// requests are made under the controller's own identity when there are such. One set for each time the
/// manager leads.
public final class ControllerContext implements AutoCloseable {
    /// What all controllers share.
    private record Shared(
            KubernetesClient manager,
            @Nullable AccountClients accounts,
            Informers informers,
            MeterRegistry meters,
            Clock clock,
            Ticker ticker,
            LeaderFence fence,
            ControllerSettings settings,
            Map<String, ApiEventRecorder> recorders,
            List<KubernetesClient> connections) {}

    private final Shared shared;
    private final String account;
    private final KubernetesClient client;
    private final RawApi raw;
    private final List<ControllerRunner<?>> runners = new ArrayList<>(); // guarded by itself

    private ControllerContext(Shared shared, String account, KubernetesClient client) {
        this.shared = shared;
        this.account = account;
        this.client = client;
        this.raw = new RawApi(client);
    }

    /// The context of the manager itself.
    static ControllerContext of(ElectedService.Context service, ControllerSettings settings) {
        KubernetesClient client = service.client();
        AccountClients accounts = settings.useServiceAccountCredentials()
                ? new AccountClients(client, service.fence(), service.clock())
                : null;
        var shared = new Shared(
                client,
                accounts,
                new Informers(client),
                service.meters(),
                service.clock(),
                service.ticker(),
                service.fence(),
                settings,
                new HashMap<>(),
                new ArrayList<>());
        return new ControllerContext(shared, "", client);
    }

    /// The context of one controller.
    ///
    /// @param name the service account it acts as, empty for the manager itself
    ControllerContext as(String name) {
        AccountClients accounts = shared.accounts();
        return new ControllerContext(
                shared, name, accounts == null || name.isEmpty() ? shared.manager() : accounts.of(name));
    }

    public KubernetesClient client() {
        return client;
    }

    public RawApi raw() {
        return raw;
    }

    /// A client on a connection of its own, under the same identity; closed with the context.
    public KubernetesClient newConnection() {
        AccountClients accounts = shared.accounts();
        if (accounts != null && !account.isEmpty()) {
            return accounts.ofOwnConnection(account);
        }
        KubernetesClient made = new KubernetesClientBuilder()
                .withConfig(shared.manager().getConfiguration())
                .withKubernetesSerialization(KubernetesClients.serialization())
                .build();
        synchronized (shared.connections()) {
            shared.connections().add(made);
        }
        return shared.fence().fenced(made);
    }

    /// Shared by all controllers: each kind is watched once.
    public Informers informers() {
        return shared.informers();
    }

    public Clock clock() {
        return shared.clock();
    }

    public ControllerSettings settings() {
        return shared.settings();
    }

    public MeterRegistry meters() {
        return shared.meters();
    }

    /// The recorder of events from this component.
    public EventRecorder events(String component) {
        synchronized (shared.recorders()) {
            return shared.recorders()
                    .computeIfAbsent(component, name -> ApiEventRecorder.start(client, name, "", clock(), meters()));
        }
    }

    public <K> WorkQueue<K> queue(String name) {
        return new WorkQueue<>(name, meters(), shared.ticker());
    }

    /// A runner with the number of workers that the flags give this controller.
    public <K> ControllerRunner<K> runner(String name, WorkQueue<K> queue, KeyedReconciler<K> reconciler) {
        return runner(name, queue, reconciler, settings().workers(name));
    }

    /// A runner whose health is the controller's.
    public <K> ControllerRunner<K> runner(String name, WorkQueue<K> queue, KeyedReconciler<K> reconciler, int workers) {
        var runner = new ControllerRunner<>(name, queue, reconciler, workers);
        synchronized (runners) {
            runners.add(runner);
        }
        return runner;
    }

    /// Whether all of the controller's workers are there.
    boolean isHealthy() {
        synchronized (runners) {
            return runners.stream().allMatch(ControllerRunner::isHealthy);
        }
    }

    @Override
    public void close() {
        shared.informers().close();
        synchronized (shared.recorders()) {
            shared.recorders().values().forEach(ApiEventRecorder::close);
        }
        synchronized (shared.connections()) {
            shared.connections().forEach(KubernetesClient::close);
        }
        if (shared.accounts() != null) {
            shared.accounts().close();
        }
    }
}
