package io.jubernetes.apiserver.bootstrap;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.resource.ApiResource;
import io.jubernetes.apiserver.resource.ObjectStorage;
import io.jubernetes.apiserver.resource.ObjectStorage.Loaded;
import io.jubernetes.common.time.Deadline;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;

/// Deletes the Leases of API servers that have not renewed them for as long as they last: each of these servers is gone
/// for good. Every API server does so, once an hour; that several try is no harm.
public final class GoneServers implements AutoCloseable {
    private static final Duration PERIOD = Duration.ofHours(1);
    private static final Duration LIMIT = Duration.ofSeconds(30);

    private final ObjectStorage storage;
    private final ApiResource leases;
    private final InstantSource clock;
    private final Repeating repeating = new Repeating("gone-servers", PERIOD, this::collect);

    public GoneServers(ObjectStorage storage, ApiResource leases, InstantSource clock) {
        this.storage = storage;
        this.leases = leases;
        this.clock = clock;
    }

    /// Looks now and then every hour until [#close].
    public void start() {
        repeating.start();
    }

    /// Looks once.
    void collect() {
        Deadline deadline = Deadline.in(LIMIT);
        List<String> names = new ArrayList<>();
        storage.cache(leases)
                .snapshot()
                .range(leases.keyPrefix(ServerLease.NAMESPACE), null)
                .forEachRemaining(lease -> names.add(lease.name()));
        for (String name : names) {
            Loaded lease = storage.latest(leases, ServerLease.NAMESPACE, name, deadline)
                    .orElse(null);
            if (lease != null && isOfServer(lease.object()) && isOver(lease.object())) {
                // When it was renewed meanwhile, its revision is another one and nothing happens.
                storage.delete(leases, lease.object(), lease.revision(), deadline);
            }
        }
    }

    private static boolean isOfServer(ObjectNode lease) {
        return ServerLease.IDENTITY.equals(
                lease.path("metadata").path("labels").path(ServerLease.LABEL).asText());
    }

    private boolean isOver(ObjectNode lease) {
        JsonNode spec = lease.path("spec");
        try {
            Instant renewed = Instant.parse(spec.path("renewTime").asText());
            return renewed.plusSeconds(spec.path("leaseDurationSeconds").asLong())
                    .isBefore(clock.instant());
        } catch (DateTimeParseException e) {
            // Nobody holds what was never renewed.
            return true;
        }
    }

    @Override
    public void close() {
        repeating.close();
    }
}
