package io.jubernetes.hyperkube.cli;

import io.jubernetes.common.component.StartupException;
import io.jubernetes.hyperkube.cluster.ClusterDirectory;
import io.jubernetes.hyperkube.cluster.ClusterPurge;
import io.jubernetes.hyperkube.cluster.ClusterSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// `down`: stops a cluster.
@Command(
        name = "down",
        description =
                "Stops a cluster. Its pods keep running and are taken over by the next 'up', unless --purge is given.",
        mixinStandardHelpOptions = true)
public final class DownCommand implements Callable<Integer> {
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    @Mixin
    private ClusterOption cluster = new ClusterOption();

    @Option(
            names = "--purge",
            description = "Also removes every container, network, nftables table and file the cluster made.")
    private boolean purge;

    @Override
    public Integer call() throws StartupException, IOException {
        ClusterDirectory directory = cluster.existing();
        ClusterSettings settings = ClusterSettings.read(directory);
        var progress = new Progress(System.out);
        progress.step("stopping the components");
        stop(directory.pidFile());
        stop(directory.root().resolve("etcd.pid"));
        if (purge) {
            progress.step("removing containers, networks, nftables tables and files");
            ClusterPurge.purge(directory, settings);
        }
        progress.done();
        return 0;
    }

    private static void stop(Path pidFile) throws IOException, StartupException {
        Optional<ProcessHandle> process = ClusterOption.handle(pidFile);
        if (process.isPresent()) {
            process.get().destroy();
            try {
                process.get().onExit().get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
            } catch (TimeoutException e) {
                process.get().destroyForcibly();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new StartupException("interrupted while stopping", e);
            } catch (ExecutionException e) {
                throw new StartupException(
                        "cannot stop process " + process.get().pid(), e);
            }
        }
        Files.deleteIfExists(pidFile);
    }
}
