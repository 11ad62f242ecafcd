package io.jubernetes.common.controller;

import io.fabric8.kubernetes.api.model.HasMetadata;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;

/// A [Lister] that is kept current by a watch and tells about changes.
public interface Informed<T extends HasMetadata> extends Lister<T> {
    /// Makes an index, once for each name; a second one of the same name is ignored.
    ///
    /// @param values the index values of an object, empty for none
    void index(String name, Function<T, List<String>> values);

    /// Calls `handler` for all objects that are there already and for every later change.
    ///
    /// @return ends the calls
    Registration listen(ChangeHandler<T> handler);

    /// Calls `handler` with every object that appears, changes (its new state) or disappears (its last state).
    default Registration listenAny(Consumer<T> handler) {
        return listen((before, after) -> {
            if (after != null) {
                handler.accept(after);
            } else if (before != null) {
                handler.accept(before);
            }
        });
    }

    /// Ends a handler's calls.
    @FunctionalInterface
    interface Registration extends AutoCloseable {
        @Override
        void close();
    }
}
