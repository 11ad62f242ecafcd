package io.jubernetes.apiserver.storage.embedded;

import io.jubernetes.apiserver.storage.StoreException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/// Opens connections to the database file, with the settings durability rests on, and makes or checks
/// its tables.
///
/// Table `change` is the whole store: one row a revision. A key's state is its row with the greatest
/// revision, a null value says that the key is gone. `previous` is the revision of the key's row before,
/// 0 for a new key; `created` the revision the key came to be at; `expires` when its time to live ends,
/// in epoch milliseconds. Table `state` has one row: the last revision, the revision compacted to, and
/// how far old rows have been swept.
final class Database {
    /// Format of the file, kept in its `user_version`. A higher number means that older programs cannot
    /// read it.
    static final int VERSION = 1;

    private static final int APPLICATION_ID = 0x4a554245;
    private static final int BUSY_TIMEOUT_MILLIS = 5_000;

    private final Path file;

    Database(Path file) {
        this.file = file;
    }

    Path file() {
        return file;
    }

    /// A connection for the one writer. The first one also makes the tables of a new file.
    ///
    /// @param maxBytes the greatest size the file may grow to, 0 for no limit
    Connection openWriter(long maxBytes) throws SQLException {
        Connection connection = open();
        try {
            initialize(connection, maxBytes);
            return connection;
        } catch (SQLException | StoreException e) {
            connection.close();
            throw e;
        }
    }

    Connection openReader() throws SQLException {
        Connection connection = open();
        execute(connection, "PRAGMA query_only=1");
        execute(connection, "PRAGMA cache_size=-1024");
        return connection;
    }

    /// Writes a consistent copy of the database to an empty file.
    void copyTo(Path target) throws SQLException {
        // Not a reader's connection: SQLite counts the copy as a change.
        try (Connection connection = open();
                PreparedStatement copy = connection.prepareStatement("VACUUM INTO ?")) {
            copy.setString(1, target.toString());
            copy.execute();
        }
    }

    private Connection open() throws SQLException {
        Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
        execute(connection, "PRAGMA busy_timeout=" + BUSY_TIMEOUT_MILLIS);
        return connection;
    }

    private void initialize(Connection connection, long maxBytes) throws SQLException {
        int version = readInt(connection, "PRAGMA user_version");
        boolean fresh = version == 0 && readInt(connection, "SELECT count(*) FROM sqlite_schema") == 0;
        if (!fresh) {
            requireVersion(version, file);
        }
        if (fresh) {
            execute(connection, "PRAGMA auto_vacuum=INCREMENTAL"); // only takes effect before the first table
        }
        execute(connection, "PRAGMA journal_mode=WAL");
        execute(connection, "PRAGMA synchronous=FULL"); // in WAL mode: every commit is synced before it returns
        execute(connection, "PRAGMA journal_size_limit=16777216");
        execute(connection, "PRAGMA cache_size=-4096");
        if (maxBytes > 0) {
            long pages = Math.max(1, maxBytes / readInt(connection, "PRAGMA page_size"));
            execute(connection, "PRAGMA max_page_count=" + pages);
        }
        if (fresh) {
            createTables(connection);
        }
    }

    private static void requireVersion(int version, Path file) {
        if (version != VERSION) {
            throw new StoreException.Refused(
                    file + " has format version " + version + " but this program reads version " + VERSION
                            + ": use the program that wrote it, or another data directory",
                    null);
        }
    }

    /// Refuses a file that this program has not written, or in a format it does not know.
    static void requireStore(Connection connection, Path file) throws SQLException {
        if (readInt(connection, "PRAGMA application_id") != APPLICATION_ID) {
            throw new StoreException.Refused(file + " is no store of Jubernetes: name another file", null);
        }
        requireVersion(readInt(connection, "PRAGMA user_version"), file);
    }

    private static void createTables(Connection connection) throws SQLException {
        execute(connection, "BEGIN IMMEDIATE");
        execute(connection, """
                CREATE TABLE change(
                  revision INTEGER PRIMARY KEY,
                  key TEXT NOT NULL,
                  created INTEGER NOT NULL,
                  previous INTEGER NOT NULL,
                  expires INTEGER,
                  value BLOB)""");
        execute(connection, "CREATE INDEX change_key ON change(key, revision)");
        execute(connection, "CREATE INDEX change_expires ON change(expires) WHERE expires IS NOT NULL");
        execute(
                connection,
                "CREATE TABLE state(id INTEGER PRIMARY KEY CHECK (id = 1), revision INTEGER NOT NULL,"
                        + " compacted INTEGER NOT NULL, swept INTEGER NOT NULL)");
        execute(connection, "INSERT INTO state VALUES(1, 1, 0, 0)"); // etcd's empty store is at revision 1, too
        execute(connection, "PRAGMA application_id=" + APPLICATION_ID);
        execute(connection, "PRAGMA user_version=" + VERSION);
        execute(connection, "COMMIT");
    }

    static void execute(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    static int readInt(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            return row.next() ? row.getInt(1) : 0;
        }
    }
}
