package io.jubernetes.common.controller;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.random.RandomGenerator;

/// Counts the failures of each key and says how long to wait before its next try: doubling from `base` to
/// `max`, with up to a fifth of jitter on top so that keys that failed together do not come back together. Not
/// thread-safe.
final class KeyedBackoff<K> {
    private static final double JITTER = 0.2;

    private final Map<K, Integer> failures = new HashMap<>();
    private final Duration base;
    private final Duration max;
    private final RandomGenerator random;

    KeyedBackoff(Duration base, Duration max, RandomGenerator random) {
        this.base = base;
        this.max = max;
        this.random = random;
    }

    /// Counts one more failure of `key`.
    Duration next(K key) {
        int failed = failures.merge(key, 1, Integer::sum) - 1;
        double nanos = Math.min((double) max.toNanos(), base.toNanos() * Math.pow(2, Math.min(failed, 62)));
        return Duration.ofNanos((long) (nanos * (1 + JITTER * random.nextDouble())));
    }

    void forget(K key) {
        failures.remove(key);
    }

    int failures(K key) {
        return failures.getOrDefault(key, 0);
    }
}
