package io.jubernetes.apiserver.storage.embedded;

import io.jubernetes.apiserver.storage.KeyValueStore.Change;
import io.jubernetes.apiserver.storage.KeyValueStore.Entry;
import io.jubernetes.apiserver.storage.KeyValueStore.Range;
import io.jubernetes.apiserver.storage.StoreException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// The questions one reading connection answers. Used by one thread at a time. Each answer is true at one
/// revision: what needs two statements runs in a transaction. Readers see committed changes only, and those are
/// durable.
final class Reader implements AutoCloseable {
    private final Connection connection;
    private final PreparedStatement begin;
    private final PreparedStatement end;
    private final PreparedStatement state;
    private final PreparedStatement latest;
    private final PreparedStatement range;
    private final PreparedStatement history;

    Reader(Connection connection) throws SQLException {
        this.connection = connection;
        begin = connection.prepareStatement("BEGIN");
        end = connection.prepareStatement("COMMIT");
        state = connection.prepareStatement("SELECT revision, compacted FROM state");
        latest = connection.prepareStatement(
                "SELECT value, created, revision FROM change WHERE key = ? ORDER BY revision DESC LIMIT 1");
        // The bare columns beside max() are those of the row with the maximum.
        range = connection.prepareStatement("SELECT key, value, created, max(revision)"
                + " FROM change INDEXED BY change_key WHERE key >= ? AND key < ? AND revision <= ?"
                + " GROUP BY key HAVING value IS NOT NULL ORDER BY key LIMIT ?");
        // The + keeps the key out of the choice of index: the rows wanted are the newest few of the table.
        history = connection.prepareStatement("SELECT c.revision, c.key, c.value, p.value, c.created"
                + " FROM change c LEFT JOIN change p ON p.revision = c.previous"
                + " WHERE c.revision > ? AND +c.key >= ? AND +c.key < ? ORDER BY c.revision LIMIT ?");
    }

    Optional<Entry> get(String key) throws SQLException {
        latest.setString(1, key);
        try (ResultSet row = latest.executeQuery()) {
            if (!row.next()) {
                return Optional.empty();
            }
            byte @Nullable [] value = row.getBytes(1);
            return value == null
                    ? Optional.empty()
                    : Optional.of(new Entry(key, value, row.getLong(2), row.getLong(3)));
        }
    }

    Range range(String from, String to, long revision, int limit) throws SQLException {
        begin.execute();
        try {
            State now = state();
            long at = revision == 0 ? now.revision : revision;
            if (at > now.revision) {
                throw new StoreException.FutureRevision(now.revision);
            }
            if (at < now.compacted) {
                throw new StoreException.Compacted(now.compacted);
            }
            range.setString(1, from);
            range.setString(2, to);
            range.setLong(3, at);
            range.setLong(4, limit == 0 ? -1 : limit + 1L);
            var entries = new ArrayList<Entry>();
            try (ResultSet row = range.executeQuery()) {
                while (row.next()) {
                    entries.add(new Entry(row.getString(1), row.getBytes(2), row.getLong(3), row.getLong(4)));
                }
            }
            boolean more = limit > 0 && entries.size() > limit;
            if (more) {
                entries.removeLast();
            }
            return new Range(entries, at, more);
        } finally {
            end.execute();
        }
    }

    /// Changes after a revision, at most `limit` of them.
    Page history(String from, String to, long after, int limit) throws SQLException {
        begin.execute();
        try {
            State now = state();
            if (after < now.compacted) {
                throw new StoreException.Compacted(now.compacted);
            }
            history.setLong(1, after);
            history.setString(2, from);
            history.setString(3, to);
            history.setInt(4, limit);
            var changes = new ArrayList<Change>();
            try (ResultSet row = history.executeQuery()) {
                while (row.next()) {
                    changes.add(new Change(
                            row.getLong(1), row.getString(2), row.getBytes(3), row.getBytes(4), row.getLong(5)));
                }
            }
            long upTo = changes.size() == limit ? changes.getLast().revision() : Math.max(after, now.revision);
            return new Page(changes, upTo);
        } finally {
            end.execute();
        }
    }

    private State state() throws SQLException {
        try (ResultSet row = state.executeQuery()) {
            row.next();
            return new State(row.getLong(1), row.getLong(2));
        }
    }

    @Override
    public void close() throws SQLException {
        connection.close();
    }

    /// @param upTo all changes up to this revision are in `changes` or before them
    record Page(List<Change> changes, long upTo) {}

    private record State(long revision, long compacted) {}
}
