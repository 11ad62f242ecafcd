package io.jubernetes.apiserver.flowcontrol;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/// A clock that a test moves; what is to be done later is done on the way. Of one thread.
final class HandMovedClock implements FlowClock {
    private record Later(long at, Runnable action) {}

    private final List<Later> pending = new ArrayList<>();
    private long nanos;

    @Override
    public long nanos() {
        return nanos;
    }

    @Override
    public Instant now() {
        return Instant.parse("2026-01-01T00:00:00Z").plusNanos(nanos);
    }

    @Override
    public void after(long delay, Runnable action) {
        pending.add(new Later(nanos + delay, action));
    }

    void advance(Duration by) {
        long target = nanos + by.toNanos();
        while (true) {
            Later next = pending.stream()
                    .filter(each -> each.at() <= target)
                    .min(Comparator.comparingLong(Later::at))
                    .orElse(null);
            if (next == null) {
                break;
            }
            pending.remove(next);
            nanos = next.at();
            next.action().run();
        }
        nanos = target;
    }
}
