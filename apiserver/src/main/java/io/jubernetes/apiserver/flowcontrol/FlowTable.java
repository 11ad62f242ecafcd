package io.jubernetes.apiserver.flowcontrol;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.jubernetes.apiserver.watchcache.CachedObject;
import io.jubernetes.apiserver.watchcache.ResourceCache;
import io.jubernetes.apiserver.watchcache.Snapshot;
import io.jubernetes.common.codec.Json;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// Which flow schema sends requests to which priority level, as the watch caches have it. Looks at each request
/// whether they have anything new, which costs two comparisons, and reads them anew if so. Thread-safe.
final class FlowTable {
    private final ResourceCache schemas;
    private final ResourceCache levels;
    private final PriorityLevels states;
    private final Route.Meters meters;
    private final BootstrapFlows bootstrap;
    private volatile @Nullable State state;

    private record State(Snapshot schemaObjects, Snapshot levelObjects, List<Route> routes) {}

    FlowTable(
            ResourceCache schemas,
            ResourceCache levels,
            PriorityLevels states,
            Route.Meters meters,
            BootstrapFlows bootstrap) {
        this.schemas = schemas;
        this.levels = levels;
        this.states = states;
        this.meters = meters;
        this.bootstrap = bootstrap;
    }

    /// The routes in the order in which they are asked. The same list as before when nothing has changed.
    List<Route> routes() {
        State known = state;
        return known != null && isCurrent(known) ? known.routes() : refresh();
    }

    private boolean isCurrent(State known) {
        return known.schemaObjects().hasSameObjects(schemas.snapshot())
                && known.levelObjects().hasSameObjects(levels.snapshot());
    }

    private synchronized List<Route> refresh() {
        State known = state;
        if (known != null && isCurrent(known)) {
            return known.routes();
        }
        Snapshot levelObjects = levels.snapshot();
        Snapshot schemaObjects = schemas.snapshot();
        List<Route> routes = read(schemaObjects, levelObjects);
        state = new State(schemaObjects, levelObjects, routes);
        return routes;
    }

    @GuardedBy("this")
    private List<Route> read(Snapshot schemaObjects, Snapshot levelObjects) {
        Map<String, PriorityLevel> levelsByName = new LinkedHashMap<>();
        bootstrap.mandatoryLevels().forEach(level -> levelsByName.put(level.name(), level));
        objects(levelObjects, PriorityLevel::of).forEach(level -> levelsByName.put(level.name(), level));
        Map<String, FlowSchema> schemasByName = new LinkedHashMap<>();
        bootstrap.mandatorySchemas().forEach(schema -> schemasByName.put(schema.name(), schema));
        objects(schemaObjects, FlowSchema::of).forEach(schema -> schemasByName.put(schema.name(), schema));

        Map<String, LevelState> present = states.update(levelsByName.values());
        List<Route> routes = new ArrayList<>();
        for (FlowSchema schema :
                schemasByName.values().stream().sorted(FlowSchema.ORDER).toList()) {
            LevelState level = present.get(schema.level());
            if (level != null) { // else the schema dangles, and means nothing
                routes.add(new Route(schema, level, meters));
            }
        }
        return List.copyOf(routes);
    }

    private static <T> List<T> objects(Snapshot snapshot, Function<JsonNode, T> reader) {
        List<T> all = new ArrayList<>();
        snapshot.range("", null).forEachRemaining(object -> all.add(reader.apply(tree(object))));
        return all;
    }

    private static JsonNode tree(CachedObject object) {
        try {
            return Json.read(object.json());
        } catch (IOException e) {
            throw new IllegalStateException("the watch cache holds no JSON at " + object.key(), e);
        }
    }
}
