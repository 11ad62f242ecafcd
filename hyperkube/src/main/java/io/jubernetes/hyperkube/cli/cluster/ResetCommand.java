package io.jubernetes.hyperkube.cli.cluster;

import io.jubernetes.common.component.StartupException;
import io.jubernetes.hyperkube.cli.Progress;
import io.jubernetes.hyperkube.host.ResetHost;
import io.jubernetes.hyperkube.host.Setup;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// `cluster reset`: takes this host out of its cluster.
@Command(
        name = "reset",
        description = "Stops this host's services and removes all that the cluster left on it, the embedded store too.",
        mixinStandardHelpOptions = true)
final class ResetCommand implements Callable<Integer> {
    @Mixin
    private HostOptions host = new HostOptions();

    @Option(
            names = {"-f", "--force"},
            description = "Do it without being asked again.")
    private boolean force;

    @Override
    public Integer call() throws StartupException {
        if (!force) {
            throw new StartupException(
                    "reset deletes this host's pods, keys and data; say --force when that is what you want");
        }
        var progress = new Progress(System.out);
        Setup setup = host.setup(progress);
        try {
            ResetHost.run(setup);
        } catch (StartupException e) {
            progress.failed();
            throw e;
        }
        progress.done();
        System.out.println("Delete the node on a control plane host: kubectl delete node "
                + setup.host().name());
        return 0;
    }
}
