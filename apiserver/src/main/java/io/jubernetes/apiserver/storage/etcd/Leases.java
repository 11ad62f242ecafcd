package io.jubernetes.apiserver.storage.etcd;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.etcd.jetcd.api.LeaseGrantRequest;
import io.etcd.jetcd.api.LeaseGrpc;
import io.grpc.Channel;
import io.jubernetes.common.time.Deadline;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;

/// Leases for keys that expire, each shared by many keys: etcd checkpoints and revokes every lease by itself, and a
/// cluster writes many events. Keys that come within a short time and live equally long share one, which lives
/// longer by that time. Thread-safe.
final class Leases {
    private static final int MAX_KEYS = 1000;
    private static final Duration MAX_SHARING = Duration.ofMinutes(1);

    private final LeaseGrpc.LeaseBlockingStub stub;
    private final InstantSource clock;
    private final ReentrantLock lock = new ReentrantLock();

    @GuardedBy("lock")
    private final Map<Duration, Lease> open = new HashMap<>();

    Leases(Channel channel, InstantSource clock) {
        stub = LeaseGrpc.newBlockingStub(channel).withWaitForReady();
        this.clock = clock;
    }

    /// A lease that lives at least this long from now.
    long leaseFor(Duration ttl, Deadline deadline) {
        lock.lock();
        try {
            Instant now = clock.instant();
            open.values().removeIf(lease -> !now.isBefore(lease.shareUntil));
            Lease lease = open.get(ttl);
            if (lease == null || lease.keys == MAX_KEYS) {
                lease = grant(ttl, now, deadline);
                open.put(ttl, lease);
            }
            lease.keys++;
            return lease.id;
        } finally {
            lock.unlock();
        }
    }

    /// Somebody found the lease gone: a clock was set, or it was revoked from outside.
    void forget(long id) {
        lock.lock();
        try {
            open.values().removeIf(lease -> lease.id == id);
        } finally {
            lock.unlock();
        }
    }

    private Lease grant(Duration ttl, Instant now, Deadline deadline) {
        Duration sharing = sharing(ttl);
        long seconds = ttl.plus(sharing).plusMillis(999).toSeconds();
        var request = LeaseGrantRequest.newBuilder().setTTL(seconds).build();
        long id = stub.withDeadlineAfter(deadline.remaining().toNanos(), TimeUnit.NANOSECONDS)
                .leaseGrant(request)
                .getID();
        return new Lease(id, now.plus(sharing));
    }

    /// A twentieth of the life, between a second and a minute.
    static Duration sharing(Duration ttl) {
        Duration part = ttl.dividedBy(20);
        return part.compareTo(MAX_SHARING) > 0
                ? MAX_SHARING
                : part.compareTo(Duration.ofSeconds(1)) < 0 ? Duration.ofSeconds(1) : part;
    }

    private static final class Lease {
        private final long id;
        private final Instant shareUntil;
        private int keys;

        Lease(long id, Instant shareUntil) {
            this.id = id;
            this.shareUntil = shareUntil;
        }
    }
}
