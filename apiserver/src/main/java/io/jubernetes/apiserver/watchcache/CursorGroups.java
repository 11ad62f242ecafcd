package io.jubernetes.apiserver.watchcache;

import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// A resource's cursors by what they watch, so that an event reaches those it concerns without asking the others.
/// Thread-safe.
final class CursorGroups {
    private final ConcurrentMap<String, Set<WindowCursor>> groups = new ConcurrentHashMap<>();

    void add(WindowCursor cursor) {
        groups.compute(cursor.prefix(), (_, present) -> {
            Set<WindowCursor> group = present == null ? ConcurrentHashMap.newKeySet() : present;
            group.add(cursor);
            return group;
        });
    }

    void remove(WindowCursor cursor) {
        groups.computeIfPresent(cursor.prefix(), (_, group) -> {
            group.remove(cursor);
            return group.isEmpty() ? null : group;
        });
    }

    /// How many cursors watch a key, or a part of the key space that it is in.
    int count(String key) {
        int[] count = new int[1];
        eachGroup(key, group -> count[0] += group.size());
        return count[0];
    }

    /// The cursors that watch a key: itself, or a part of the key space that ends in a slash.
    void forKey(String key, Consumer<WindowCursor> action) {
        eachGroup(key, group -> group.forEach(action));
    }

    private void eachGroup(String key, Consumer<Set<WindowCursor>> action) {
        if (groups.isEmpty()) {
            return;
        }
        for (int slash = key.indexOf('/'); slash >= 0; slash = key.indexOf('/', slash + 1)) {
            each(groups.get(key.substring(0, slash + 1)), action);
        }
        if (!key.endsWith("/")) {
            each(groups.get(key), action);
        }
    }

    List<WindowCursor> all() {
        return groups.values().stream().flatMap(Set::stream).toList();
    }

    private static void each(@Nullable Set<WindowCursor> group, Consumer<Set<WindowCursor>> action) {
        if (group != null) {
            action.accept(group);
        }
    }
}
