package io.jubernetes.apiserver.storage.etcd;

import com.google.protobuf.ByteString;
import io.etcd.jetcd.api.CompactionRequest;
import io.etcd.jetcd.api.Compare;
import io.etcd.jetcd.api.DeleteRangeRequest;
import io.etcd.jetcd.api.KVGrpc;
import io.etcd.jetcd.api.KeyValue;
import io.etcd.jetcd.api.MaintenanceGrpc;
import io.etcd.jetcd.api.PutRequest;
import io.etcd.jetcd.api.RangeRequest;
import io.etcd.jetcd.api.RangeResponse;
import io.etcd.jetcd.api.RequestOp;
import io.etcd.jetcd.api.ResponseOp;
import io.etcd.jetcd.api.StatusRequest;
import io.etcd.jetcd.api.TxnRequest;
import io.etcd.jetcd.api.TxnResponse;
import io.grpc.ConnectivityState;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.jubernetes.apiserver.storage.KeyValueStore;
import io.jubernetes.apiserver.storage.StoreException;
import io.jubernetes.common.time.Deadline;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// A store in an etcd cluster, 3.4 or later. Thread-safe. Several API servers may use one cluster, upstream's among
/// them. Calls wait for a connection until their deadline; reads are linearizable.
public final class EtcdStore implements KeyValueStore {
    private static final Duration REVISION_LIMIT = Duration.ofSeconds(10);
    private static final Duration TOUCH_LIMIT = Duration.ofSeconds(5);
    private static final int PAGE = 500;

    private final ManagedChannel channel;
    private final KVGrpc.KVBlockingStub kv;
    private final MaintenanceGrpc.MaintenanceBlockingStub maintenance;
    private final Leases leases;
    private final SharedRevision sharedRevision;
    private final EtcdCompactor compactor;
    private final Set<String> touching = ConcurrentHashMap.newKeySet();
    private final Set<EtcdWatch> watches = ConcurrentHashMap.newKeySet();
    private volatile boolean closed;

    private EtcdStore(EtcdSettings settings) {
        channel = EtcdChannel.open(settings);
        kv = KVGrpc.newBlockingStub(channel).withWaitForReady();
        maintenance = MaintenanceGrpc.newBlockingStub(channel).withWaitForReady();
        leases = new Leases(channel, InstantSource.system());
        sharedRevision = new SharedRevision(() -> readRevision(Deadline.in(REVISION_LIMIT)));
        compactor = new EtcdCompactor(this, settings.compactionInterval());
    }

    /// Opens the store; connects when it is first used.
    ///
    /// @throws StoreException.Refused when a TLS file cannot be used
    public static EtcdStore open(EtcdSettings settings) {
        var store = new EtcdStore(settings);
        store.compactor.start();
        return store;
    }

    @Override
    public Optional<Entry> get(String key, Deadline deadline) {
        RangeResponse response = call(deadline, 0, () -> kv(deadline).range(single(key)));
        return response.getKvsCount() == 0 ? Optional.empty() : Optional.of(entry(response.getKvs(0)));
    }

    @Override
    public Range range(String from, String to, long revision, int limit, Deadline deadline) {
        var entries = new ArrayList<Entry>();
        String next = from;
        long at = revision;
        while (true) {
            int page = limit == 0 ? PAGE : Math.min(PAGE, limit - entries.size());
            RangeRequest request = RangeRequest.newBuilder()
                    .setKey(ByteString.copyFromUtf8(next))
                    .setRangeEnd(ByteString.copyFromUtf8(to))
                    .setRevision(at)
                    .setLimit(page)
                    .build();
            RangeResponse response = call(deadline, at, () -> kv(deadline).range(request));
            at = at == 0 ? response.getHeader().getRevision() : at;
            response.getKvsList().forEach(each -> entries.add(entry(each)));
            if (!response.getMore() || entries.size() == limit) {
                return new Range(entries, at, response.getMore());
            }
            next = entries.getLast().key() + '\0';
        }
    }

    @Override
    public Outcome create(String key, byte[] value, @Nullable Duration ttl, Deadline deadline) {
        return put(key, value, 0, ttl, deadline);
    }

    @Override
    public Outcome update(String key, byte[] value, long expected, @Nullable Duration ttl, Deadline deadline) {
        // etcd gives an absent key the revision 0: comparing with it would create the key.
        return expected > 0 ? put(key, value, expected, ttl, deadline) : mismatch(key, deadline);
    }

    private Outcome put(String key, byte[] value, long expected, @Nullable Duration ttl, Deadline deadline) {
        PutRequest.Builder put =
                PutRequest.newBuilder().setKey(ByteString.copyFromUtf8(key)).setValue(ByteString.copyFrom(value));
        if (ttl == null) {
            return outcome(transact(key, expected, op(put), deadline));
        }
        long lease = call(deadline, 0, () -> leases.leaseFor(ttl, deadline));
        try {
            return outcome(kv(deadline).txn(transaction(key, expected, op(put.setLease(lease)))));
        } catch (StatusRuntimeException e) {
            if (!EtcdFailures.isLeaseGone(e)) {
                throw failure(e, 0);
            }
            leases.forget(lease); // nothing was changed: once more with a new one
            long another = call(deadline, 0, () -> leases.leaseFor(ttl, deadline));
            return outcome(transact(key, expected, op(put.setLease(another)), deadline));
        }
    }

    @Override
    public Outcome delete(String key, long expected, Deadline deadline) {
        if (expected <= 0) {
            return mismatch(key, deadline);
        }
        var delete = RequestOp.newBuilder()
                .setRequestDeleteRange(DeleteRangeRequest.newBuilder()
                        .setKey(ByteString.copyFromUtf8(key))
                        .setPrevKv(true))
                .build();
        return outcome(transact(key, expected, delete, deadline));
    }

    private Outcome mismatch(String key, Deadline deadline) {
        RangeResponse response = call(deadline, 0, () -> kv(deadline).range(single(key)));
        return new Outcome(
                false,
                response.getHeader().getRevision(),
                response.getKvsCount() == 0 ? null : entry(response.getKvs(0)));
    }

    private TxnResponse transact(String key, long expected, RequestOp change, Deadline deadline) {
        TxnRequest request = transaction(key, expected, change);
        return call(deadline, 0, () -> kv(deadline).txn(request));
    }

    /// If the key's last revision is the expected one the change, else a read of the key.
    private static TxnRequest transaction(String key, long expected, RequestOp change) {
        return TxnRequest.newBuilder()
                .addCompare(Compare.newBuilder()
                        .setKey(ByteString.copyFromUtf8(key))
                        .setTarget(Compare.CompareTarget.MOD)
                        .setResult(Compare.CompareResult.EQUAL)
                        .setModRevision(expected))
                .addSuccess(change)
                .addFailure(RequestOp.newBuilder().setRequestRange(single(key)))
                .build();
    }

    private static RequestOp op(PutRequest.Builder put) {
        return RequestOp.newBuilder().setRequestPut(put).build();
    }

    private static Outcome outcome(TxnResponse response) {
        ResponseOp answer = response.getResponses(0);
        List<KeyValue> entries = answer.hasResponseDeleteRange()
                ? answer.getResponseDeleteRange().getPrevKvsList()
                : answer.getResponseRange().getKvsList();
        return new Outcome(
                response.getSucceeded(),
                response.getHeader().getRevision(),
                entries.isEmpty() ? null : entry(entries.getFirst()));
    }

    @Override
    public Watch watch(String prefix, long after, Watcher watcher) {
        if (closed) {
            throw new StoreException.Closed();
        }
        var watch = new EtcdWatch(prefix, after, watcher, this);
        watches.removeIf(EtcdWatch::isEnded);
        watches.add(watch);
        watch.start();
        return watch;
    }

    @Override
    public long revision(Deadline deadline) {
        return sharedRevision.get(deadline);
    }

    private long readRevision(Deadline deadline) {
        RangeRequest request = RangeRequest.newBuilder()
                .setKey(ByteString.copyFromUtf8("\0"))
                .setCountOnly(true)
                .build();
        return call(deadline, 0, () -> kv(deadline).range(request)).getHeader().getRevision();
    }

    /// Writes a key in the background, so that watches of it get an event; does nothing while one is under way.
    void touch(String key) {
        if (!touching.add(key)) {
            return;
        }
        Thread.ofVirtual().name("etcd-touch").start(() -> {
            Deadline deadline = Deadline.in(TOUCH_LIMIT);
            try {
                var request = PutRequest.newBuilder()
                        .setKey(ByteString.copyFromUtf8(key))
                        .build();
                call(deadline, 0, () -> kv(deadline).put(request));
            } catch (StoreException e) {
                // Whoever wants progress asks again.
            } finally {
                touching.remove(key);
            }
        });
    }

    @Override
    public void compact(long revision, Deadline deadline) {
        var request = CompactionRequest.newBuilder().setRevision(revision).build();
        try {
            call(deadline, revision, () -> kv(deadline).compact(request));
        } catch (StoreException.Compacted e) {
            // somebody was faster
        }
    }

    @Override
    public long sizeInBytes(Deadline deadline) {
        return call(
                        deadline,
                        0,
                        () -> maintenance
                                .withDeadlineAfter(deadline.remaining().toNanos(), TimeUnit.NANOSECONDS)
                                .status(StatusRequest.getDefaultInstance()))
                .getDbSize();
    }

    /// For the compactor: writes a key if its version is the expected one.
    TxnResponse writeVersioned(String key, String value, long expectedVersion, Deadline deadline) {
        TxnRequest request = TxnRequest.newBuilder()
                .addCompare(Compare.newBuilder()
                        .setKey(ByteString.copyFromUtf8(key))
                        .setTarget(Compare.CompareTarget.VERSION)
                        .setResult(Compare.CompareResult.EQUAL)
                        .setVersion(expectedVersion))
                .addSuccess(op(PutRequest.newBuilder()
                        .setKey(ByteString.copyFromUtf8(key))
                        .setValue(ByteString.copyFromUtf8(value))))
                .addFailure(RequestOp.newBuilder().setRequestRange(single(key)))
                .build();
        return call(deadline, 0, () -> kv(deadline).txn(request));
    }

    /// Has a channel without connection try again now: left alone it waits longer and longer, up to two minutes.
    void reconnectSoon() {
        if (channel.getState(false) == ConnectivityState.TRANSIENT_FAILURE) {
            channel.resetConnectBackoff();
        }
    }

    ManagedChannel channel() {
        return channel;
    }

    boolean isClosed() {
        return closed;
    }

    private KVGrpc.KVBlockingStub kv(Deadline deadline) {
        return kv.withDeadlineAfter(deadline.remaining().toNanos(), TimeUnit.NANOSECONDS);
    }

    private <T> T call(Deadline deadline, long revision, Supplier<T> call) {
        if (closed) {
            throw new StoreException.Closed();
        }
        if (deadline.isOver()) {
            throw new StoreException.Unavailable("no time left for a call of etcd", null);
        }
        try {
            return call.get();
        } catch (StatusRuntimeException e) {
            throw failure(e, revision);
        }
    }

    /// @param revision the one asked for
    private StoreException failure(StatusRuntimeException e, long revision) {
        if (closed) {
            return new StoreException.Closed();
        }
        if (EtcdFailures.isCompacted(e)) {
            return new StoreException.Compacted(revision + 1); // at least; etcd does not say
        }
        if (EtcdFailures.isFutureRevision(e)) {
            return new StoreException.FutureRevision(readRevision(Deadline.in(REVISION_LIMIT)));
        }
        return EtcdFailures.of(e);
    }

    private static RangeRequest single(String key) {
        return RangeRequest.newBuilder().setKey(ByteString.copyFromUtf8(key)).build();
    }

    private static Entry entry(KeyValue each) {
        return new Entry(
                each.getKey().toStringUtf8(),
                each.getValue().toByteArray(),
                each.getCreateRevision(),
                each.getModRevision());
    }

    @Override
    public void close() {
        closed = true;
        compactor.close();
        channel.shutdownNow();
        watches.forEach(EtcdWatch::storeClosed);
        try {
            if (!channel.awaitTermination(5, TimeUnit.SECONDS)) {
                throw new StoreException.Unavailable("the connection to etcd did not end in 5 s", null);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
