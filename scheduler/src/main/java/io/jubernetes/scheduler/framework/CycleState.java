package io.jubernetes.scheduler.framework;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// What plugins remember about one pod between the extension points of its scheduling cycle. Used by one thread at
/// a time: the scheduling thread, then the pod's binding thread.
public final class CycleState {
    private final Map<Class<?>, Object> values = new HashMap<>();
    private final Set<String> skippedFilters = new HashSet<>();
    private final Set<String> skippedScores = new HashSet<>();

    /// Keeps one value of a type; a plugin uses a type of its own.
    public <T> void put(Class<T> type, T value) {
        values.put(type, value);
    }

    public <T> @Nullable T get(Class<T> type) {
        return type.cast(values.get(type));
    }

    /// A value that an earlier extension point of the same plugin has put.
    ///
    /// @throws IllegalStateException when it has not
    public <T> T require(Class<T> type) {
        T value = get(type);
        if (value == null) {
            throw new IllegalStateException("no " + type.getSimpleName() + " was put for this pod");
        }
        return value;
    }

    /// The filter of this plugin has nothing to say about the pod.
    public void skipFilter(String plugin) {
        skippedFilters.add(plugin);
    }

    public boolean isFilterSkipped(String plugin) {
        return skippedFilters.contains(plugin);
    }

    /// The score of this plugin has nothing to say about the pod.
    public void skipScore(String plugin) {
        skippedScores.add(plugin);
    }

    public boolean isScoreSkipped(String plugin) {
        return skippedScores.contains(plugin);
    }
}
