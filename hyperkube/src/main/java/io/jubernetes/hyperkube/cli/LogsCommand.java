package io.jubernetes.hyperkube.cli;

import io.jubernetes.common.component.StartupException;
import io.jubernetes.hyperkube.cluster.ClusterDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/// `logs`: what the components wrote.
@Command(name = "logs", description = "Shows the log of the components.", mixinStandardHelpOptions = true)
public final class LogsCommand implements Callable<Integer> {
    private static final Map<String, String> PACKAGES = Map.of(
            "apiserver", "apiserver.",
            "controller-manager", "controllermanager.",
            "scheduler", "scheduler.",
            "kubelet", "kubelet.",
            "service-proxy", "serviceproxy.");

    @Mixin
    private ClusterOption cluster = new ClusterOption();

    @Parameters(
            arity = "0..1",
            paramLabel = "COMPONENT",
            description =
                    "apiserver, controller-manager, scheduler, kubelet, service-proxy or etcd; all when left out.")
    private @Nullable String component;

    @Override
    public Integer call() throws StartupException, IOException {
        ClusterDirectory directory = cluster.existing();
        if ("etcd".equals(component)) {
            Files.copy(directory.root().resolve("etcd.log"), System.out);
            return 0;
        }
        String prefix = component == null ? null : PACKAGES.get(component);
        if (component != null && prefix == null) {
            throw new StartupException("there is no component " + component + "; choose one of "
                    + String.join(", ", PACKAGES.keySet().stream().sorted().toList()) + ", etcd");
        }
        if (!Files.exists(directory.log())) {
            return 0;
        }
        try (Stream<String> lines = Files.lines(directory.log())) {
            boolean[] shown = {prefix == null};
            lines.forEach(line -> {
                boolean entry = line.matches("[0-9]{4}-[0-9]{2}-[0-9]{2}T.*");
                if (prefix != null && entry) {
                    shown[0] = line.contains("] " + prefix);
                }
                if (shown[0]) {
                    System.out.println(line);
                }
            });
        }
        return 0;
    }
}
