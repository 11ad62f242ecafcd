package io.jubernetes.apiserver.admission;

import io.jubernetes.apiserver.resource.ApiException;

/// One rule about writes. Thread-safe.
public interface AdmissionPlugin {
    /// Upstream's name, as `--enable-admission-plugins` takes it.
    String name();

    /// Changes the object in place or refuses it.
    ///
    /// @throws ApiException to refuse
    default void mutate(AdmissionRequest request) {}

    /// Refuses or does nothing.
    ///
    /// @throws ApiException to refuse
    default void validate(AdmissionRequest request) {}
}
