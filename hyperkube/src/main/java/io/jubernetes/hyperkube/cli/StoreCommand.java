package io.jubernetes.hyperkube.cli;

import io.jubernetes.apiserver.storage.StoreException;
import io.jubernetes.apiserver.storage.embedded.StoreBackup;
import io.jubernetes.common.component.StartupException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/// A command about the embedded store of a cluster and one file.
@Command(mixinStandardHelpOptions = true)
abstract class StoreCommand implements Callable<Integer> {
    @Mixin
    private ClusterOption cluster = new ClusterOption();

    @Parameters(paramLabel = "FILE", description = "The backup.")
    private Path file = Path.of("");

    /// Carries the command out.
    ///
    /// @param store the store's directory
    /// @param backup an absolute path
    /// @throws StoreException with the remedy in its message
    abstract StoreBackup.Contents apply(Path store, Path backup);

    @Override
    public final Integer call() throws StartupException {
        try {
            StoreBackup.Contents contents = apply(cluster.embeddedStore(), file.toAbsolutePath());
            System.out.println(contents.keys() + " keys at revision " + contents.revision());
            return 0;
        } catch (StoreException e) {
            throw new StartupException(String.valueOf(e.getMessage()), e);
        }
    }
}
