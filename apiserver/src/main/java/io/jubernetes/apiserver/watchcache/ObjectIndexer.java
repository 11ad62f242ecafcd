package io.jubernetes.apiserver.watchcache;

import java.util.Map;

/// What a resource tells the cache about a stored object. Called once for each change, from several threads.
@FunctionalInterface
public interface ObjectIndexer {
    /// @param key where the object is stored
    /// @param storedJson the object as stored; must not be changed
    /// @throws RuntimeException when it cannot be read; the object is then left out, with a line in the log
    Indexed index(String key, byte[] storedJson);

    /// What selectors look at.
    ///
    /// @param namespace empty when the object is cluster-scoped
    /// @param fields the selectable fields by their path, such as `spec.nodeName`
    record Indexed(String namespace, String name, Map<String, String> labels, Map<String, String> fields) {
        public Indexed {
            labels = Map.copyOf(labels);
            fields = Map.copyOf(fields);
        }
    }
}
