package io.jubernetes.kubelet.container;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/// Growing pauses by key: each try doubles the key's pause until the longest; a key left alone for twice the
/// longest starts over. Thread-safe.
public final class Backoff {
    private final Duration first;
    private final Duration longest;
    private final Clock clock;
    private final Map<String, Entry> entries = new ConcurrentHashMap<>();

    private record Entry(Duration pause, Instant updated) {}

    public Backoff(Duration first, Duration longest, Clock clock) {
        this.first = first;
        this.longest = longest;
        this.clock = clock;
    }

    /// The kubelet's own: ten seconds to five minutes.
    public static Backoff standard(Clock clock) {
        return new Backoff(Duration.ofSeconds(10), Duration.ofMinutes(5), clock);
    }

    /// Whether the key's pause, counted from when it was set, is not over yet.
    public boolean isWaiting(String key) {
        Entry entry = entries.get(key);
        return entry != null && clock.instant().isBefore(entry.updated().plus(entry.pause()));
    }

    /// What is left of the key's pause, counted from `since`: when what was tried came to its end.
    public Duration remaining(String key, Instant since) {
        Entry entry = entries.get(key);
        if (entry == null || isStale(entry, since)) {
            return Duration.ZERO;
        }
        Duration left = Duration.between(clock.instant(), since.plus(entry.pause()));
        return left.isNegative() ? Duration.ZERO : left;
    }

    /// The key's pause as it was last set.
    public Duration current(String key) {
        Entry entry = entries.get(key);
        return entry == null ? Duration.ZERO : entry.pause();
    }

    /// Notes a try: sets the first pause or doubles it.
    ///
    /// @param since when the try before came to its end; long after it was noted, the key starts over
    public void next(String key, Instant since) {
        Instant now = clock.instant();
        entries.compute(key, (_, old) -> {
            if (old == null || isStale(old, since)) {
                return new Entry(first, now);
            }
            Duration doubled = old.pause().multipliedBy(2);
            return new Entry(doubled.compareTo(longest) > 0 ? longest : doubled, now);
        });
    }

    private boolean isStale(Entry entry, Instant at) {
        return Duration.between(entry.updated(), at).compareTo(longest.multipliedBy(2)) > 0;
    }

    public void forget(String key) {
        entries.remove(key);
    }

    public void forgetPrefix(String prefix) {
        entries.keySet().removeIf(key -> key.startsWith(prefix));
    }
}
