package io.jubernetes.apiserver.storage.embedded;

import io.jubernetes.apiserver.storage.KeyValueStore;
import io.jubernetes.apiserver.storage.StoreException;
import io.jubernetes.common.time.Deadline;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// A store in one directory of the local disk, for one process. Every change that returned is synced to
/// the disk. Thread-safe. Sets of changes that arrive together share one sync, so that throughput grows
/// with concurrency.
public final class EmbeddedStore implements KeyValueStore, MeterBinder {
    private static final int READERS = 3;

    private final DataDirectory directory;
    private final Database database;
    private final InstantSource clock;
    private final RecentChanges recent;
    private final Maintenance maintenance;
    private final Writer writer;
    private final Readers readers;

    private EmbeddedStore(
            DataDirectory directory, Database database, Settings settings, Transaction transaction, Readers readers) {
        this.directory = directory;
        this.database = database;
        this.readers = readers;
        clock = settings.clock;
        recent = new RecentChanges(transaction.committedRevision());
        maintenance = new Maintenance(settings.history, settings.clock);
        writer = new Writer(transaction, recent, maintenance, database.file());
    }

    /// How a store is kept.
    ///
    /// @param history how long past revisions stay readable; after that they are compacted away
    /// @param maxBytes greatest size of the database file, 0 for no limit but the disk's
    /// @param clock for expiry and compaction
    public record Settings(Duration history, long maxBytes, InstantSource clock) {
        public Settings {
            if (!history.isPositive() || maxBytes < 0) {
                throw new IllegalArgumentException("history must be positive and maxBytes not negative");
            }
        }

        /// Five minutes of history, as upstream's API server has etcd keep; 8 GiB.
        public static Settings defaults() {
            return new Settings(Duration.ofMinutes(5), 8L << 30, InstantSource.system());
        }
    }

    /// Opens the store in a directory, which is made when it is absent, with mode 0700.
    ///
    /// @throws StoreException.Refused with a message of one line that names the remedy, when the
    ///     directory is in
    ///     use, cannot be written, or holds another version's data
    public static EmbeddedStore open(Path directory) {
        return open(directory, Settings.defaults());
    }

    /// As [#open(Path)].
    public static EmbeddedStore open(Path directory, Settings settings) {
        DataDirectory locked = DataDirectory.lock(directory);
        Database database = null;
        Connection connection = null;
        try {
            database = new Database(locked.databaseFile());
            connection = database.openWriter(settings.maxBytes);
            var transaction = new Transaction(connection);
            var store = new EmbeddedStore(locked, database, settings, transaction, new Readers(database, READERS));
            store.writer.start();
            return store;
        } catch (SQLException e) {
            closeQuietly(connection, locked);
            throw Failures.of(e, database == null ? directory : database.file());
        } catch (RuntimeException e) {
            closeQuietly(connection, locked);
            throw e;
        }
    }

    private static void closeQuietly(@Nullable Connection connection, DataDirectory locked) {
        try {
            if (connection != null) {
                connection.close();
            }
        } catch (SQLException _) {
            // The failure that led here is the one to tell.
        }
        locked.close();
    }

    @Override
    public Optional<Entry> get(String key, Deadline deadline) {
        return readers.read(reader -> reader.get(key), deadline);
    }

    @Override
    public Range range(String from, String to, long revision, int limit, Deadline deadline) {
        return readers.read(reader -> reader.range(from, to, revision, limit), deadline);
    }

    @Override
    public Outcome create(String key, byte[] value, @Nullable Duration ttl, Deadline deadline) {
        return writer.write(transaction -> transaction.create(key, value, expiry(ttl)), deadline);
    }

    @Override
    public Outcome update(String key, byte[] value, long expected, @Nullable Duration ttl, Deadline deadline) {
        return writer.write(transaction -> transaction.update(key, value, expected, expiry(ttl)), deadline);
    }

    @Override
    public Outcome delete(String key, long expected, Deadline deadline) {
        return writer.write(transaction -> transaction.delete(key, expected), deadline);
    }

    private @Nullable Long expiry(@Nullable Duration ttl) {
        return ttl == null ? null : clock.instant().plus(ttl).toEpochMilli();
    }

    @Override
    public Watch watch(String prefix, long after, Watcher watcher) {
        if (recent.isClosed()) {
            throw new StoreException.Closed();
        }
        var watch = new EmbeddedWatch(prefix, after, watcher, recent, readers);
        watch.start();
        return watch;
    }

    @Override
    public long revision(Deadline deadline) {
        return recent.latest();
    }

    @Override
    public void compact(long revision, Deadline deadline) {
        writer.write(
                transaction -> {
                    transaction.compact(revision);
                    maintenance.hurry(); // the rows are swept right after this
                    return revision;
                },
                deadline);
    }

    /// Its queues and how many changes share a sync.
    @Override
    public void bindTo(MeterRegistry registry) {
        Gauge.builder("jubernetes_store_waiting_writes", writer, Writer::waiting)
                .description("Changes waiting for the writer.")
                .register(registry);
        Gauge.builder("jubernetes_store_waiting_reads", readers, Readers::waiting)
                .description("Reads waiting for a reader.")
                .register(registry);
        FunctionCounter.builder("jubernetes_store_commits_total", writer, Writer::commits)
                .description("Synced transactions.")
                .register(registry);
        FunctionCounter.builder("jubernetes_store_revision_total", recent, RecentChanges::latest)
                .description("Changes ever made: the revision.")
                .register(registry);
    }

    /// Looks at the clock now: deletes what has expired, compacts what is old. Tests move their clock
    /// and call this.
    void maintain(Deadline deadline) {
        writer.write(
                transaction -> {
                    maintenance.hurry();
                    return Instant.MIN;
                },
                deadline);
    }

    @Override
    public long sizeInBytes(Deadline deadline) {
        try {
            Path wal = database.file().resolveSibling(database.file().getFileName() + "-wal");
            return Files.size(database.file()) + (Files.exists(wal) ? Files.size(wal) : 0);
        } catch (IOException e) {
            throw new StoreException.Unavailable("cannot read the size of " + database.file(), e);
        }
    }

    @Override
    public void close() {
        recent.close();
        readers.close();
        writer.close();
        directory.close();
    }
}
