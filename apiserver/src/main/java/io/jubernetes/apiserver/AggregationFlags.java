package io.jubernetes.apiserver;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// How other API servers behind this one are connected to.
final class AggregationFlags {
    @Option(
            names = "--proxy-client-cert-file",
            description = "Client certificate that vouches for the users of requests passed on to other API servers.")
    private @Nullable Path certificate;

    @Option(names = "--proxy-client-key-file", description = "Key of --proxy-client-cert-file.")
    private @Nullable Path key;

    @Option(
            names = "--enable-aggregator-routing",
            arity = "0..1",
            defaultValue = "false",
            fallbackValue = "true",
            description = "Reach other API servers at their services' endpoints, not at the services' addresses.")
    private boolean toEndpoints;

    /// The flags' values.
    record Values(@Nullable Path certificate, @Nullable Path key, boolean toEndpoints) {}

    Values values() {
        return new Values(certificate, key, toEndpoints);
    }
}
