package io.jubernetes.apiserver.http;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.resource.ApiException;
import io.jubernetes.apiserver.resource.ApiResource;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.apiserver.storage.StoreException;
import io.jubernetes.apiserver.watchcache.CachedObject;
import io.jubernetes.apiserver.watchcache.Cursor;
import io.jubernetes.apiserver.watchcache.WatchEvent;
import io.jubernetes.common.codec.Json;
import java.io.ByteArrayOutputStream;
import java.time.Duration;
import java.util.Iterator;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Operators;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/// One client's watch as a stream of frames: first the objects that are there already (when asked for), then
/// every event that matches. Frames of plain JSON watches are made once an event and shared by all watchers.
/// Ends by itself at its time limit, with an error frame when the client is too slow for the event window.
final class WatchStream extends Flux<byte[]> {
    private static final Duration BOOKMARK_INTERVAL = Duration.ofSeconds(60);
    private static final int MAX_FRAME = 64 << 10;

    /// What to send.
    ///
    /// @param initial objects to send as additions first; empty for none
    /// @param bookmarks whether the client wants bookmarks
    /// @param endOfInitial whether a bookmark marks the end of the initial objects
    /// @param begun called once the initial objects are sent
    record Plan(
            ListReader.Request selection,
            Iterator<CachedObject> initial,
            long initialRevision,
            boolean bookmarks,
            boolean endOfInitial,
            Duration timeout,
            String includeObject,
            Runnable begun) {}

    private final ApiResource resource;
    private final Cursor cursor;
    private final Plan plan;
    private final ObjectFormat format;
    private final boolean selects;

    WatchStream(ApiResource resource, Cursor cursor, Plan plan, ObjectFormat format) {
        this.resource = resource;
        this.cursor = cursor;
        this.plan = plan;
        this.format = format;
        selects = !plan.selection().labels().isEmpty()
                || !plan.selection().fields().isEmpty();
    }

    @Override
    public void subscribe(CoreSubscriber<? super byte[]> subscriber) {
        var run = new Run(subscriber);
        subscriber.onSubscribe(run);
        run.start();
    }

    private final class Run implements Subscription {
        private final CoreSubscriber<? super byte[]> subscriber;
        private final AtomicLong demand = new AtomicLong();
        private final AtomicInteger work = new AtomicInteger();
        private final AtomicBoolean ended = new AtomicBoolean();
        private final Scheduler.Worker worker = Schedulers.parallel().createWorker();
        private volatile boolean timedOut;
        private volatile boolean bookmarkDue;
        private boolean initialDone = !plan.initial().hasNext() && !plan.endOfInitial();
        private boolean columnsSent;
        private @Nullable Disposable timer;
        private @Nullable Disposable ticker;

        Run(CoreSubscriber<? super byte[]> subscriber) {
            this.subscriber = subscriber;
        }

        void start() {
            cursor.onAvailable(this::signal);
            timer = Schedulers.parallel()
                    .schedule(
                            () -> {
                                timedOut = true;
                                signal();
                            },
                            plan.timeout().toMillis(),
                            java.util.concurrent.TimeUnit.MILLISECONDS);
            if (plan.bookmarks()) {
                ticker = Schedulers.parallel()
                        .schedulePeriodically(
                                () -> {
                                    bookmarkDue = true;
                                    signal();
                                },
                                BOOKMARK_INTERVAL.toMillis(),
                                BOOKMARK_INTERVAL.toMillis(),
                                java.util.concurrent.TimeUnit.MILLISECONDS);
            }
            if (initialDone) {
                plan.begun().run();
            }
            signal();
        }

        @Override
        public void request(long n) {
            demand.accumulateAndGet(n, Operators::addCap);
            signal();
        }

        @Override
        public void cancel() {
            end();
        }

        private void signal() {
            if (!ended.get() && work.getAndIncrement() == 0) {
                worker.schedule(this::drain);
            }
        }

        private void drain() {
            int missed = 1;
            do {
                while (demand.get() > 0 && !ended.get()) {
                    byte[] part;
                    try {
                        part = next();
                    } catch (StoreException.Compacted e) {
                        finish(format.errorFrame(
                                ApiException.expired("too old resource version: " + cursor.revision())));
                        return;
                    } catch (RuntimeException e) {
                        finish(format.errorFrame(ApiException.internal(String.valueOf(e.getMessage()))));
                        return;
                    }
                    if (part.length == 0) {
                        break;
                    }
                    demand.decrementAndGet();
                    subscriber.onNext(part);
                }
                if (timedOut) {
                    finish(null);
                    return;
                }
                missed = work.addAndGet(-missed);
            } while (missed != 0);
        }

        private void finish(byte @Nullable [] last) {
            if (ended.get()) {
                return;
            }
            end();
            if (last != null) {
                subscriber.onNext(last);
            }
            subscriber.onComplete();
        }

        private void end() {
            if (ended.compareAndSet(false, true)) {
                cursor.close();
                Disposable running = timer;
                if (running != null) {
                    running.dispose();
                }
                Disposable ticking = ticker;
                if (ticking != null) {
                    ticking.dispose();
                }
                worker.dispose();
            }
        }

        /// As many frames as are there and fit into one part; empty when there is none now.
        private byte[] next() {
            byte[] first = frame();
            if (first == null) {
                return new byte[0];
            }
            if (first.length >= MAX_FRAME) {
                return first;
            }
            byte[] second = frame();
            if (second == null) {
                return first;
            }
            var part = new ByteArrayOutputStream(MAX_FRAME);
            part.writeBytes(first);
            for (byte[] more = second; more != null; more = part.size() < MAX_FRAME ? frame() : null) {
                part.writeBytes(more);
            }
            return part.toByteArray();
        }

        private byte @Nullable [] frame() {
            while (!initialDone) {
                if (plan.initial().hasNext()) {
                    CachedObject object = plan.initial().next();
                    if (ListReader.matches(plan.selection(), object)) {
                        return frameOf("ADDED", new WatchEvent.Added(object), object);
                    }
                } else {
                    initialDone = true;
                    plan.begun().run();
                    if (plan.endOfInitial()) {
                        return bookmark(plan.initialRevision(), true);
                    }
                }
            }
            while (true) {
                WatchEvent event = cursor.poll();
                if (event == null) {
                    break;
                }
                byte[] frame = matching(event);
                if (frame != null) {
                    return frame;
                }
            }
            if (bookmarkDue) {
                bookmarkDue = false;
                return bookmark(cursor.revision(), false);
            }
            return null;
        }

        private byte @Nullable [] matching(WatchEvent event) {
            return switch (event) {
                case WatchEvent.Added added -> matches(added.object()) ? frameOf("ADDED", event, added.object()) : null;
                case WatchEvent.Modified modified -> {
                    boolean now = matches(modified.object());
                    boolean before = !selects || matches(modified.previous());
                    if (now) {
                        yield frameOf(before ? "MODIFIED" : "ADDED", event, modified.object());
                    }
                    yield before ? leaving(modified) : null;
                }
                case WatchEvent.Deleted deleted ->
                    matches(deleted.last()) ? frameOf("DELETED", event, deleted.last()) : null;
                case WatchEvent.Bookmark _ -> null;
            };
        }

        private boolean matches(CachedObject object) {
            return !selects || ListReader.matches(plan.selection(), object);
        }

        private byte[] frameOf(String type, WatchEvent event, CachedObject object) {
            if (format.isShared()) {
                return event.encoded(format.frameName(type) + format.encoding(), _ -> format.plainFrame(type, object));
            }
            return frame(type, format.tree(object));
        }

        private byte[] frame(String type, ObjectNode tree) {
            boolean columns = !columnsSent;
            columnsSent = true;
            return format.frame(type, tree, plan.includeObject(), columns);
        }

        /// For a selector the object is gone: it is told as it was while it matched, at the revision of the change.
        private byte[] leaving(WatchEvent.Modified modified) {
            ObjectNode tree = format.tree(modified.previous());
            Meta.of(tree).put("resourceVersion", Long.toString(modified.revision()));
            return frame("DELETED", tree);
        }

        private byte[] bookmark(long revision, boolean endOfInitial) {
            ObjectNode object = Json.object();
            object.put("kind", resource.kind()).put("apiVersion", resource.apiVersion());
            ObjectNode meta = object.putObject("metadata");
            meta.put("resourceVersion", Long.toString(revision));
            if (endOfInitial) {
                meta.putObject("annotations").put("k8s.io/initial-events-end", "true");
            }
            return frame(
                    "BOOKMARK",
                    format.media().form() == MediaFormat.Form.OBJECT
                            ? resource.strategy().bookmark(object)
                            : object);
        }
    }
}
