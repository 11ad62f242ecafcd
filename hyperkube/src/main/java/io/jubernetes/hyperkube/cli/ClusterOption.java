package io.jubernetes.hyperkube.cli;

import io.jubernetes.common.component.StartupException;
import io.jubernetes.hyperkube.cluster.ClusterDirectory;
import io.jubernetes.hyperkube.cluster.ClusterSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Option;

/// Names the cluster a command is about: `--data-dir`.
final class ClusterOption {
    @Option(
            names = "--data-dir",
            paramLabel = "DIR",
            defaultValue = "/var/lib/jubernetes",
            description = "The cluster's directory (${DEFAULT-VALUE}).")
    private Path dataDir = Path.of("/var/lib/jubernetes");

    ClusterDirectory directory() {
        return new ClusterDirectory(dataDir);
    }

    /// The directory of a cluster that has been made.
    ///
    /// @throws StartupException when there is none
    ClusterDirectory existing() throws StartupException {
        ClusterDirectory directory = directory();
        if (!Files.exists(directory.settings())) {
            throw new StartupException("there is no cluster in " + directory.root()
                    + "; make one with ./jube up, or name its directory with --data-dir");
        }
        return directory;
    }

    /// The directory of the embedded store, of a cluster or of an API server that runs alone.
    ///
    /// @throws StartupException when the cluster keeps its state in etcd
    Path embeddedStore() throws StartupException {
        ClusterDirectory directory = directory();
        if (Files.exists(directory.settings())
                && !ClusterSettings.read(directory).storage().equals("embedded")) {
            throw new StartupException("the cluster in " + directory.root()
                    + " keeps its state in etcd; save and restore that with etcdctl (docs/runbook.md)");
        }
        return directory.store();
    }

    /// The JVM that runs the cluster's components; empty when it does not run.
    static Optional<ProcessHandle> process(ClusterDirectory directory) {
        return handle(directory.pidFile());
    }

    static Optional<ProcessHandle> handle(Path pidFile) {
        try {
            return ProcessHandle.of(Long.parseLong(Files.readString(pidFile).strip()))
                    .filter(ProcessHandle::isAlive)
                    .filter(process -> process.info()
                            .command()
                            .map(command -> command.contains("java") || command.contains("etcd"))
                            .orElse(true));
        } catch (IOException | NumberFormatException e) {
            return Optional.empty();
        }
    }
}
