package io.jubernetes.apiserver.storage.etcd;

import io.etcd.jetcd.api.TxnResponse;
import io.jubernetes.apiserver.storage.StoreException;
import io.jubernetes.common.time.Deadline;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Has etcd give up old history, once an interval, whoever of several API servers comes first. They agree
/// through the key upstream's API servers use for it, so that both kinds can work side by side: its version
/// counts the intervals, and who moves it on compacts to the revision that was current one interval before.
final class EtcdCompactor implements AutoCloseable {
    static final String KEY = "compact_rev_key";

    private static final Logger log = LoggerFactory.getLogger(EtcdCompactor.class);
    private static final Duration CALL_LIMIT = Duration.ofSeconds(30);

    private final EtcdStore store;
    private final Duration interval;
    private final CountDownLatch closed = new CountDownLatch(1);
    private final Thread thread = Thread.ofVirtual().name("etcd-compactor").unstarted(this::run);

    // The thread's own (and a test's).
    private long version;
    private long revision;

    EtcdCompactor(EtcdStore store, Duration interval) {
        this.store = store;
        this.interval = interval;
    }

    void start() {
        if (!interval.isZero()) {
            thread.start();
        }
    }

    private void run() {
        try {
            while (!closed.await(interval.toMillis(), TimeUnit.MILLISECONDS)) {
                try {
                    tick();
                } catch (StoreException e) {
                    log.warn("Compacting etcd failed, to be tried again in {}: {}", interval, e.getMessage());
                }
            }
        } catch (InterruptedException e) {
            // close() was called
        }
    }

    /// One interval has passed.
    void tick() {
        TxnResponse response = store.writeVersioned(KEY, Long.toString(revision), version, Deadline.in(CALL_LIMIT));
        long target = revision;
        revision = response.getHeader().getRevision();
        if (!response.getSucceeded()) {
            // Another server was first, or this one has just started: wait for the next turn.
            version = response.getResponses(0).getResponseRange().getKvs(0).getVersion();
            return;
        }
        version++;
        if (target > 0) {
            store.compact(target, Deadline.in(CALL_LIMIT));
            log.debug("Compacted etcd to revision {}", target);
        }
    }

    @Override
    public void close() {
        closed.countDown();
        thread.interrupt();
    }
}
