package io.jubernetes.apiserver.watchcache;

import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;

/// Growing pauses between attempts, with jitter so that several servers do not come back at once. One loop's own.
final class Backoff {
    private static final long FIRST_MILLIS = 50;
    private static final long MAX_MILLIS = 10_000;

    private long millis = FIRST_MILLIS;

    Duration next() {
        long pause = ThreadLocalRandom.current().nextLong(millis / 2, millis + 1);
        millis = Math.min(MAX_MILLIS, millis * 2);
        return Duration.ofMillis(pause);
    }

    /// The attempt worked: start over with the shortest pause.
    void reset() {
        millis = FIRST_MILLIS;
    }
}
