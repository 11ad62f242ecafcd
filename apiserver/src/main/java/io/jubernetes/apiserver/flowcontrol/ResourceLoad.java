package io.jubernetes.apiserver.flowcontrol;

import io.jubernetes.apiserver.request.RequestInfo;
import java.util.Optional;

/// What there is to do for requests about a resource. Thread-safe.
interface ResourceLoad {
    /// All objects of a resource.
    ///
    /// @param averageBytes an estimate
    record Stored(int objects, long averageBytes) {}

    /// The objects of the resource a request is about; empty when this server keeps none.
    Optional<Stored> stored(RequestInfo info);

    /// How many watchers are told when the request changes an object.
    int watchers(RequestInfo info);
}
