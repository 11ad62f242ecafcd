package io.jubernetes.apiserver.admission.match;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.resource.ApiException;
import io.jubernetes.apiserver.resource.ApiResource;
import io.jubernetes.apiserver.resource.ObjectStorage;
import io.jubernetes.apiserver.watchcache.CachedObject;
import io.jubernetes.apiserver.watchcache.Snapshot;
import io.jubernetes.common.codec.Json;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// All objects of a cluster-scoped resource in a form made for use, by name. It follows the watch
/// cache: an object is made anew when it has changed and somebody asks. Thread-safe.
public final class CompiledObjects<T> {
    private final ObjectStorage storage;
    private final ApiResource resource;
    private final Function<ObjectNode, T> compiler;
    private volatile @Nullable State<T> state;

    private record Entry<T>(long revision, T compiled) {}

    private record State<T>(Snapshot snapshot, Map<String, Entry<T>> entries, List<T> all) {}

    public CompiledObjects(ObjectStorage storage, ApiResource resource, Function<ObjectNode, T> compiler) {
        this.storage = storage;
        this.resource = resource;
        this.compiler = compiler;
    }

    /// All objects there are now, in the order of their names. The same list as long as nothing has
    /// changed.
    public List<T> all() {
        Snapshot now = storage.cache(resource).snapshot();
        State<T> known = state;
        if (known != null && known.snapshot() == now) {
            return known.all();
        }
        return refresh(now);
    }

    private synchronized List<T> refresh(Snapshot now) {
        State<T> known = state;
        if (known != null && known.snapshot().revision() > now.revision()) {
            return known.all();
        }
        Map<String, Entry<T>> entries = new HashMap<>();
        List<T> all = new ArrayList<>();
        boolean same = known != null;
        Iterator<CachedObject> objects = now.range(resource.keyPrefix(""), null);
        while (objects.hasNext()) {
            CachedObject object = objects.next();
            Entry<T> entry = known == null ? null : known.entries().get(object.name());
            if (entry == null || entry.revision() != object.revision()) {
                entry = new Entry<>(object.revision(), compiler.apply(tree(object)));
                same = false;
            }
            entries.put(object.name(), entry);
            all.add(entry.compiled());
        }
        same = same && known != null && known.entries().size() == entries.size();
        var next = same
                ? new State<>(now, entries, Objects.requireNonNull(known).all())
                : new State<>(now, entries, List.copyOf(all));
        state = next;
        return next.all();
    }

    private static ObjectNode tree(CachedObject object) {
        try {
            if (Json.read(object.storedJson()) instanceof ObjectNode tree) {
                return tree;
            }
        } catch (IOException e) {
            throw ApiException.internal("unreadable object " + object.name() + ": " + e.getMessage());
        }
        throw ApiException.internal("unreadable object " + object.name());
    }
}
