package io.jubernetes.apiserver.storage.embedded;

import io.jubernetes.apiserver.storage.StoreException;
import java.nio.file.Path;
import java.sql.SQLException;
import org.sqlite.SQLiteErrorCode;
import org.sqlite.SQLiteException;

/// Says what a failure of SQLite means for the store.
final class Failures {
    private Failures() {}

    /// @param file the database, for the message
    static StoreException of(SQLException e, Path file) {
        return switch (primaryCode(e)) {
            case SQLITE_FULL ->
                new StoreException.Refused(
                        "no space left for " + file + ": free some on its disk, or raise the size limit", e);
            case SQLITE_IOERR, SQLITE_CORRUPT, SQLITE_NOTADB, SQLITE_CANTOPEN, SQLITE_READONLY ->
                new StoreException.Refused(
                        "cannot use " + file + " (" + e.getMessage()
                                + "): check its disk and restart, or restore a backup",
                        e);
            default -> new StoreException.Unavailable("the database failed: " + e.getMessage(), e);
        };
    }

    /// Whether nothing more may be written after this failure, because it is not known what reached the disk.
    static boolean isFatal(SQLException e) {
        return switch (primaryCode(e)) {
            case SQLITE_IOERR, SQLITE_CORRUPT, SQLITE_NOTADB -> true;
            default -> false;
        };
    }

    private static SQLiteErrorCode primaryCode(SQLException e) {
        if (!(e instanceof SQLiteException sqlite)) {
            return SQLiteErrorCode.SQLITE_ERROR;
        }
        // The low byte of an extended code (SQLITE_IOERR_FSYNC, …) is its family.
        return SQLiteErrorCode.getErrorCode(sqlite.getResultCode().code & 0xff);
    }
}
