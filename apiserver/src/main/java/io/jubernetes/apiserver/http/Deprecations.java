package io.jubernetes.apiserver.http;

import io.jubernetes.apiserver.resource.ApiResource;
import java.util.Map;
import java.util.Optional;

/// Which built-in resources are deprecated: every request for one is answered with a warning.
final class Deprecations {
    private static final Map<String, String> WARNINGS = Map.of(
            "v1/endpoints", "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice",
            "v1/componentstatuses", "v1 ComponentStatus is deprecated in v1.19+");

    private Deprecations() {}

    static Optional<String> warning(ApiResource resource) {
        return Optional.ofNullable(WARNINGS.get(resource.apiVersion() + "/" + resource.plural()));
    }
}
