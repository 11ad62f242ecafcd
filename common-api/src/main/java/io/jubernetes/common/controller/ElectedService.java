package io.jubernetes.common.controller;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.jubernetes.common.client.KubernetesClients;
import io.jubernetes.common.codec.Json;
import io.jubernetes.common.component.RunningComponent;
import io.jubernetes.common.component.StartupException;
import io.jubernetes.common.health.HealthChecks;
import io.jubernetes.common.health.ManagementHandler;
import io.jubernetes.common.http.ClientCertificates;
import io.jubernetes.common.http.DelegatedAccess;
import io.jubernetes.common.http.ServerSettings;
import io.jubernetes.common.http.ServerTls;
import io.jubernetes.common.http.SpringService;
import io.jubernetes.common.http.WebServerConfiguration;
import io.jubernetes.common.pki.Pem;
import io.jubernetes.common.time.Ticker;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A component that talks to the API server, serves its health and metrics, and works while it holds its
/// lease: the controller manager and the scheduler. Holds no state beside what it started; closing it
/// ends everything in reverse order.
public final class ElectedService implements RunningComponent {
    private static final Logger log = LoggerFactory.getLogger(ElectedService.class);

    /// What the work is given.
    ///
    /// @param client behind the fence
    /// @param health where it adds checks of its own
    /// @param ticker measures waits, where `clock` tells the time of day
    /// @param fence for clients that the work makes itself
    public record Context(
            KubernetesClient client,
            MeterRegistry meters,
            HealthChecks health,
            Clock clock,
            Ticker ticker,
            LeaderFence fence) {}

    /// The component's work.
    @FunctionalInterface
    public interface Work {
        /// Starts the work: at once, or each time the lease is won.
        ///
        /// @return ends it
        /// @throws InterruptedException when leadership ended meanwhile; nothing is left running then
        AutoCloseable start(Context context) throws InterruptedException;
    }

    private final String name;
    private final List<AutoCloseable> started;
    private boolean closed; // guarded by this

    private ElectedService(String name, List<AutoCloseable> started) {
        this.name = name;
        this.started = started;
    }

    /// Starts the service; its work goes on in the background.
    ///
    /// @param name the component's, which is also that of its lease and user agent
    /// @param securePort where health and metrics are served, 0 for nowhere
    /// @param settings what `/configz` shows, without secrets
    /// @throws StartupException when flags are wrong or the port is taken; nothing is left behind
    public static ElectedService start(
            String name, ServiceOptions options, int securePort, Map<String, ?> settings, Clock clock, Work work)
            throws StartupException {
        var started = new ArrayList<AutoCloseable>();
        var service = new ElectedService(name, started);
        boolean complete = false;
        try {
            KubernetesClient client = KubernetesClients.connect(options.kubeconfig, name);
            started.add(client);
            var meters = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
            started.add(meters::close);
            var health = new HealthChecks();
            if (securePort > 0) {
                started.add(serve(name, options, securePort, settings, client, meters, health));
            }
            started.add(
                    options.leaderElect
                            ? elect(name, options, client, meters, health, clock, work)
                            : runAlone(
                                    name,
                                    new Context(client, meters, health, clock, Ticker.SYSTEM, LeaderFence.open()),
                                    work));
            complete = true;
            return service;
        } finally {
            if (!complete) {
                service.close();
            }
        }
    }

    private static LeaderElection elect(
            String name,
            ServiceOptions options,
            KubernetesClient client,
            MeterRegistry meters,
            HealthChecks health,
            Clock clock,
            Work work) {
        var fence = LeaderFence.shut();
        var context = new Context(fence.fenced(client), meters, health, clock, Ticker.SYSTEM, fence);
        var settings = new LeaderElection.Settings(
                options.leaseNamespace,
                options.leaseName == null ? name : options.leaseName,
                hostname() + "_" + UUID.randomUUID(),
                options.leaseDuration,
                options.renewDeadline,
                options.retryPeriod);
        var election = LeaderElection.start(client, settings, fence, () -> work.start(context), clock);
        health.add("leaderElection", java.util.Set.of(HealthChecks.Endpoint.HEALTHZ), Optional::empty);
        return election;
    }

    /// Without an election the work starts once, on a thread of its own: it may have to wait for the API
    /// server.
    private static AutoCloseable runAlone(String name, Context context, Work work) {
        var running = new Object() {
            @Nullable
            AutoCloseable work; // written by `starter`, read after it ended
        };
        Thread starter = Thread.ofVirtual().name("start-" + name).start(() -> {
            try {
                running.work = work.start(context);
            } catch (InterruptedException _) {
                // closed before it was up
            } catch (RuntimeException e) {
                log.error("{}: the work could not start", name, e);
            }
        });
        return () -> {
            starter.interrupt();
            boolean ended = starter.join(Duration.ofSeconds(15));
            AutoCloseable there = running.work;
            if (ended && there != null) {
                there.close();
            }
        };
    }

    private static SpringService serve(
            String name,
            ServiceOptions options,
            int port,
            Map<String, ?> settings,
            KubernetesClient client,
            PrometheusMeterRegistry meters,
            HealthChecks health)
            throws StartupException {
        ServerTls tls = ServerTls.of(options.tlsCertificate, options.tlsKey, null, name, List.of("127.0.0.1"));
        var gate = new DelegatedAccess(client, certificates(options));
        String configuration = Json.text(Map.of(name, settings));
        return SpringService.start(name, WebServerConfiguration.class, true, context -> {
            context.registerBean(
                    ServerSettings.class, () -> new ServerSettings(options.bindAddress, port, "--secure-port", tls));
            context.registerBean(
                    ManagementHandler.class, () -> new ManagementHandler(health, meters, () -> configuration, gate));
        });
    }

    private static @Nullable ClientCertificates certificates(ServiceOptions options) throws StartupException {
        if (options.clientCa == null) {
            return null;
        }
        try {
            return new ClientCertificates(Pem.certificates(options.clientCa));
        } catch (IOException e) {
            throw new StartupException(
                    "--client-ca-file: cannot read " + options.clientCa + ": " + e.getMessage()
                            + "; name a PEM file with certificates",
                    e);
        }
    }

    private static String hostname() {
        try {
            return InetAddress.getLocalHost().getHostName();
        } catch (UnknownHostException e) {
            return "localhost";
        }
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        for (AutoCloseable each : started.reversed()) {
            try {
                each.close();
            } catch (Exception e) {
                log.warn("{}: stopping failed", name, e);
            }
        }
    }
}
