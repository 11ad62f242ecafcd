package io.jubernetes.controllermanager;

import io.jubernetes.common.controller.ElectedService.Context;
import io.jubernetes.common.health.HealthChecks;
import io.jubernetes.common.time.Deadline;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Starts the enabled controllers, all on one set of caches, and ends them.
public final class ControllerManagerWork implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(ControllerManagerWork.class);
    private static final Duration SYNC_ROUND = Duration.ofSeconds(30);

    private final ControllerContext context;
    private final List<Controller> controllers = new ArrayList<>();
    private final List<Meter> running = new ArrayList<>();
    private @Nullable MeterRegistry meters;

    private ControllerManagerWork(ControllerContext context) {
        this.context = context;
    }

    static AutoCloseable start(Context service, ControllerSettings settings) throws InterruptedException {
        return start(service, settings, "kube-controller-manager", ControllerList.ALL);
    }

    /// Starts the controllers of the cloud controller manager.
    public static AutoCloseable startForCloud(
            Context service, List<String> names, boolean useServiceAccountCredentials, List<ControllerEntry> entries)
            throws InterruptedException {
        return start(
                service,
                ControllerSettings.forCloud(names, useServiceAccountCredentials),
                "cloud-controller-manager",
                entries);
    }

    private static AutoCloseable start(
            Context service, ControllerSettings settings, String manager, List<ControllerEntry> entries)
            throws InterruptedException {
        var work = new ControllerManagerWork(ControllerContext.of(service, settings));
        boolean complete = false;
        try {
            for (ControllerEntry entry : entries) {
                if (entry.isEnabled(settings)) {
                    ControllerContext own = work.context.as(entry.account());
                    entry.maker().make(entry.name(), own).ifPresent(controller -> {
                        work.controllers.add(controller);
                        work.show(manager, entry.name(), own, service);
                    });
                }
            }
            work.fillCaches();
            work.controllers.forEach(Controller::start);
            log.info("{} controllers are at work", work.controllers.size());
            complete = true;
            return work;
        } finally {
            if (!complete) {
                work.close();
            }
        }
    }

    /// A check under `/healthz` and a metric for each controller, as upstream.
    private void show(String manager, String name, ControllerContext own, Context service) {
        service.health()
                .add(
                        name,
                        Set.of(HealthChecks.Endpoint.HEALTHZ),
                        () -> own.isHealthy() ? Optional.empty() : Optional.of("a worker has ended"));
        running.add(Gauge.builder("running.managed.controllers", () -> 1)
                .description("Whether a controller of this manager runs")
                .tags("name", name, "manager", manager)
                .register(service.meters()));
        meters = service.meters();
    }

    private void fillCaches() throws InterruptedException {
        while (true) {
            try {
                context.informers().start(Deadline.in(SYNC_ROUND));
                return;
            } catch (TimeoutException e) {
                log.info("waiting for the API server: {}", e.getMessage());
            }
        }
    }

    @Override
    public void close() {
        // Sources first, so that nothing new comes while the workers end; their clients last.
        context.informers().close();
        controllers.reversed().forEach(Controller::close);
        MeterRegistry registry = meters;
        if (registry != null) {
            running.forEach(registry::remove);
        }
        context.close();
    }
}
