package io.jubernetes.controllermanager.cloud;

import io.jubernetes.common.component.ComponentCommand;
import io.jubernetes.common.component.RunningComponent;
import io.jubernetes.common.component.StartupException;
import io.jubernetes.common.controller.ElectedService;
import io.jubernetes.common.controller.ServiceOptions;
import io.jubernetes.controllermanager.ControllerManagerWork;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.ServiceLoader;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// The cloud controller manager's command line.
@Command(
        name = "cloud-controller-manager",
        description = "Runs the controllers that need to know where the cluster runs: nodes, load balancers, routes.")
public final class CloudControllerManagerCommand extends ComponentCommand {
    private static final String NAME = "cloud-controller-manager";

    @Mixin
    private ServiceOptions options = new ServiceOptions();

    @Option(
            names = "--secure-port",
            paramLabel = "PORT",
            defaultValue = "10258",
            description = "Port for health and metrics (${DEFAULT-VALUE}); 0 serves none.")
    private int securePort;

    @Option(
            names = "--cloud-provider",
            paramLabel = "NAME",
            defaultValue = "local",
            description = "Where the cluster runs (${DEFAULT-VALUE}).")
    private String providerName = "local";

    @Option(
            names = "--cloud-config",
            paramLabel = "FILE",
            description = "Settings of the provider, lines of 'name = value'.")
    private @Nullable Path config;

    @Option(
            names = "--controllers",
            paramLabel = "NAME",
            split = ",",
            defaultValue = "*",
            description =
                    "Controllers to run: '*' for all that are on by default, 'NAME' for one more, '-NAME' for one less.")
    private List<String> controllers = List.of("*");

    @Option(
            names = "--configure-cloud-routes",
            arity = "0..1",
            paramLabel = "true|false",
            defaultValue = "true",
            fallbackValue = "true",
            description = "Keep routes between nodes' pod ranges where the provider needs them.")
    private boolean routes = true;

    @Option(
            names = "--use-service-account-credentials",
            arity = "0..1",
            paramLabel = "true|false",
            defaultValue = "false",
            fallbackValue = "true",
            description = "Let each controller act as a service account of its own.")
    private boolean useServiceAccountCredentials;

    @Override
    public RunningComponent start() throws StartupException {
        CloudProvider provider = provider();
        var shown = Map.of("cloudProvider", providerName, "controllers", controllers);
        return ElectedService.start(
                NAME,
                options,
                securePort,
                shown,
                Clock.systemUTC(),
                service -> ControllerManagerWork.startForCloud(
                        service, controllers, useServiceAccountCredentials, CloudControllers.of(provider, routes)));
    }

    private CloudProvider provider() throws StartupException {
        var all = StreamSupport.stream(
                        ServiceLoader.load(CloudProvider.Factory.class).spliterator(), false)
                .collect(Collectors.toMap(CloudProvider.Factory::name, each -> each, (a, _) -> a));
        all.putIfAbsent("local", new LocalProvider.LocalFactory());
        CloudProvider.Factory factory = all.get(providerName);
        if (factory == null) {
            throw new StartupException("--cloud-provider: there is no provider '" + providerName + "'; there are "
                    + all.keySet().stream().sorted().collect(Collectors.joining(", ")));
        }
        try {
            return factory.create(settings());
        } catch (IllegalArgumentException e) {
            throw new StartupException("--cloud-config: " + e.getMessage(), e);
        }
    }

    private Map<String, String> settings() throws StartupException {
        var settings = new HashMap<String, String>();
        if (config != null) {
            var properties = new Properties();
            try (InputStream file = Files.newInputStream(config)) {
                properties.load(file);
            } catch (IOException e) {
                throw new StartupException("--cloud-config: cannot read " + config + ": " + e.getMessage(), e);
            }
            properties.forEach((name, value) -> settings.put(name.toString(), value.toString()));
        }
        return settings;
    }
}
