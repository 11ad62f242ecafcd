package io.jubernetes.hyperkube.cli;

import io.jubernetes.apiserver.storage.embedded.StoreBackup;
import java.nio.file.Path;
import picocli.CommandLine.Command;

/// `backup FILE`: saves the embedded store.
@Command(
        name = "backup",
        description = "Saves the embedded store to a file and verifies the copy; the cluster may run meanwhile.")
public final class BackupCommand extends StoreCommand {
    @Override
    StoreBackup.Contents apply(Path store, Path backup) {
        return StoreBackup.save(store, backup);
    }
}
