package io.jubernetes.kubelet.server;

import java.io.IOException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import org.reactivestreams.Subscriber;
import org.reactivestreams.Subscription;

/// From a blocking producer to a reactive consumer: the producer runs on a virtual thread of its own, and
/// each of its [#emit] calls blocks until the consumer wants one more. One consumer only.
///
/// @param <T> what flows
final class BlockingFlow<T> implements Publisher<T> {
    /// More than anybody asks for step by step, and not so many that adding to it overflows.
    private static final int UNBOUNDED = Integer.MAX_VALUE / 2;

    /// Produces.
    @FunctionalInterface
    interface Producer<T> {
        /// Calls [BlockingFlow#emit] as often as it likes and returns at the end.
        void run(BlockingFlow<T> flow) throws Exception;
    }

    private final String name;
    private final Producer<T> producer;
    private final Runnable cancel;
    private final Semaphore demand = new Semaphore(0);
    private final AtomicBoolean subscribed = new AtomicBoolean();
    private volatile boolean cancelled;
    private volatile @Nullable Subscriber<? super T> subscriber;

    /// @param name of the producer's thread
    /// @param cancel called when the consumer leaves early: ends what the producer may be blocked in
    BlockingFlow(String name, Producer<T> producer, Runnable cancel) {
        this.name = name;
        this.producer = producer;
        this.cancel = cancel;
    }

    @Override
    public void subscribe(Subscriber<? super T> to) {
        if (!subscribed.compareAndSet(false, true)) {
            throw new IllegalStateException("one consumer only");
        }
        subscriber = to;
        Thread thread = Thread.ofVirtual().name(name).unstarted(() -> produce(to));
        to.onSubscribe(new Subscription() {
            @Override
            public void request(long count) {
                if (demand.availablePermits() < UNBOUNDED) {
                    demand.release((int) Math.min(count, UNBOUNDED));
                }
            }

            @Override
            public void cancel() {
                cancelled = true;
                cancel.run();
                thread.interrupt();
            }
        });
        thread.start();
    }

    private void produce(Subscriber<? super T> to) {
        try {
            producer.run(this);
            if (!cancelled) {
                to.onComplete();
            }
        } catch (Exception e) {
            if (!cancelled) {
                to.onError(e);
            }
        }
    }

    /// Hands one thing on.
    ///
    /// @throws IOException when the consumer has left
    void emit(T item) throws IOException {
        Subscriber<? super T> to = subscriber;
        if (cancelled || to == null) {
            throw new IOException("the client has left");
        }
        try {
            demand.acquire();
        } catch (InterruptedException e) {
            throw new IOException("the client has left", e);
        }
        if (cancelled) {
            throw new IOException("the client has left");
        }
        to.onNext(item);
    }
}
