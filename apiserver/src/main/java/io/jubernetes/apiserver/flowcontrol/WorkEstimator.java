package io.jubernetes.apiserver.flowcontrol;

import io.jubernetes.apiserver.flowcontrol.ResourceLoad.Stored;
import java.time.Duration;
import java.util.OptionalInt;

/// Estimates how much of the server a request takes. Lists, and watches that begin with all objects, take a seat for
/// each hundred kilobytes they hold in memory at once; changes keep seats for a few milliseconds while their watchers
/// are told; everything else takes one seat.
final class WorkEstimator {
    private static final int BYTES_PER_SEAT = 100_000;
    /// Lists come from the watch cache and are streamed: however long they are, no more than this is in memory.
    private static final long MAX_BYTES_AT_ONCE = 1_000_000;

    private static final int MAX_LIST_SEATS = 100;
    private static final int MAX_MUTATING_SEATS = 10;
    private static final int WATCHERS_PER_SEAT = 10;
    private static final long EVENT_NANOS = Duration.ofMillis(5).toNanos();

    private final ResourceLoad load;

    WorkEstimator(ResourceLoad load) {
        this.load = load;
    }

    /// @param mostSeats what one request of the level may take; 0 for no bound
    WorkEstimate estimate(Arrival arrival, int mostSeats, FlowMeters meters) {
        WorkEstimate estimate = switch (arrival.info().verb()) {
            case "list" -> list(arrival, mostSeats);
            case "watch" -> arrival.initialEvents() ? list(arrival, mostSeats) : WorkEstimate.ONE_SEAT;
            case "create", "update", "patch", "delete" -> change(arrival, mostSeats, meters);
            default -> WorkEstimate.ONE_SEAT;
        };
        meters.estimated(estimate.maxSeats());
        return estimate;
    }

    private WorkEstimate list(Arrival arrival, int mostSeats) {
        int most = bounded(MAX_LIST_SEATS, mostSeats);
        OptionalInt limit = limit(arrival.limit());
        if (limit.isEmpty()) {
            return WorkEstimate.ofSeats(most); // to be refused for what it says
        }
        Stored stored = load.stored(arrival.info()).orElse(null);
        if (stored == null || stored.objects() == 0) {
            return WorkEstimate.ONE_SEAT;
        }
        long objects = arrival.info().name().isEmpty() ? stored.objects() : 1;
        if (limit.getAsInt() > 0) {
            objects = Math.min(objects, limit.getAsInt());
        }
        long bytes = Math.min(objects * stored.averageBytes(), MAX_BYTES_AT_ONCE);
        return WorkEstimate.ofSeats(Math.clamp(Math.ceilDiv(bytes, BYTES_PER_SEAT), 1, most));
    }

    /// The number a list is limited to: 0 for none; empty when the parameter is no number.
    private static OptionalInt limit(String text) {
        if (text.isEmpty()) {
            return OptionalInt.of(0);
        }
        try {
            return OptionalInt.of(Math.clamp(Long.parseLong(text), 0, Integer.MAX_VALUE));
        } catch (NumberFormatException e) {
            return OptionalInt.empty();
        }
    }

    private WorkEstimate change(Arrival arrival, int mostSeats, FlowMeters meters) {
        int watchers = load.watchers(arrival.info());
        meters.watched(watchers);
        if (watchers < WATCHERS_PER_SEAT) {
            return WorkEstimate.ONE_SEAT;
        }
        // The same work, narrower and longer: a wide request keeps others waiting until there is room for it.
        int wide = Math.ceilDiv(watchers, WATCHERS_PER_SEAT);
        int seats = Math.min(wide, bounded(MAX_MUTATING_SEATS, mostSeats));
        return new WorkEstimate(1, seats, Duration.ofNanos(EVENT_NANOS * wide / seats));
    }

    private static int bounded(int general, int ofLevel) {
        return ofLevel == 0 ? general : Math.min(general, ofLevel);
    }
}
