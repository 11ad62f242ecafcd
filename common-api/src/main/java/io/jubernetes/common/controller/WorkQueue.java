package io.jubernetes.common.controller;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.jubernetes.common.time.Ticker;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/// A queue of keys that need work. A key is in it at most once however often it is added; a key that is
/// being worked on and is added again comes back after [#done]; so one key never has two workers. First
/// in, first out; keys can be added for later and after a back-off of their own.
///
/// Thread-safe. Bounded: beyond its capacity of distinct keys, threads that add new ones wait, except the
/// queue's own workers, which would wait for themselves.
public final class WorkQueue<K> implements AutoCloseable {
    /// More distinct keys than any cluster this is meant for has objects of one kind.
    public static final int DEFAULT_CAPACITY = 1 << 20;

    private static final Duration BASE_DELAY = Duration.ofMillis(5);
    private static final Duration MAX_DELAY = Duration.ofSeconds(1000);

    private record Later<K>(K key, long readyAt, long sequence) {}

    private record Work(long startedAt, Thread worker) {}

    private final int capacity;
    private final Ticker ticker;
    private final WorkQueueMetrics metrics;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Condition space = lock.newCondition();

    @GuardedBy("lock")
    private final ArrayDeque<K> ready = new ArrayDeque<>();

    /// When each key was added that waits for a worker, either in `ready` or for the end of its current
    /// round.
    @GuardedBy("lock")
    private final Map<K, Long> dirty = new HashMap<>();

    @GuardedBy("lock")
    private final LinkedHashMap<K, Work> working = new LinkedHashMap<>();

    @GuardedBy("lock")
    private final PriorityQueue<Later<K>> later = new PriorityQueue<>(
            Comparator.<Later<K>>comparingLong(Later::readyAt).thenComparingLong(Later::sequence));

    @GuardedBy("lock")
    private final Map<K, Later<K>> laterByKey = new HashMap<>();

    @GuardedBy("lock")
    private final KeyedBackoff<K> backoff;

    /// The one taker that waits with a time limit, for the next delayed key; the others wait for a signal.
    @GuardedBy("lock")
    private @Nullable Thread timedWaiter;

    @GuardedBy("lock")
    private long sequence;

    @GuardedBy("lock")
    private boolean closed;

    /// A queue with upstream's back-off of 5 ms to 1,000 s.
    ///
    /// @param name the controller's name, the label of the queue's metrics
    ///
    /// @param ticker measures how long keys wait
    public WorkQueue(String name, MeterRegistry meters, Ticker ticker) {
        this(name, meters, DEFAULT_CAPACITY, BASE_DELAY, MAX_DELAY, ticker);
    }

    /// @param capacity distinct keys that may wait
    /// @param ticker measures how long keys wait
    public WorkQueue(
            String name, MeterRegistry meters, int capacity, Duration baseDelay, Duration maxDelay, Ticker ticker) {
        this.capacity = capacity;
        this.ticker = ticker;
        this.backoff = new KeyedBackoff<>(baseDelay, maxDelay, RandomGenerator.of("SplittableRandom"));
        this.metrics = new WorkQueueMetrics(name, meters, this::depth, this::unfinishedSeconds, this::longestSeconds);
        ticker.onMoved(this::lookAgain);
    }

    /// Has the takers look at the time again.
    private void lookAgain() {
        lock.lock();
        try {
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /// Adds a key that needs work now. Waits while the queue is full.
    public void add(K key) {
        lock.lock();
        try {
            while (!closed && isFull() && !dirty.containsKey(key) && !isOwnWorker()) {
                space.awaitUninterruptibly();
            }
            addLocked(key);
        } finally {
            lock.unlock();
        }
    }

    /// Adds a key that needs work after `delay`; if it waits for an earlier time already, that one stays.
    public void addAfter(K key, Duration delay) {
        if (delay.isNegative() || delay.isZero()) {
            add(key);
            return;
        }
        lock.lock();
        try {
            addLaterLocked(key, delay);
        } finally {
            lock.unlock();
        }
    }

    /// Adds a key again whose work failed, after a delay that doubles with each failure until [#forget].
    public void addAfterBackoff(K key) {
        lock.lock();
        try {
            if (!closed) {
                metrics.retried();
                addLaterLocked(key, backoff.next(key));
            }
        } finally {
            lock.unlock();
        }
    }

    /// Ends the back-off of a key: its work succeeded.
    public void forget(K key) {
        lock.lock();
        try {
            backoff.forget(key);
        } finally {
            lock.unlock();
        }
    }

    /// How often a key failed since it was last forgotten.
    public int failures(K key) {
        lock.lock();
        try {
            return backoff.failures(key);
        } finally {
            lock.unlock();
        }
    }

    /// Waits for a key and takes it. Whoever takes a key must hand it back by [#done].
    ///
    /// @return null when the queue is closed
    public @Nullable K take() throws InterruptedException {
        lock.lockInterruptibly();
        try {
            while (true) {
                if (closed) {
                    return null;
                }
                K key = pollLocked();
                if (key != null) {
                    wakeNextLocked();
                    return key;
                }
                awaitChangeLocked();
            }
        } finally {
            lock.unlock();
        }
    }

    /// Takes a key if one is ready, else returns null. For callers that run the queue in their own loop,
    /// such as tests.
    public @Nullable K poll() {
        lock.lock();
        try {
            return closed ? null : pollLocked();
        } finally {
            lock.unlock();
        }
    }

    /// Ends a round for a key that was taken.
    public void done(K key) {
        lock.lock();
        try {
            Work work = working.remove(key);
            if (work != null) {
                metrics.worked(ticker.nanos() - work.startedAt());
            }
            if (dirty.containsKey(key)) {
                ready.add(key);
                changed.signal();
            }
        } finally {
            lock.unlock();
        }
    }

    /// Keys that are ready and have no worker yet.
    public int depth() {
        lock.lock();
        try {
            return ready.size();
        } finally {
            lock.unlock();
        }
    }

    /// Whether no key is ready or worked on; keys that wait for a time do not count.
    public boolean isIdle() {
        lock.lock();
        try {
            promoteDueLocked();
            return ready.isEmpty() && working.isEmpty();
        } finally {
            lock.unlock();
        }
    }

    /// Ends all waiting takers and adders; keys added later are ignored.
    @Override
    public void close() {
        lock.lock();
        try {
            closed = true;
            ready.clear();
            dirty.clear();
            later.clear();
            laterByKey.clear();
            changed.signalAll();
            space.signalAll();
        } finally {
            lock.unlock();
        }
        metrics.close();
    }

    /// Waits until something may have changed; the caller looks again in its loop.
    @GuardedBy("lock")
    @SuppressWarnings("WaitNotInLoop")
    private void awaitChangeLocked() throws InterruptedException {
        Later<K> next = later.peek();
        if (next == null || timedWaiter != null) {
            changed.await();
            return;
        }
        timedWaiter = Thread.currentThread();
        try {
            long _ = changed.awaitNanos(next.readyAt() - ticker.nanos());
        } catch (InterruptedException e) {
            wakeNextLocked();
            throw e;
        } finally {
            timedWaiter = null;
        }
    }

    /// A taker that leaves hands on what it was woken for: more ready keys, or the wait for the next
    /// delayed one.
    @GuardedBy("lock")
    private void wakeNextLocked() {
        if (!ready.isEmpty() || !later.isEmpty()) {
            changed.signal();
        }
    }

    @GuardedBy("lock")
    private boolean isFull() {
        return dirty.size() >= capacity;
    }

    @GuardedBy("lock")
    private boolean isOwnWorker() {
        return working.values().stream().anyMatch(work -> work.worker().equals(Thread.currentThread()));
    }

    @GuardedBy("lock")
    private void addLocked(K key) {
        if (closed || dirty.containsKey(key)) {
            return;
        }
        metrics.added();
        dirty.put(key, ticker.nanos());
        if (!working.containsKey(key)) {
            ready.add(key);
            changed.signal();
        }
    }

    @GuardedBy("lock")
    private void addLaterLocked(K key, Duration delay) {
        if (closed) {
            return;
        }
        var entry = new Later<>(key, ticker.nanos() + delay.toNanos(), sequence++);
        Later<K> there = laterByKey.get(key);
        if (there != null) {
            if (there.readyAt() <= entry.readyAt()) {
                return;
            }
            later.remove(there);
        }
        laterByKey.put(key, entry);
        later.add(entry);
        if (entry.equals(later.peek())) {
            changed.signalAll();
        }
    }

    @GuardedBy("lock")
    private void promoteDueLocked() {
        long now = ticker.nanos();
        for (Later<K> next = later.peek(); next != null && next.readyAt() - now <= 0; next = later.peek()) {
            later.poll();
            laterByKey.remove(next.key());
            addLocked(next.key());
        }
    }

    @GuardedBy("lock")
    private @Nullable K pollLocked() {
        promoteDueLocked();
        K key = ready.poll();
        if (key == null) {
            return null;
        }
        long now = ticker.nanos();
        Long addedAt = dirty.remove(key);
        metrics.waited(addedAt == null ? 0 : now - addedAt);
        working.put(key, new Work(now, Thread.currentThread()));
        space.signal();
        return key;
    }

    private double unfinishedSeconds() {
        lock.lock();
        try {
            long now = ticker.nanos();
            return working.values().stream()
                            .mapToLong(work -> now - work.startedAt())
                            .sum()
                    / 1e9;
        } finally {
            lock.unlock();
        }
    }

    private double longestSeconds() {
        lock.lock();
        try {
            var first = working.firstEntry();
            return first == null ? 0 : (ticker.nanos() - first.getValue().startedAt()) / 1e9;
        } finally {
            lock.unlock();
        }
    }
}
