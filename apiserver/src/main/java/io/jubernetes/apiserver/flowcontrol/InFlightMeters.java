package io.jubernetes.apiserver.flowcontrol;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import java.util.function.ToIntFunction;

/// Meters of all requests, those that change something and those that do not. Thread-safe.
final class InFlightMeters {
    private final Counter droppedReads;
    private final Counter droppedChanges;

    /// Requests by whether they may change something.
    ///
    /// @param mutating which are counted
    record Kind(boolean mutating) {
        private Tags tags() {
            return Tags.of("request_kind", mutating ? "mutating" : "readOnly");
        }
    }

    private static final Kind READS = new Kind(false);
    private static final Kind CHANGES = new Kind(true);

    InFlightMeters(MeterRegistry registry) {
        droppedReads = dropped(registry, READS);
        droppedChanges = dropped(registry, CHANGES);
    }

    private static Counter dropped(MeterRegistry registry, Kind kind) {
        return Counter.builder("apiserver_dropped_requests_total")
                .description("Requests refused because there was too much to do.")
                .tags(kind.tags())
                .register(registry);
    }

    /// Shows how many requests are in flight.
    ///
    /// @param name such as `apiserver_current_inflight_requests`
    /// @param count called when the metrics are read
    static void gauge(MeterRegistry registry, String name, String description, ToIntFunction<Kind> count) {
        for (Kind kind : new Kind[] {READS, CHANGES}) {
            Gauge.builder(name, kind, count::applyAsInt)
                    .description(description)
                    .tags(kind.tags())
                    .strongReference(true)
                    .register(registry);
        }
    }

    /// Counts a refused request.
    void dropped(Arrival arrival) {
        (arrival.isMutating() ? droppedChanges : droppedReads).increment();
    }
}
