package io.jubernetes.scheduler;

import io.jubernetes.common.component.ComponentCommand;
import io.jubernetes.common.component.RunningComponent;
import io.jubernetes.common.component.StartupException;
import io.jubernetes.common.controller.ElectedService;
import io.jubernetes.common.controller.ServiceOptions;
import java.time.Clock;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// The scheduler's command line.
@Command(name = "scheduler", description = "Chooses a node for every pod that has none.")
public final class SchedulerCommand extends ComponentCommand {
    private static final String NAME = "kube-scheduler";

    @Mixin
    private ServiceOptions options = new ServiceOptions();

    @Option(
            names = "--secure-port",
            paramLabel = "PORT",
            defaultValue = "10259",
            description = "Port for health and metrics (${DEFAULT-VALUE}); 0 serves none.")
    private int securePort;

    @Override
    public RunningComponent start() throws StartupException {
        return ElectedService.start(
                NAME,
                options,
                securePort,
                Map.of("profiles", new String[] {SchedulerWork.DEFAULT_NAME}),
                Clock.systemUTC(),
                SchedulerWork::start);
    }
}
