package io.jubernetes.apiserver.storage.etcd;

import com.google.protobuf.ByteString;
import io.etcd.jetcd.api.Event;
import io.etcd.jetcd.api.KeyValue;
import io.etcd.jetcd.api.WatchCreateRequest;
import io.etcd.jetcd.api.WatchGrpc;
import io.etcd.jetcd.api.WatchRequest;
import io.etcd.jetcd.api.WatchResponse;
import io.grpc.Metadata;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import io.grpc.stub.MetadataUtils;
import io.jubernetes.apiserver.storage.KeyValueStore;
import io.jubernetes.apiserver.storage.KeyValueStore.Change;
import io.jubernetes.apiserver.storage.StoreException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One watch: a stream that is opened again behind the last revision delivered whenever it ends, whatever the
/// reason, until the watch is closed or that revision is compacted away.
///
/// The place to resume from only ever moves on with events that were delivered. etcd's progress notifications
/// are not used: before 3.4.25 and 3.5.8 they may overtake events. What asks for progress gets it by an event
/// instead: a write to a key of ours below the watched prefix, which passes through the same stream as all
/// others.
final class EtcdWatch implements KeyValueStore.Watch {
    private static final Logger log = LoggerFactory.getLogger(EtcdWatch.class);
    private static final long FIRST_PAUSE_MILLIS = 50;
    private static final long MAX_PAUSE_MILLIS = 5_000;
    private static final long RECONNECT_SECONDS = 5;

    private final String prefix;
    private final String progressKey;
    private final KeyValueStore.Watcher watcher;
    private final EtcdStore store;
    private final WatchGrpc.WatchStub stub;
    private final Thread thread;
    private final CountDownLatch closed = new CountDownLatch(1);
    private volatile @Nullable Stream stream;
    private volatile long position;

    EtcdWatch(String prefix, long after, KeyValueStore.Watcher watcher, EtcdStore store) {
        this.prefix = prefix;
        this.watcher = watcher;
        this.store = store;
        progressKey = progressKey(prefix);
        position = after;
        var headers = new Metadata();
        // A member cut off from the others ends the stream instead of being silent.
        headers.put(Metadata.Key.of("hasleader", Metadata.ASCII_STRING_MARSHALLER), "true");
        stub = WatchGrpc.newStub(store.channel())
                .withWaitForReady()
                .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers));
        thread = Thread.ofVirtual().name("etcd-watch " + prefix).unstarted(this::run);
    }

    /// The key that is written to see the watch of a prefix move on.
    static String progressKey(String prefix) {
        return prefix + "jubernetes.io/progress";
    }

    void start() {
        thread.start();
    }

    private void run() {
        long pause = FIRST_PAUSE_MILLIS;
        try {
            while (!isClosed()) {
                long before = position;
                StoreException end = follow();
                if (isClosed()) {
                    return;
                }
                if (end instanceof StoreException.Compacted || end instanceof StoreException.Closed) {
                    watcher.onEnd(end);
                    return;
                }
                log.info("The watch of {} is resumed after revision {}: {}", prefix, position, end.getMessage());
                pause = position > before ? FIRST_PAUSE_MILLIS : Math.min(MAX_PAUSE_MILLIS, pause * 2);
                pause(ThreadLocalRandom.current().nextLong(pause / 2, pause + 1));
            }
        } catch (InterruptedException e) {
            if (!isClosed()) {
                watcher.onEnd(new StoreException.Closed()); // see storeClosed()
            }
        }
    }

    private void pause(long millis) throws InterruptedException {
        if (closed.await(millis, TimeUnit.MILLISECONDS)) {
            log.debug("Closed while waiting to resume");
        }
    }

    /// @return why the stream ended
    private StoreException follow() throws InterruptedException {
        if (store.isClosed()) {
            return new StoreException.Closed();
        }
        var opened = new Stream();
        stream = opened;
        try {
            opened.open();
            while (true) {
                try {
                    return opened.end.get(RECONNECT_SECONDS, TimeUnit.SECONDS);
                } catch (TimeoutException e) {
                    store.reconnectSoon();
                }
            }
        } catch (ExecutionException e) {
            throw new AssertionError("never completed with an exception", e);
        } finally {
            stream = null;
            opened.cancel();
        }
    }

    /// Whether it will do nothing more.
    boolean isEnded() {
        return thread.getState() == Thread.State.TERMINATED;
    }

    /// The store was closed: end at once instead of trying to resume.
    void storeClosed() {
        thread.interrupt();
    }

    private boolean isClosed() {
        return closed.getCount() == 0;
    }

    @Override
    public void requestProgress() {
        if (!isClosed()) {
            store.touch(progressKey);
        }
    }

    @Override
    public void close() {
        closed.countDown();
        thread.interrupt();
        Stream open = stream;
        if (open != null) {
            open.cancel();
        }
    }

    /// One stream, from its opening to its end. gRPC calls it on one thread at a time, and the next message is
    /// asked for when the watcher has taken the one before: a slow watcher slows etcd down and fills no memory
    /// here.
    private final class Stream implements ClientResponseObserver<WatchRequest, WatchResponse> {
        private final CompletableFuture<StoreException> end = new CompletableFuture<>();
        private volatile @Nullable ClientCallStreamObserver<WatchRequest> requests;

        void open() {
            ByteString from = ByteString.copyFromUtf8(prefix);
            ByteString to = ByteString.copyFromUtf8(KeyValueStore.endOf(prefix));
            stub.watch(this)
                    .onNext(WatchRequest.newBuilder()
                            .setCreateRequest(WatchCreateRequest.newBuilder()
                                    .setKey(from)
                                    .setRangeEnd(to)
                                    .setStartRevision(position + 1)
                                    .setPrevKv(true))
                            .build());
        }

        @Override
        public void beforeStart(ClientCallStreamObserver<WatchRequest> call) {
            call.disableAutoRequestWithInitial(1);
            requests = call;
        }

        @Override
        public void onNext(WatchResponse response) {
            if (end.isDone() || isClosed()) {
                return;
            }
            if (response.getCanceled()) {
                end.complete(
                        response.getCompactRevision() > 0
                                ? new StoreException.Compacted(response.getCompactRevision())
                                : new StoreException.Unavailable(
                                        "etcd ended the watch: " + response.getCancelReason(), null));
                return;
            }
            try {
                deliver(response.getEventsList());
            } catch (RuntimeException e) {
                log.error("The watcher of {} failed", prefix, e);
                end.complete(new StoreException.Unavailable("the watcher failed", e));
                return;
            }
            ClientCallStreamObserver<WatchRequest> call = requests;
            if (call != null) {
                call.request(1);
            }
        }

        private void deliver(List<Event> events) {
            if (events.isEmpty()) {
                return; // created, or a progress notification: see the class comment
            }
            // etcd sends all events of a revision in one response, but the response's own revision may be ahead of
            // events still to come.
            long upTo = events.getLast().getKv().getModRevision();
            var changes = new ArrayList<Change>(events.size());
            for (Event event : events) {
                Change change = change(event);
                if (!change.key().equals(progressKey)) {
                    changes.add(change);
                }
            }
            watcher.onChanges(changes, upTo);
            position = upTo;
        }

        private static Change change(Event event) {
            KeyValue present = event.getKv();
            boolean deleted = event.getType() == Event.EventType.DELETE;
            byte @Nullable [] previous =
                    event.hasPrevKv() ? event.getPrevKv().getValue().toByteArray() : null;
            return new Change(
                    present.getModRevision(),
                    present.getKey().toStringUtf8(),
                    deleted ? null : present.getValue().toByteArray(),
                    previous,
                    deleted ? event.getPrevKv().getCreateRevision() : present.getCreateRevision());
        }

        @Override
        public void onError(Throwable cause) {
            end.complete(new StoreException.Unavailable("the stream ended: " + cause.getMessage(), cause));
        }

        @Override
        public void onCompleted() {
            end.complete(new StoreException.Unavailable("etcd ended the stream", null));
        }

        void cancel() {
            ClientCallStreamObserver<WatchRequest> call = requests;
            if (call != null) {
                call.cancel("the watch was closed", null);
            }
            end.complete(new StoreException.Unavailable("cancelled", null));
        }
    }
}
