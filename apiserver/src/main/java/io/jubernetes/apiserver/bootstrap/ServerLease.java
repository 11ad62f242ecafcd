package io.jubernetes.apiserver.bootstrap;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.resource.ApiResource;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.apiserver.resource.ObjectStorage;
import io.jubernetes.apiserver.resource.ObjectStorage.Loaded;
import io.jubernetes.apiserver.schema.ApiTime;
import io.jubernetes.common.codec.Json;
import io.jubernetes.common.codec.Sha256;
import io.jubernetes.common.time.Deadline;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import java.util.UUID;

/// The Lease in `kube-system` by which an API server tells that it is there (KEP-1965). Each of several
/// has one of its own; those that are no longer renewed [GoneServers] deletes.
public final class ServerLease implements AutoCloseable {
    static final String NAMESPACE = "kube-system";
    /// By these a Lease is known to be an API server's.
    static final String LABEL = "apiserver.kubernetes.io/identity";

    static final String IDENTITY = "kube-apiserver";

    /// Of the hash, in the Lease's name: as upstream has it.
    private static final int NAME_BYTES = 13;

    private static final int DURATION_SECONDS = 3600;
    private static final Duration RENEWAL = Duration.ofSeconds(10);
    private static final Duration LIMIT = Duration.ofSeconds(5);

    private final ObjectStorage storage;
    private final ApiResource leases;
    private final String hostname;
    private final InstantSource clock;
    private final String name;
    private final String holder;
    private final Repeating repeating = new Repeating("server-lease", RENEWAL, this::renew);

    /// @param hostname with the port it tells API servers of one cluster apart; the Lease's name comes of both, so
    ///     that a restarted server goes on with its Lease
    public ServerLease(ObjectStorage storage, ApiResource leases, String hostname, int port, InstantSource clock) {
        this.storage = storage;
        this.leases = leases;
        this.hostname = hostname;
        this.clock = clock;
        name = "apiserver-" + Sha256.hex(hostname + ":" + port, NAME_BYTES);
        holder = name + "_" + UUID.randomUUID();
    }

    /// Takes the Lease and renews it until [#close].
    public void start() {
        repeating.start();
    }

    /// Renews the Lease once, or makes it.
    void renew() {
        Deadline deadline = Deadline.in(LIMIT);
        String now = ApiTime.micros(clock.instant());
        Optional<Loaded> present = storage.latest(leases, NAMESPACE, name, deadline);
        ObjectNode lease = present.map(Loaded::object).orElseGet(this::fresh);
        ObjectNode spec = Meta.child(lease, "spec");
        if (!spec.path("holderIdentity").asText("").equals(holder)) {
            spec.put("holderIdentity", holder).put("acquireTime", now);
        }
        spec.put("leaseDurationSeconds", DURATION_SECONDS).put("renewTime", now);
        // When somebody else has written it meanwhile, the next renewal has its turn.
        if (present.isPresent()) {
            storage.update(leases, lease, present.get().revision(), null, deadline);
        } else {
            storage.create(leases, lease, null, deadline);
        }
    }

    private ObjectNode fresh() {
        ObjectNode lease = Json.object();
        lease.put("kind", "Lease").put("apiVersion", leases.apiVersion());
        ObjectNode meta = Meta.of(lease);
        meta.put("name", name)
                .put("namespace", NAMESPACE)
                .put("uid", UUID.randomUUID().toString())
                .put("creationTimestamp", ApiTime.seconds(clock.instant()));
        meta.putObject("labels").put(LABEL, IDENTITY).put("kubernetes.io/hostname", hostname);
        return lease;
    }

    @Override
    public void close() {
        repeating.close();
    }
}
