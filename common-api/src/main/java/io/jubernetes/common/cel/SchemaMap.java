package io.jubernetes.common.cel;

import java.util.AbstractMap;
import java.util.AbstractSet;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// A map or object of an API object, whose values are made when they are first looked at. Not thread-safe.
public final class SchemaMap extends AbstractMap<Object, Object> {
    private final Set<String> names;
    private final Function<String, Object> maker;
    private final Map<String, Object> made = new HashMap<>();

    /// @param names of the members, under the names expressions use
    /// @param maker makes the value of a member
    public SchemaMap(Set<String> names, Function<String, Object> maker) {
        this.names = names;
        this.maker = maker;
    }

    @Override
    public @Nullable Object get(@Nullable Object key) {
        return key instanceof String name && names.contains(name) ? made.computeIfAbsent(name, maker) : null;
    }

    @Override
    public boolean containsKey(@Nullable Object key) {
        return key instanceof String name && names.contains(name);
    }

    @Override
    public int size() {
        return names.size();
    }

    @Override
    public Set<Map.Entry<Object, Object>> entrySet() {
        Map<Object, Object> all = new LinkedHashMap<>();
        names.forEach(name -> all.put(name, made.computeIfAbsent(name, maker)));
        return all.entrySet();
    }

    @Override
    public Set<Object> keySet() {
        return new AbstractSet<>() {
            @Override
            public Iterator<Object> iterator() {
                return names.stream().map(Object.class::cast).iterator();
            }

            @Override
            public int size() {
                return names.size();
            }

            @Override
            public boolean contains(@Nullable Object key) {
                return key instanceof String name && names.contains(name);
            }
        };
    }
}
