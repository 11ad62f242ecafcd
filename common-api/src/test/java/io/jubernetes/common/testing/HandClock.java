package io.jubernetes.common.testing;

import io.jubernetes.common.time.Ticker;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;

/// The machine's time plus what a test has added by hand: it goes on by itself, so that what talks to
/// real servers works, and hours pass in no time. Thread-safe.
public final class HandClock extends Clock implements Ticker {
    private final AtomicLong passed = new AtomicLong(); // nanoseconds
    private final AtomicLong stepped = new AtomicLong(); // nanoseconds
    private final List<Runnable> sleepers = new CopyOnWriteArrayList<>();

    /// Lets time pass, for those who wait as for those who ask what time it is.
    public void pass(Duration time) {
        passed.addAndGet(time.toNanos());
        sleepers.forEach(Runnable::run);
    }

    /// Sets the wall clock, forward or back; who waits does not notice.
    public void step(Duration by) {
        stepped.addAndGet(by.toNanos());
    }

    @Override
    public long nanos() {
        return System.nanoTime() + passed.get();
    }

    @Override
    public void onMoved(Runnable wake) {
        sleepers.add(wake);
    }

    @Override
    public Instant instant() {
        return Instant.now().plusNanos(passed.get()).plusNanos(stepped.get());
    }

    @Override
    public ZoneId getZone() {
        return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
        return this;
    }
}
