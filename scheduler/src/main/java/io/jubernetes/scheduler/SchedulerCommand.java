package io.jubernetes.scheduler;

import io.jubernetes.common.component.ComponentCommand;
import io.jubernetes.common.component.RunningComponent;
import io.jubernetes.common.component.StartupException;
import io.jubernetes.common.controller.ElectedService;
import io.jubernetes.common.controller.ServiceOptions;
import io.jubernetes.scheduler.config.Profiles;
import io.jubernetes.scheduler.config.SchedulerConfiguration;
import io.jubernetes.scheduler.extender.HttpExtender;
import io.jubernetes.scheduler.framework.Extender;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

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

    @Option(
            names = "--config",
            paramLabel = "FILE",
            description = "A KubeSchedulerConfiguration file: profiles, plugins and their arguments.")
    @Nullable
    private Path config;

    @Option(
            names = "--plugin-jars",
            paramLabel = "JAR",
            split = ",",
            description = "Jars with plugins of your own, separated by commas; --config enables them.")
    private List<Path> pluginJars = new ArrayList<>();

    @Override
    public RunningComponent start() throws StartupException {
        SchedulerConfiguration configuration =
                config == null ? SchedulerConfiguration.defaults() : SchedulerConfiguration.read(config);
        try {
            options.override(configuration.leaderElection(), configuration.clientConnection());
        } catch (TypeConversionException e) {
            throw new StartupException("--config: leaderElection: " + e.getMessage(), e);
        }
        // A scheduler that waits for its turn to lead is to say at once what it cannot do then.
        ClassLoader plugins = PluginJars.loader(pluginJars);
        Profiles.check(configuration, SchedulerWork.registry(_ -> {}, plugins));
        List<Extender> extenders = HttpExtender.of(configuration.extenders());
        return ElectedService.start(
                NAME,
                options,
                securePort,
                Map.of(
                        "profiles",
                        configuration.profiles().stream()
                                .map(SchedulerConfiguration.ProfileSpec::schedulerName)
                                .toList()),
                Clock.systemUTC(),
                context -> SchedulerWork.start(context, configuration, extenders, plugins));
    }
}
