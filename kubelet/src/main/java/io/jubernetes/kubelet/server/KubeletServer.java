package io.jubernetes.kubelet.server;

import io.jubernetes.common.component.StartupException;
import io.jubernetes.common.health.HealthChecks;
import io.jubernetes.common.health.ManagementHandler;
import io.jubernetes.common.http.DelegatedAccess;
import io.jubernetes.common.http.RequestGate;
import io.jubernetes.common.http.ServerSettings;
import io.jubernetes.common.http.SpringService;
import io.jubernetes.common.http.WebServerConfiguration;
import io.jubernetes.kubelet.PodEngine;
import io.jubernetes.kubelet.source.PushedPodSource;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.time.Clock;
import org.jspecify.annotations.Nullable;
import org.springframework.web.server.WebHandler;
import reactor.core.publisher.Mono;

/// The kubelet's server.
public final class KubeletServer implements AutoCloseable {
    private final SpringService service;

    private KubeletServer(SpringService service) {
        this.service = service;
    }

    /// Starts serving.
    ///
    /// @param manifests takes manifests of static pods
    /// @param access who may do what; null lets everybody do everything
    /// @param configuration what `/configz` shows
    /// @throws StartupException when the port is taken
    public static KubeletServer start(
            ServerSettings settings,
            PodEngine engine,
            PushedPodSource manifests,
            String nodeName,
            @Nullable DelegatedAccess access,
            HealthChecks health,
            PrometheusMeterRegistry metrics,
            String configuration,
            Clock clock)
            throws StartupException {
        // Requests have passed the kubelet's own check before they come to the management endpoints.
        RequestGate passed = (_, _, _) -> Mono.just(RequestGate.Verdict.ALLOWED);
        var management = new ManagementHandler(health, metrics, () -> configuration, passed);
        var handler = new KubeletHandler(engine, manifests, nodeName, access, management, clock);
        return new KubeletServer(SpringService.start("kubelet", WebServerConfiguration.class, true, context -> {
            context.registerBean(ServerSettings.class, () -> settings);
            context.registerBean(WebHandler.class, () -> handler);
        }));
    }

    public int port() {
        return service.port();
    }

    @Override
    public void close() {
        service.close();
    }
}
