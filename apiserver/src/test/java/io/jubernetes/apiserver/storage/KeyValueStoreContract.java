package io.jubernetes.apiserver.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.jubernetes.apiserver.storage.KeyValueStore.Entry;
import io.jubernetes.apiserver.storage.KeyValueStore.Outcome;
import io.jubernetes.apiserver.storage.KeyValueStore.Range;
import io.jubernetes.common.time.Deadline;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/// What every store does. A subclass for each gives the store to test, empty below [#root] and shared with nobody.
public abstract class KeyValueStoreContract {
    protected abstract KeyValueStore store();

    /// Where the test's keys are: its own for each test.
    protected abstract String root();

    protected static Deadline soon() {
        return Deadline.in(Duration.ofSeconds(20));
    }

    protected static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private String key(String name) {
        return root() + name;
    }

    private long create(String name, String value) {
        Outcome outcome = store().create(key(name), bytes(value), null, soon());
        assertThat(outcome.succeeded()).isTrue();
        return outcome.revision();
    }

    private long update(String name, String value, long expected) {
        Outcome outcome = store().update(key(name), bytes(value), expected, null, soon());
        assertThat(outcome.succeeded()).isTrue();
        return outcome.revision();
    }

    private long delete(String name, long expected) {
        Outcome outcome = store().delete(key(name), expected, soon());
        assertThat(outcome.succeeded()).isTrue();
        return outcome.revision();
    }

    private List<String> keys(String from, String to, long revision, int limit) {
        return store().range(key(from), key(to), revision, limit, soon()).entries().stream()
                .map(entry -> entry.key().substring(root().length()))
                .toList();
    }

    private String value(@Nullable Entry entry) {
        assertThat(entry).isNotNull();
        return entry == null ? "" : new String(entry.value(), StandardCharsets.UTF_8);
    }

    @Test
    void aCreatedKeyIsThereWithItsRevisions() {
        long before = store().revision(soon());
        long revision = create("a", "one");

        assertThat(revision).isGreaterThan(before);
        Entry entry = store().get(key("a"), soon()).orElseThrow();
        assertThat(value(entry)).isEqualTo("one");
        assertThat(entry.createRevision()).isEqualTo(revision);
        assertThat(entry.modRevision()).isEqualTo(revision);
        assertThat(store().revision(soon())).isGreaterThanOrEqualTo(revision);
        assertThat(store().get(key("b"), soon())).isEmpty();
    }

    @Test
    void eachChangeHasTheNextRevision() {
        long first = create("a", "1");
        assertThat(create("b", "1")).isEqualTo(first + 1);
        assertThat(update("a", "2", first)).isEqualTo(first + 2);
        assertThat(delete("b", first + 1)).isEqualTo(first + 3);
        assertThat(store().revision(soon())).isEqualTo(first + 3);
    }

    @Test
    void creatingAKeyThatIsThereChangesNothingAndTellsWhatIsThere() {
        long revision = create("a", "one");

        Outcome outcome = store().create(key("a"), bytes("two"), null, soon());

        assertThat(outcome.succeeded()).isFalse();
        assertThat(outcome.revision()).isGreaterThanOrEqualTo(revision);
        assertThat(value(outcome.current())).isEqualTo("one");
        assertThat(value(store().get(key("a"), soon()).orElseThrow())).isEqualTo("one");
    }

    @Test
    void anUpdateKeepsTheCreateRevision() {
        long created = create("a", "one");
        long updated = update("a", "two", created);

        Entry entry = store().get(key("a"), soon()).orElseThrow();
        assertThat(value(entry)).isEqualTo("two");
        assertThat(entry.createRevision()).isEqualTo(created);
        assertThat(entry.modRevision()).isEqualTo(updated);
    }

    @Test
    void anUpdateFromAnotherRevisionFailsAndTellsWhatIsThere() {
        long created = create("a", "one");
        update("a", "two", created);

        Outcome outcome = store().update(key("a"), bytes("three"), created, null, soon());

        assertThat(outcome.succeeded()).isFalse();
        assertThat(value(outcome.current())).isEqualTo("two");
        assertThat(value(store().get(key("a"), soon()).orElseThrow())).isEqualTo("two");
    }

    @Test
    void changesOfAnAbsentKeyFail() {
        assertThat(store().update(key("a"), bytes("x"), 1, null, soon())).satisfies(outcome -> {
            assertThat(outcome.succeeded()).isFalse();
            assertThat(outcome.current()).isNull();
        });
        assertThat(store().delete(key("a"), 1, soon())).satisfies(outcome -> {
            assertThat(outcome.succeeded()).isFalse();
            assertThat(outcome.current()).isNull();
        });
    }

    @Test
    void aDeletionTellsWhatWasThere() {
        long created = create("a", "one");

        Outcome outcome = store().delete(key("a"), created, soon());

        assertThat(outcome.succeeded()).isTrue();
        assertThat(value(outcome.current())).isEqualTo("one");
        assertThat(store().get(key("a"), soon())).isEmpty();
    }

    @Test
    void aDeletionFromAnotherRevisionFails() {
        long created = create("a", "one");
        update("a", "two", created);

        Outcome outcome = store().delete(key("a"), created, soon());

        assertThat(outcome.succeeded()).isFalse();
        assertThat(value(outcome.current())).isEqualTo("two");
    }

    @Test
    void aKeyCreatedAgainIsNew() {
        long first = create("a", "one");
        delete("a", first);
        long second = create("a", "two");

        Entry entry = store().get(key("a"), soon()).orElseThrow();
        assertThat(entry.createRevision()).isEqualTo(second);
    }

    @Test
    void aValueMayBeLargeOrEmpty() {
        byte[] large = new byte[1_400_000];
        large[large.length - 1] = 1;
        assertThat(store().create(key("large"), large, null, soon()).succeeded())
                .isTrue();
        assertThat(store().create(key("none"), new byte[0], null, soon()).succeeded())
                .isTrue();

        assertThat(store().get(key("large"), soon()).orElseThrow().value()).isEqualTo(large);
        assertThat(store().get(key("none"), soon()).orElseThrow().value()).isEmpty();
        assertThat(keys("", "~", 0, 0)).containsExactly("large", "none");
    }

    @Test
    void aRangeIsSortedAndHalfOpen() {
        for (String name : List.of("c", "a", "b/2", "b", "b/1", "d")) {
            create(name, name);
        }

        assertThat(keys("a", "d", 0, 0)).containsExactly("a", "b", "b/1", "b/2", "c");
        assertThat(keys("b/", "b0", 0, 0)).containsExactly("b/1", "b/2");
        assertThat(keys("x", "y", 0, 0)).isEmpty();
    }

    @Test
    void aRangeSaysWhetherThereIsMore() {
        for (int i = 0; i < 5; i++) {
            create("k" + i, "");
        }

        Range first = store().range(key("k"), key("l"), 0, 3, soon());
        assertThat(first.entries()).hasSize(3);
        assertThat(first.more()).isTrue();
        Range second = store().range(first.entries().getLast().key() + '\0', key("l"), first.revision(), 3, soon());
        assertThat(second.entries()).extracting(Entry::key).containsExactly(key("k3"), key("k4"));
        assertThat(second.more()).isFalse();
        assertThat(store().range(key("k"), key("l"), 0, 5, soon()).more()).isFalse();
    }

    @Test
    void aRangeAtARevisionShowsWhatWas() {
        long a = create("a", "1");
        long b = create("b", "1");
        long a2 = update("a", "2", a);
        long gone = delete("b", b);
        long c = create("c", "1");

        assertThat(keys("", "~", a, 0)).containsExactly("a");
        assertThat(keys("", "~", b, 0)).containsExactly("a", "b");
        assertThat(keys("", "~", a2, 0)).containsExactly("a", "b");
        assertThat(keys("", "~", gone, 0)).containsExactly("a");
        assertThat(keys("", "~", c, 0)).containsExactly("a", "c");
        Range past = store().range(key(""), key("~"), b, 0, soon());
        assertThat(value(past.entries().getFirst())).isEqualTo("1");
        assertThat(past.revision()).isEqualTo(b);
    }

    @Test
    void aRangeInTheFutureIsRefused() {
        long now = create("a", "1");
        assertThatThrownBy(() -> store().range(key(""), key("~"), now + 1000, 0, soon()))
                .isInstanceOf(StoreException.FutureRevision.class);
    }

    @Test
    void compactionForgetsThePastButNotThePresent() {
        long a = create("a", "1");
        long b = create("b", "1");
        long a2 = update("a", "2", a);
        long gone = delete("b", b);
        store().compact(gone, soon());

        assertThatThrownBy(() -> store().range(key(""), key("~"), a2, 0, soon()))
                .isInstanceOf(StoreException.Compacted.class);
        assertThat(keys("", "~", gone, 0)).containsExactly("a");
        assertThat(keys("", "~", 0, 0)).containsExactly("a");
        assertThat(value(store().get(key("a"), soon()).orElseThrow())).isEqualTo("2");
        assertThat(create("b", "again")).isEqualTo(gone + 1);

        var watcher = new RecordingWatcher();
        try (var _ = store().watch(root(), a, watcher)) {
            assertThat(watcher.awaitEnd()).isInstanceOf(StoreException.Compacted.class);
        }
    }

    @Test
    void compactingTwiceIsFine() {
        long a = create("a", "1");
        store().compact(a, soon());
        store().compact(a, soon());
        store().compact(a - 1, soon());
        assertThatThrownBy(() -> store().compact(a + 1000, soon())).isInstanceOf(StoreException.FutureRevision.class);
    }

    @Test
    void aWatchDeliversEveryChangeInOrder() {
        long start = store().revision(soon());
        var watcher = new RecordingWatcher();
        try (var _ = store().watch(root(), start, watcher)) {
            long a = create("a", "1");
            long a2 = update("a", "2", a);
            delete("a", a2);
            long again = create("a", "3");
            watcher.awaitUpTo(again);
        }

        assertThat(watcher.changes())
                .extracting(RecordingWatcher::text)
                .containsExactly(
                        "+" + key("a") + "=1",
                        "~" + key("a") + "=2 (1)",
                        "-" + key("a") + " (2)",
                        "+" + key("a") + "=3");
        assertThat(watcher.changes())
                .extracting(KeyValueStore.Change::createRevision)
                .containsExactly(start + 1, start + 1, start + 1, start + 4);
    }

    @Test
    void aWatchStartsInThePast() {
        long a = create("a", "1");
        long a2 = update("a", "2", a);
        create("b", "1");
        var watcher = new RecordingWatcher();
        try (var _ = store().watch(root(), a, watcher)) {
            watcher.awaitCount(2);
            create("c", "1");
            watcher.awaitCount(3);
        }

        assertThat(watcher.changes())
                .extracting(RecordingWatcher::text)
                .containsExactly("~" + key("a") + "=2 (1)", "+" + key("b") + "=1", "+" + key("c") + "=1");
        assertThat(watcher.changes().getFirst().revision()).isEqualTo(a2);
    }

    @Test
    void aWatchStartsInTheFuture() {
        long a = create("a", "1");
        var watcher = new RecordingWatcher();
        try (var _ = store().watch(root(), a + 1, watcher)) {
            create("b", "1");
            create("c", "1");
            watcher.awaitCount(1);
        }
        assertThat(watcher.changes()).extracting(RecordingWatcher::text).containsExactly("+" + key("c") + "=1");
    }

    @Test
    void aWatchSeesItsPrefixOnly() {
        long start = store().revision(soon());
        var watcher = new RecordingWatcher();
        try (var _ = store().watch(key("in/"), start, watcher)) {
            create("in", "x");
            create("in/a", "1");
            create("out/a", "1");
            create("in0", "x");
            create("in/b", "1");
            watcher.awaitCount(2);
        }
        assertThat(watcher.changes()).extracting(KeyValueStore.Change::key).containsExactly(key("in/a"), key("in/b"));
    }

    @Test
    void progressReachesTheStoresRevisionWithoutChanges() {
        var watcher = new RecordingWatcher();
        try (var watch = store().watch(key("quiet/"), store().revision(soon()), watcher)) {
            long other = create("other", "1");
            await().atMost(Duration.ofSeconds(20)).until(() -> {
                watch.requestProgress();
                return watcher.upTo() >= other;
            });
        }
        assertThat(watcher.changes()).isEmpty();
    }

    @Test
    void aLongBacklogIsDeliveredWhole() {
        long start = store().revision(soon());
        int count = 6000; // more than fits into any page or buffer
        long last = 0;
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var done = new ArrayList<Future<Long>>();
            for (int i = 0; i < count; i++) {
                int number = i;
                done.add(threads.submit(() -> create("k" + number, "v" + number)));
            }
            for (Future<Long> each : done) {
                last = Math.max(last, result(each));
            }
        }
        var watcher = new RecordingWatcher();
        try (var _ = store().watch(root(), start, watcher)) {
            watcher.awaitUpTo(last);
        }
        assertThat(watcher.changes()).hasSize(count);
        assertThat(watcher.changes().getLast().revision()).isEqualTo(start + count);
    }

    @Test
    void aClosedWatchIsQuiet() {
        var watcher = new RecordingWatcher();
        var other = new RecordingWatcher();
        var watch = store().watch(root(), store().revision(soon()), watcher);
        create("a", "1");
        watcher.awaitCount(1);
        watch.close();
        watch.close();

        try (var _ = store().watch(root(), store().revision(soon()), other)) {
            create("b", "1");
            other.awaitCount(1);
        }
        assertThat(watcher.changes()).hasSize(1);
    }

    @Test
    void ofManyUpdatesFromOneRevisionOneWins() {
        int rounds = 20;
        int writers = 8;
        long revision = create("a", "0");
        var winners = new HashSet<Long>();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int round = 0; round < rounds; round++) {
                long expected = revision;
                var done = new ArrayList<Future<Outcome>>();
                for (int writer = 0; writer < writers; writer++) {
                    String value = round + "-" + writer;
                    Callable<Outcome> update = () -> store().update(key("a"), bytes(value), expected, null, soon());
                    done.add(threads.submit(update));
                }
                List<Outcome> won = done.stream()
                        .map(KeyValueStoreContract::result)
                        .filter(Outcome::succeeded)
                        .toList();
                assertThat(won).hasSize(1);
                revision = won.getFirst().revision();
                winners.add(revision);
            }
        }
        assertThat(winners).hasSize(rounds);
    }

    @Test
    void sizeIsKnown() {
        create("a", "1");
        assertThat(store().sizeInBytes(soon())).isPositive();
    }

    @Test
    void anOverdueCallFails() {
        assertThatThrownBy(() -> store().create(key("late"), bytes("x"), null, Deadline.in(Duration.ZERO)))
                .isInstanceOf(StoreException.Unavailable.class);
        assertThat(store().get(key("other"), soon())).isEqualTo(Optional.empty());
    }

    private static <T> T result(Future<T> future) {
        try {
            return future.get();
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }
}
