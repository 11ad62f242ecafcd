package io.jubernetes.apiserver.admission;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.resource.ApiException;
import io.jubernetes.apiserver.resource.ApiResource;

/// One rule about writes. Thread-safe.
public interface AdmissionPlugin extends AutoCloseable {
    /// Upstream's name, as `--enable-admission-plugins` takes it.
    String name();

    /// Changes the object in place or refuses it.
    ///
    /// @throws ApiException to refuse
    default void mutate(AdmissionRequest request) {}

    /// Sets aside what the object needs of a shared stock, after [#mutate] and before the object is validated, and
    /// writes it into the object.
    ///
    /// @return what to do when the write is done or has failed
    /// @throws ApiException to refuse; nothing is set aside then
    default Reservation reserve(AdmissionRequest request) {
        return Reservation.NONE;
    }

    /// Learns that an object is gone.
    default void deleted(ApiResource resource, ObjectNode object) {}

    /// Begins what the plugin does beside requests. Called once, when the server can read and write.
    default void start() {}

    /// Ends what [#start] has begun.
    @Override
    default void close() {}

    /// Refuses or does nothing.
    ///
    /// @throws ApiException to refuse
    default void validate(AdmissionRequest request) {}
}
