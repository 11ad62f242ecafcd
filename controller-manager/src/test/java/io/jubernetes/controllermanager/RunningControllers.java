package io.jubernetes.controllermanager;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.jubernetes.common.client.KubernetesClients;
import io.jubernetes.common.component.ComponentLauncher;
import io.jubernetes.common.component.StartupException;
import io.jubernetes.common.controller.ElectedService;
import io.jubernetes.common.controller.LeaderFence;
import io.jubernetes.common.health.HealthChecks;
import io.jubernetes.common.testing.HandClock;
import io.jubernetes.controllermanager.cloud.PlayedCloud;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/// A controller manager in this JVM as flags describe it, each controller acting as its own service
/// account, on a clock that a test moves.
public final class RunningControllers implements AutoCloseable {
    private final KubernetesClient client;
    private final SimpleMeterRegistry meters;
    private final AutoCloseable work;

    private RunningControllers(KubernetesClient client, SimpleMeterRegistry meters, AutoCloseable work) {
        this.client = client;
        this.meters = meters;
        this.work = work;
    }

    /// The names of all controllers there are, those of the cloud controller manager too.
    public static List<String> all() {
        return Stream.concat(ControllerList.ALL.stream().map(ControllerEntry::name), PlayedCloud.controllers().stream())
                .toList();
    }

    /// Starts it and returns when its caches are full.
    ///
    /// @param cloud where a controller of the cloud controller manager works, if one is named
    public static RunningControllers start(Path kubeconfig, HandClock clock, PlayedCloud cloud, String... flags)
            throws StartupException, InterruptedException {
        KubernetesClient client = KubernetesClients.connect(kubeconfig, "kube-controller-manager");
        var meters = new SimpleMeterRegistry();
        boolean complete = false;
        try {
            var context =
                    new ElectedService.Context(client, meters, new HealthChecks(), clock, clock, LeaderFence.open());
            Optional<String> ofCloud = PlayedCloud.controllers().stream()
                    .filter(name -> List.of(flags).contains("--controllers=" + name))
                    .findFirst();
            AutoCloseable work = ofCloud.isPresent()
                    ? cloud.start(context, ofCloud.get())
                    : ControllerManagerWork.start(context, settings(flags));
            var running = new RunningControllers(client, meters, work);
            complete = true;
            return running;
        } finally {
            if (!complete) {
                client.close();
            }
        }
    }

    private static ControllerSettings settings(String... flags) throws StartupException {
        var command = new ControllerManagerCommand();
        ComponentLauncher.commandLine(command)
                .parseArgs(Stream.concat(Stream.of("--use-service-account-credentials"), Arrays.stream(flags))
                        .toArray(String[]::new));
        return command.settings();
    }

    /// Whether no key waits for a worker or has one.
    public boolean isIdle() {
        return sum("workqueue.depth") == 0 && sum("workqueue.unfinished.work.seconds") == 0;
    }

    /// How many keys were put into queues so far.
    public long adds() {
        return (long) meters.find("workqueue.adds").counters().stream()
                .mapToDouble(Counter::count)
                .sum();
    }

    private double sum(String gauge) {
        return meters.find(gauge).gauges().stream()
                .mapToDouble(each -> each.value())
                .sum();
    }

    @Override
    public void close() {
        try {
            work.close();
        } catch (Exception e) {
            throw new IllegalStateException("the controllers do not end", e);
        } finally {
            client.close();
        }
    }
}
