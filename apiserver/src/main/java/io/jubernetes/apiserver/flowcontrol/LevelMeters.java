package io.jubernetes.apiserver.flowcontrol;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/// The gauges of the priority levels, under upstream's names. Of one thread.
final class LevelMeters {
    private static final String PREFIX = "apiserver_flowcontrol_";

    private final MeterRegistry registry;
    private final PriorityLevels levels;
    private final Map<LevelState, List<Meter>> known = new HashMap<>();

    LevelMeters(MeterRegistry registry, PriorityLevels levels) {
        this.registry = registry;
        this.levels = levels;
    }

    /// Registers what does not depend on which levels there are.
    void start() {
        Gauge.builder(PREFIX + "seat_fair_frac", levels, PriorityLevels::fairFraction)
                .description("What part of the seats they aim at the levels have.")
                .register(registry);
        InFlightMeters.gauge(
                registry,
                "apiserver_current_inflight_requests",
                "Requests that are carried out.",
                kind -> count(level -> level.queues.executing(kind.mutating())));
        InFlightMeters.gauge(
                registry,
                "apiserver_current_inqueue_requests",
                "Requests that wait in the queues.",
                kind -> count(level -> level.queues.waiting(kind.mutating())));
    }

    private int count(ToDoubleFunction<LevelState> ofLevel) {
        return (int) levels.all().stream().mapToDouble(ofLevel).sum();
    }

    /// Follows levels that come and go.
    void follow() {
        List<LevelState> present = levels.all();
        known.entrySet().removeIf(entry -> {
            boolean gone = !present.contains(entry.getKey());
            if (gone) {
                entry.getValue().forEach(registry::remove);
            }
            return gone;
        });
        present.forEach(level -> known.computeIfAbsent(level, this::gauges));
    }

    private List<Meter> gauges(LevelState level) {
        List<Meter> made = new ArrayList<>();
        made.add(gauge(
                "nominal_limit_seats",
                "The level's share.",
                level,
                l -> l.seating().nominal()));
        made.add(gauge(
                "lower_limit_seats",
                "What cannot be lent.",
                level,
                l -> l.seating().lower()));
        made.add(gauge(
                "upper_limit_seats",
                "With all it may borrow.",
                level,
                l -> l.seating().upper()));
        made.add(gauge(
                "current_limit_seats",
                "Seats it has now.",
                level,
                l -> l.seating().current()));
        made.add(gauge(
                "target_seats",
                "Seats it aims at.",
                level,
                l -> Math.max(l.claim(), l.demand().smoothed())));
        made.add(gauge(
                "demand_seats_high_watermark",
                "Most seats asked for in the last period.",
                level,
                l -> l.demand().latest().most()));
        made.add(gauge(
                "demand_seats_average",
                "Seats asked for in the last period.",
                level,
                l -> l.demand().latest().average()));
        made.add(gauge(
                "demand_seats_stdev",
                "Deviation of the seats asked for.",
                level,
                l -> l.demand().latest().deviation()));
        made.add(gauge(
                "demand_seats_smoothed",
                "Seats asked for lately.",
                level,
                l -> l.demand().smoothed()));
        return made;
    }

    private Gauge gauge(String name, String description, LevelState level, ToDoubleFunction<LevelState> value) {
        return Gauge.builder(PREFIX + name, level, value)
                .description(description)
                .tags("priority_level", level.name)
                .register(registry);
    }
}
