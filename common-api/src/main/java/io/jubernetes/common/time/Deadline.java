package io.jubernetes.common.time;

import java.time.Duration;

/// A point in time by which a call must have ended. Immutable; measured on the monotonic clock, so that a step
/// of the wall clock neither shortens nor prolongs a wait.
public final class Deadline {
    private final long nanoTime;

    private Deadline(long nanoTime) {
        this.nanoTime = nanoTime;
    }

    /// The deadline that lies `duration` from now.
    ///
    /// @param duration not negative; more than about a century is cut to that
    public static Deadline in(Duration duration) {
        long nanos = duration.compareTo(Duration.ofDays(36_500)) > 0
                ? Duration.ofDays(36_500).toNanos()
                : duration.toNanos();
        return new Deadline(System.nanoTime() + nanos);
    }

    /// What is left, never negative.
    public Duration remaining() {
        return Duration.ofNanos(Math.max(0, nanoTime - System.nanoTime()));
    }

    public boolean isOver() {
        return nanoTime - System.nanoTime() <= 0;
    }

    /// The earlier of this deadline and the one that lies `duration` from now.
    public Deadline atMost(Duration duration) {
        Deadline other = in(duration);
        return other.nanoTime - nanoTime < 0 ? other : this;
    }
}
