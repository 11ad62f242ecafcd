package io.jubernetes.hyperkube.cluster;

import io.jubernetes.common.component.ComponentCommand;
import io.jubernetes.common.component.RunningComponent;
import io.jubernetes.common.component.StartupException;
import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// `run all-in-one`: a whole cluster in this JVM.
@Command(name = "all-in-one", description = "All components of a one-machine cluster in one JVM.")
public final class AllInOneCommand extends ComponentCommand {
    @Option(
            names = "--data-dir",
            defaultValue = "/var/lib/jubernetes",
            description = "Directory of everything the cluster keeps (${DEFAULT-VALUE}).")
    private Path dataDir = Path.of("/var/lib/jubernetes");

    @Option(names = "--secure-port", defaultValue = "6443", description = "The API server's port (${DEFAULT-VALUE}).")
    private int securePort = 6443;

    @Option(
            names = "--nodes",
            defaultValue = "1",
            description = "How many nodes this machine plays (${DEFAULT-VALUE}).")
    private int nodes = 1;

    @Option(names = "--storage", defaultValue = "embedded", description = "embedded or etcd (${DEFAULT-VALUE}).")
    private String storage = "embedded";

    @Override
    public RunningComponent start() throws StartupException {
        var directory = new ClusterDirectory(dataDir);
        return AllInOne.start(directory, AllInOne.settings(directory, securePort, nodes, storage));
    }
}
