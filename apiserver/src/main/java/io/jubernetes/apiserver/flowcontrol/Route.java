package io.jubernetes.apiserver.flowcontrol;

import io.micrometer.core.instrument.MeterRegistry;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/// A flow schema with the priority level its requests go to. Thread-safe.
final class Route {
    final FlowSchema schema;
    final LevelState level;
    final Turn.Flow flow;
    private final Meters meters;
    private volatile @Nullable FlowMeters made;

    Route(FlowSchema schema, LevelState level, Meters meters) {
        this.schema = schema;
        this.level = level;
        this.meters = meters;
        flow = new Turn.Flow(schema.uid(), level.level().uid());
    }

    /// The route of a request: the first that matches, and the last for what matches none.
    static Route of(List<Route> routes, Arrival arrival) {
        for (Route route : routes) {
            if (route.schema.matches(arrival)) {
                return route;
            }
        }
        return routes.getLast();
    }

    /// The schema's meters on the level, made at the first use.
    FlowMeters meters() {
        FlowMeters known = made;
        if (known == null) {
            known = meters.of(schema.name(), level.name);
            made = known;
        }
        return known;
    }

    /// The meters of all flow schemas, which outlive changes of the settings.
    static final class Meters {
        private record Key(String schema, String level) {}

        private final Map<Key, FlowMeters> all = new ConcurrentHashMap<>();
        private final MeterRegistry registry;

        Meters(MeterRegistry registry) {
            this.registry = registry;
        }

        private FlowMeters of(String schema, String level) {
            return all.computeIfAbsent(new Key(schema, level), _ -> new FlowMeters(registry, schema, level));
        }
    }
}
