package io.jubernetes.apiserver.storage.embedded;

import io.jubernetes.apiserver.storage.KeyValueStore.Change;
import io.jubernetes.apiserver.storage.KeyValueStore.Entry;
import io.jubernetes.apiserver.storage.KeyValueStore.Outcome;
import io.jubernetes.apiserver.storage.StoreException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The writing connection and what can be done on it, between [#begin] and [#commit] or [#rollback]. Only the
/// writer's thread uses it.
final class Transaction implements AutoCloseable {
    private final Connection connection;
    private final PreparedStatement begin;
    private final PreparedStatement commit;
    private final PreparedStatement rollback;
    private final PreparedStatement latest;
    private final PreparedStatement insert;
    private final PreparedStatement saveRevision;
    private final PreparedStatement saveCompacted;
    private final PreparedStatement saveSwept;
    private final PreparedStatement expired;
    private final PreparedStatement forgetExpiry;
    private final PreparedStatement superseding;
    private final PreparedStatement deleteOlder;
    private final PreparedStatement deleteOne;

    private long committedRevision;
    private long committedCompacted;
    private long committedSwept;
    private long revision;
    private long compacted;
    private long swept;
    private List<Change> changes = new ArrayList<>();

    Transaction(Connection connection) throws SQLException {
        this.connection = connection;
        begin = connection.prepareStatement("BEGIN IMMEDIATE");
        commit = connection.prepareStatement("COMMIT");
        rollback = connection.prepareStatement("ROLLBACK");
        latest = connection.prepareStatement(
                "SELECT value, created, revision FROM change WHERE key = ? ORDER BY revision DESC LIMIT 1");
        insert = connection.prepareStatement(
                "INSERT INTO change(revision, key, created, previous, expires, value) VALUES(?, ?, ?, ?, ?, ?)");
        saveRevision = connection.prepareStatement("UPDATE state SET revision = ?");
        saveCompacted = connection.prepareStatement("UPDATE state SET compacted = ?");
        saveSwept = connection.prepareStatement("UPDATE state SET swept = ?");
        expired = connection.prepareStatement("SELECT revision, key FROM change WHERE expires <= ? LIMIT ?");
        forgetExpiry = connection.prepareStatement("UPDATE change SET expires = NULL WHERE revision = ?");
        superseding = connection.prepareStatement(
                "SELECT revision, key, value IS NULL FROM change WHERE revision > ? AND revision <= ?"
                        + " ORDER BY revision LIMIT ?");
        deleteOlder = connection.prepareStatement("DELETE FROM change WHERE key = ? AND revision < ?");
        deleteOne = connection.prepareStatement("DELETE FROM change WHERE revision = ?");
        try (PreparedStatement state = connection.prepareStatement("SELECT revision, compacted, swept FROM state");
                ResultSet row = state.executeQuery()) {
            row.next();
            committedRevision = row.getLong(1);
            committedCompacted = row.getLong(2);
            committedSwept = row.getLong(3);
        }
        reset();
    }

    /// The last committed revision.
    long committedRevision() {
        return committedRevision;
    }

    /// The revision the history begins at, as committed.
    long committedCompacted() {
        return committedCompacted;
    }

    /// Whether rows remain that only compacted revisions could see.
    boolean hasRowsToSweep() {
        return swept < compacted;
    }

    void begin() throws SQLException {
        begin.execute();
    }

    /// Makes everything since [#begin] durable.
    ///
    /// @return the changes, in revision order
    List<Change> commit() throws SQLException {
        if (revision != committedRevision) {
            saveRevision.setLong(1, revision);
            saveRevision.executeUpdate();
        }
        commit.execute();
        committedRevision = revision;
        committedCompacted = compacted;
        committedSwept = swept;
        List<Change> done = changes;
        changes = new ArrayList<>();
        return done;
    }

    /// Undoes everything since [#begin]. Some failures have rolled back by themselves; that is fine, too.
    void rollback() {
        try {
            rollback.execute();
        } catch (SQLException _) {
            // No transaction is open any more.
        }
        reset();
    }

    private void reset() {
        revision = committedRevision;
        compacted = committedCompacted;
        swept = committedSwept;
        changes = new ArrayList<>();
    }

    Outcome create(String key, byte[] value, @Nullable Long expires) throws SQLException {
        Row before = latest(key);
        if (before != null && before.value != null) {
            return new Outcome(false, revision, before.entry(key));
        }
        long next = ++revision;
        append(new Change(next, key, value, null, next), before == null ? 0 : before.revision, expires);
        return new Outcome(true, next, null);
    }

    Outcome update(String key, byte[] value, long expected, @Nullable Long expires) throws SQLException {
        Row before = latest(key);
        if (before == null || before.value == null || before.revision != expected) {
            return new Outcome(false, revision, before == null ? null : before.entry(key));
        }
        append(new Change(++revision, key, value, before.value, before.created), before.revision, expires);
        return new Outcome(true, revision, null);
    }

    Outcome delete(String key, long expected) throws SQLException {
        Row before = latest(key);
        if (before == null || before.value == null || before.revision != expected) {
            return new Outcome(false, revision, before == null ? null : before.entry(key));
        }
        append(new Change(++revision, key, null, before.value, before.created), before.revision, null);
        return new Outcome(true, revision, before.entry(key));
    }

    /// Deletes keys whose time has come, at most `limit` of them.
    ///
    /// @return how many were looked at
    int expire(long now, int limit) throws SQLException {
        var due = new ArrayList<Expiry>();
        expired.setLong(1, now);
        expired.setInt(2, limit);
        try (ResultSet row = expired.executeQuery()) {
            while (row.next()) {
                due.add(new Expiry(row.getLong(1), row.getString(2)));
            }
        }
        for (Expiry expiry : due) {
            delete(expiry.key, expiry.revision); // does nothing when the key has changed since
            forgetExpiry.setLong(1, expiry.revision);
            forgetExpiry.executeUpdate();
        }
        return due.size();
    }

    /// Gives up the history before a revision; [#sweep] then removes the rows.
    void compact(long to) throws SQLException {
        if (to > revision) {
            throw new StoreException.FutureRevision(revision);
        }
        if (to > compacted) {
            compacted = to;
            saveCompacted.setLong(1, to);
            saveCompacted.executeUpdate();
        }
    }

    /// Removes rows that no revision from the compacted one on can see. What newly became invisible is found
    /// from the changes between the last sweep and the compacted revision: the older rows of the same keys, and
    /// deletions.
    ///
    /// @param limit how many such changes to go through
    void sweep(int limit) throws SQLException {
        var slice = new ArrayList<Superseding>();
        superseding.setLong(1, swept);
        superseding.setLong(2, compacted);
        superseding.setInt(3, limit);
        try (ResultSet row = superseding.executeQuery()) {
            while (row.next()) {
                slice.add(new Superseding(row.getLong(1), row.getString(2), row.getBoolean(3)));
            }
        }
        for (Superseding change : slice) {
            deleteOlder.setString(1, change.key);
            deleteOlder.setLong(2, change.revision);
            deleteOlder.executeUpdate();
            if (change.deletion) {
                deleteOne.setLong(1, change.revision);
                deleteOne.executeUpdate();
            }
        }
        swept = slice.size() == limit ? slice.getLast().revision : compacted;
        saveSwept.setLong(1, swept);
        saveSwept.executeUpdate();
    }

    /// Gives some free pages back to the file system. Outside of a transaction.
    ///
    /// @param keep free pages that stay for reuse
    /// @return whether there are more
    boolean shrink(int keep, int pages) throws SQLException {
        int excess = Database.readInt(connection, "PRAGMA freelist_count") - keep;
        if (excess <= 0) {
            return false;
        }
        try (var statement = connection.createStatement()) {
            statement.executeUpdate("PRAGMA incremental_vacuum(" + Math.min(excess, pages) + ")");
        }
        return excess > pages;
    }

    /// Moves what is in the WAL to the database file, as far as no reader needs it. Outside of a transaction.
    void checkpoint() throws SQLException {
        Database.execute(connection, "PRAGMA wal_checkpoint(PASSIVE)");
    }

    private void append(Change change, long previous, @Nullable Long expires) throws SQLException {
        insert.setLong(1, change.revision());
        insert.setString(2, change.key());
        insert.setLong(3, change.createRevision());
        insert.setLong(4, previous);
        if (expires == null) {
            insert.setNull(5, Types.INTEGER);
        } else {
            insert.setLong(5, expires);
        }
        byte @Nullable [] value = change.value();
        if (value == null) {
            insert.setNull(6, Types.BLOB);
        } else {
            insert.setBytes(6, value);
        }
        insert.executeUpdate();
        changes.add(change);
    }

    private @Nullable Row latest(String key) throws SQLException {
        latest.setString(1, key);
        try (ResultSet row = latest.executeQuery()) {
            return row.next() ? new Row(row.getBytes(1), row.getLong(2), row.getLong(3)) : null;
        }
    }

    @Override
    public void close() throws SQLException {
        connection.close();
    }

    private record Row(byte @Nullable [] value, long created, long revision) {
        @Nullable
        Entry entry(String key) {
            return value == null ? null : new Entry(key, value, created, revision);
        }
    }

    private record Expiry(long revision, String key) {}

    private record Superseding(long revision, String key, boolean deletion) {}
}
