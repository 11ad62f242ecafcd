package io.jubernetes.apiserver.storage.embedded;

import io.jubernetes.apiserver.storage.KeyValueStore.Change;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.function.Consumer;

/// What the writer does between requests: deletes expired keys, gives up old history, removes its rows and
/// returns the space to the file system. All in slices, so that no request waits long behind it. Used by the
/// writer's thread.
final class Maintenance {
    /// How late an expired key may be deleted.
    static final Duration TICK = Duration.ofSeconds(10);

    private static final int SLICE = 200;
    private static final int SPARE_PAGES = 256;
    private static final int SHRINK_PAGES = 128;
    private static final int SAMPLES_PER_HISTORY = 10;

    private final Duration history;
    private final InstantSource clock;
    /// At which revision the store was when; the oldest entry outside of the history is where to compact to.
    private final Deque<Sample> samples = new ArrayDeque<>();

    private Instant nextTick = Instant.MIN;
    private boolean busy;

    /// @param history how long past revisions stay readable
    Maintenance(Duration history, InstantSource clock) {
        this.history = history;
        this.clock = clock;
    }

    /// How long the writer may wait for requests before it calls [#run].
    Duration pause() {
        return busy ? Duration.ZERO : TICK;
    }

    /// Has the next [#run] look at the clock whatever the time.
    void hurry() {
        nextTick = Instant.MIN;
    }

    /// The last [#run] failed: not again before the next tick.
    void postpone() {
        busy = false;
    }

    /// Does one slice of what is due.
    void run(Transaction transaction, Consumer<List<Change>> publish) throws SQLException {
        Instant now = clock.instant();
        if (busy || !now.isBefore(nextTick)) {
            nextTick = now.plus(TICK);
            boolean expiredMore = expire(transaction, publish, now);
            compact(transaction, publish, now);
            boolean sweptMore = sweep(transaction);
            boolean shrunkMore = !sweptMore && transaction.shrink(SPARE_PAGES, SHRINK_PAGES);
            if (busy && !sweptMore && !shrunkMore) {
                transaction.checkpoint(); // the file gets shorter only now
            }
            busy = expiredMore || sweptMore || shrunkMore;
        }
    }

    private static boolean expire(Transaction transaction, Consumer<List<Change>> publish, Instant now)
            throws SQLException {
        transaction.begin();
        int count = transaction.expire(now.toEpochMilli(), SLICE);
        publish.accept(transaction.commit());
        return count == SLICE;
    }

    private void compact(Transaction transaction, Consumer<List<Change>> publish, Instant now) throws SQLException {
        long revision = transaction.committedRevision();
        Sample newest = samples.peekLast();
        if (newest == null || !now.isBefore(newest.at.plus(history.dividedBy(SAMPLES_PER_HISTORY)))) {
            samples.addLast(new Sample(now, revision));
        }
        long target = 0;
        for (Sample oldest = samples.peekFirst();
                oldest != null && !now.isBefore(oldest.at.plus(history));
                oldest = samples.peekFirst()) {
            target = oldest.revision;
            samples.removeFirst();
        }
        if (target > transaction.committedCompacted()) {
            transaction.begin();
            transaction.compact(target);
            publish.accept(transaction.commit());
        }
    }

    private static boolean sweep(Transaction transaction) throws SQLException {
        if (!transaction.hasRowsToSweep()) {
            return false;
        }
        transaction.begin();
        transaction.sweep(SLICE);
        transaction.commit();
        return transaction.hasRowsToSweep();
    }

    private record Sample(Instant at, long revision) {}
}
