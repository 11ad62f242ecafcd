package io.jubernetes.apiserver.flowcontrol;

import io.jubernetes.apiserver.request.UserInfo;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/// Two plain bounds, for requests that may change something and for the others: what is too much is
/// refused at once, unless an administrator asks. Stands in when priority and fairness is switched off.
/// Thread-safe.
final class MaxInFlight implements FlowControl {
    private static final int RETRY_AFTER_SECONDS = 1;

    private final @Nullable Semaphore reads;
    private final @Nullable Semaphore changes;
    private final InFlightMeters meters;

    /// @param reads how many requests at one time that change nothing; 0 for any number
    /// @param changes how many that may change something
    MaxInFlight(int reads, int changes, MeterRegistry registry) {
        this.reads = reads == 0 ? null : new Semaphore(reads);
        this.changes = changes == 0 ? null : new Semaphore(changes);
        meters = new InFlightMeters(registry);
        InFlightMeters.gauge(
                registry,
                "apiserver_current_inflight_requests",
                "Requests that are carried out.",
                kind -> taken(kind.mutating() ? this.changes : this.reads, kind.mutating() ? changes : reads));
    }

    private static int taken(@Nullable Semaphore seats, int all) {
        return seats == null ? 0 : all - seats.availablePermits();
    }

    @Override
    public Turn admit(Arrival arrival) {
        Semaphore seats = arrival.info().isLongRunning() ? null : arrival.isMutating() ? changes : reads;
        if (seats == null) {
            return new Turn.Granted(null, Seats.NONE);
        }
        if (seats.tryAcquire()) {
            var taken = new AtomicBoolean(true);
            return new Turn.Granted(null, () -> {
                if (taken.compareAndSet(true, false)) {
                    seats.release();
                }
            });
        }
        if (arrival.user().groups().contains(UserInfo.MASTERS_GROUP)) {
            return new Turn.Granted(null, Seats.NONE);
        }
        meters.dropped(arrival);
        return new Turn.Refused(null, RETRY_AFTER_SECONDS);
    }

    @Override
    public Optional<String> dump(String page, boolean details) {
        return Optional.empty();
    }
}
