package io.jubernetes.hyperkube.cli;

import io.jubernetes.apiserver.storage.embedded.StoreBackup;
import java.nio.file.Path;
import picocli.CommandLine.Command;

/// `restore FILE`: puts a saved store in place.
@Command(
        name = "restore",
        description = "Makes a backup the embedded store of a stopped cluster, or of an empty directory.")
public final class RestoreCommand extends StoreCommand {
    @Override
    StoreBackup.Contents apply(Path store, Path backup) {
        return StoreBackup.restore(backup, store);
    }
}
