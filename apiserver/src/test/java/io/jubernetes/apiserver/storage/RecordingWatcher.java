package io.jubernetes.apiserver.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.jubernetes.apiserver.storage.KeyValueStore.Change;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A watcher that keeps what it is told, and checks that it is told in order.
public final class RecordingWatcher implements KeyValueStore.Watcher {
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    @GuardedBy("this")
    private final List<Change> changes = new ArrayList<>();

    @GuardedBy("this")
    private long upTo;

    @GuardedBy("this")
    private @Nullable StoreException end;

    @Override
    public synchronized void onChanges(List<Change> more, long revision) {
        for (Change change : more) {
            assertThat(change.revision()).isGreaterThan(upTo).isLessThanOrEqualTo(revision);
        }
        changes.addAll(more);
        assertThat(revision).isGreaterThanOrEqualTo(upTo);
        upTo = revision;
    }

    @Override
    public synchronized void onEnd(StoreException cause) {
        end = cause;
    }

    public synchronized List<Change> changes() {
        return List.copyOf(changes);
    }

    public synchronized long upTo() {
        return upTo;
    }

    public synchronized @Nullable StoreException end() {
        return end;
    }

    public List<Change> awaitUpTo(long revision) {
        await().atMost(PATIENCE).until(() -> upTo() >= revision);
        return changes();
    }

    public List<Change> awaitCount(int count) {
        await().atMost(PATIENCE).until(() -> changes().size() >= count);
        return changes();
    }

    public StoreException awaitEnd() {
        await().atMost(PATIENCE).until(() -> end() != null);
        StoreException cause = end();
        assertThat(cause).isNotNull();
        return cause == null ? new StoreException.Closed() : cause;
    }

    /// A change in short: `+key=value` created, `~key=value (was)` changed, `-key (was)` deleted.
    public static String text(Change change) {
        byte @Nullable [] value = change.value();
        byte @Nullable [] previous = change.previous();
        String was = previous == null ? "" : " (" + new String(previous, StandardCharsets.UTF_8) + ")";
        if (value == null) {
            return "-" + change.key() + was;
        }
        return (previous == null ? "+" : "~") + change.key() + "=" + new String(value, StandardCharsets.UTF_8) + was;
    }
}
