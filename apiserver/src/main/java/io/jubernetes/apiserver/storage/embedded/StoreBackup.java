package io.jubernetes.apiserver.storage.embedded;

import io.jubernetes.apiserver.storage.StoreException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/// Copies of an embedded store, each one file. Failures are [StoreException]s with a message of one line
/// that names the remedy; a target is only replaced by what is complete, verified and synced.
public final class StoreBackup {
    /// What a restored store's revision is ahead of the backup's: more than was written between the
    /// backup and the loss. A client that remembers a lost revision is told that it is too old, and
    /// lists again; were the revision given out once more for something else, it would miss changes and
    /// never notice.
    static final long REVISION_LEAP = 1_000_000;

    private StoreBackup() {}

    /// What a backup holds.
    ///
    /// @param revision the store's latest when the copy was made
    /// @param keys how many are there
    public record Contents(long revision, long keys) {}

    /// Copies a whole store, as of now, to a file of mode 0600, while a server goes on with it.
    ///
    /// @param directory the store's
    /// @param target replaced when it exists
    public static Contents save(Path directory, Path target) {
        Path file = directory.resolve(DataDirectory.DATABASE);
        if (!Files.isRegularFile(file)) {
            throw new StoreException.Refused("there is no store in " + directory + ": name another directory", null);
        }
        Path part = target.resolveSibling(target.getFileName() + ".part");
        try {
            Files.deleteIfExists(part);
            DataDirectory.createOwnerOnly(part);
            new Database(file).copyTo(part);
            Contents contents = verify(part);
            sync(part);
            Files.move(part, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            return contents;
        } catch (SQLException e) {
            throw Failures.of(e, part);
        } catch (IOException e) {
            throw new StoreException.Refused("cannot write the backup " + target + ": " + e.getMessage(), e);
        }
    }

    /// Looks through a backup, page by page.
    ///
    /// @throws StoreException.Refused when it is no whole store
    public static Contents verify(Path backup) {
        if (!Files.isRegularFile(backup)) {
            throw new StoreException.Refused("there is no backup " + backup + ": name an existing file", null);
        }
        try (Connection connection = new Database(backup).openReader();
                Statement statement = connection.createStatement()) {
            Database.requireStore(connection, backup);
            try (ResultSet row = statement.executeQuery("PRAGMA integrity_check(1)")) {
                if (!row.next() || !row.getString(1).equals("ok")) {
                    throw new StoreException.Refused(backup + " is damaged: use another backup", null);
                }
            }
            try (ResultSet row = statement.executeQuery("SELECT revision, (SELECT count(*) FROM change AS newest WHERE"
                    + " value IS NOT NULL AND NOT EXISTS (SELECT 1 FROM change AS newer WHERE newer.key = newest.key"
                    + " AND newer.revision > newest.revision)) FROM state")) {
                row.next();
                return new Contents(row.getLong(1), row.getLong(2));
            }
        } catch (SQLException e) {
            throw new StoreException.Refused(
                    backup + " cannot be read (" + e.getMessage() + "): use another backup", e);
        }
    }

    /// Makes a backup the store of a directory. What was there before is kept beside it as
    /// `state.db.replaced`.
    ///
    /// @throws StoreException.Refused when a server has the directory open or the backup is no whole store
    public static Contents restore(Path backup, Path directory) {
        Contents contents = verify(backup);
        try (DataDirectory _ = DataDirectory.lock(directory)) {
            Path file = directory.resolve(DataDirectory.DATABASE);
            Path part = directory.resolve(DataDirectory.DATABASE + ".part");
            Files.deleteIfExists(part);
            DataDirectory.createOwnerOnly(part);
            Files.copy(backup, part, StandardCopyOption.REPLACE_EXISTING);
            leap(part);
            sync(part);
            for (String suffix : new String[] {"-shm", "-wal", ""}) {
                Path old = directory.resolve(DataDirectory.DATABASE + suffix);
                if (Files.exists(old)) {
                    Files.move(
                            old,
                            directory.resolve(DataDirectory.DATABASE + ".replaced" + suffix),
                            StandardCopyOption.REPLACE_EXISTING);
                }
            }
            Files.move(part, file, StandardCopyOption.ATOMIC_MOVE);
            return contents;
        } catch (SQLException e) {
            throw Failures.of(e, directory);
        } catch (IOException e) {
            throw new StoreException.Refused("cannot write to " + directory + ": " + e.getMessage(), e);
        }
    }

    private static void leap(Path file) throws SQLException {
        try (Connection connection = new Database(file).openWriter(0)) {
            Database.execute(
                    connection,
                    "UPDATE state SET revision = revision + " + REVISION_LEAP + ", compacted = revision + "
                            + REVISION_LEAP);
            // Everything into the one file, which is all that is moved.
            Database.execute(connection, "PRAGMA journal_mode=DELETE");
        }
    }

    private static void sync(Path file) throws IOException {
        try (FileChannel written = FileChannel.open(file, StandardOpenOption.WRITE)) {
            written.force(true);
        }
    }
}
