package io.jubernetes.common.controller;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.jubernetes.common.meta.ObjectKey;
import java.util.List;
import java.util.Optional;

/// Reads a local copy of the objects of one kind. The objects are shared and must never be changed: build a new
/// one with `toBuilder()`. Thread-safe.
public interface Lister<T extends HasMetadata> {
    Optional<T> find(ObjectKey key);

    /// All objects, in no order.
    List<T> all();

    List<T> inNamespace(String namespace);

    /// The objects for which an index has the value; indexes are made by [Informed#index].
    List<T> by(String index, String value);

    /// The resource version up to which this copy is known to be complete; 0 before the first list.
    long revision();
}
