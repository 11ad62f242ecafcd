package io.jubernetes.apiserver.storage.embedded;

import io.jubernetes.apiserver.storage.KeyValueStore;
import io.jubernetes.apiserver.storage.KeyValueStore.Change;
import io.jubernetes.apiserver.storage.StoreException;
import io.jubernetes.common.time.Deadline;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One watch: a virtual thread with a place in the sequence of revisions, that reads on from memory, or from the
/// file when it is too far behind. A slow watcher holds up nobody but itself and costs no memory.
final class EmbeddedWatch implements KeyValueStore.Watch {
    private static final Logger log = LoggerFactory.getLogger(EmbeddedWatch.class);
    private static final int PAGE = 512;
    private static final Duration PATIENCE = Duration.ofMinutes(10);
    private static final Duration READ_LIMIT = Duration.ofSeconds(30);

    private final String prefix;
    private final KeyValueStore.Watcher watcher;
    private final RecentChanges recent;
    private final Readers readers;
    private final Thread thread;
    private final AtomicBoolean progressWanted = new AtomicBoolean();
    private volatile boolean closed;
    private long position; // the watch's thread only

    EmbeddedWatch(String prefix, long after, KeyValueStore.Watcher watcher, RecentChanges recent, Readers readers) {
        this.prefix = prefix;
        this.watcher = watcher;
        this.recent = recent;
        this.readers = readers;
        position = after;
        thread = Thread.ofVirtual().name("store-watch " + prefix).unstarted(this::run);
    }

    void start() {
        thread.start();
    }

    private void run() {
        try {
            while (!closed) {
                deliver(next());
                if (recent.isClosed()) {
                    watcher.onEnd(new StoreException.Closed());
                    return;
                }
            }
        } catch (InterruptedException e) {
            // close() was called
        } catch (StoreException e) {
            if (!closed) {
                watcher.onEnd(recent.isClosed() ? new StoreException.Closed() : e);
            }
        } catch (RuntimeException e) {
            log.error("The watcher of {} failed; its watch ends", prefix, e);
            watcher.onEnd(new StoreException.Unavailable("the watcher failed", e));
        }
    }

    private Reader.Page next() throws InterruptedException {
        Reader.Page page = recent.await(position, PATIENCE, () -> closed || progressWanted.get());
        if (page != null) {
            return page;
        }
        return readers.read(
                reader -> reader.history(prefix, KeyValueStore.endOf(prefix), position, PAGE), Deadline.in(READ_LIMIT));
    }

    private void deliver(Reader.Page page) {
        boolean progress = progressWanted.getAndSet(false);
        long upTo = Math.max(position, page.upTo());
        if (upTo > position || progress) {
            watcher.onChanges(matching(page.changes()), page.upTo());
            position = upTo;
        }
    }

    private List<Change> matching(List<Change> changes) {
        for (Change change : changes) {
            if (!change.key().startsWith(prefix)) {
                return changes.stream()
                        .filter(each -> each.key().startsWith(prefix))
                        .toList();
            }
        }
        return changes;
    }

    @Override
    public void requestProgress() {
        progressWanted.set(true);
        recent.wake();
    }

    @Override
    public void close() {
        closed = true;
        thread.interrupt();
    }
}
