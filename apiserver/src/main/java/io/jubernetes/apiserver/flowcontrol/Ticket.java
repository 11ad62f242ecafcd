package io.jubernetes.apiserver.flowcontrol;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.Condition;
import org.jspecify.annotations.Nullable;

/// One request on a level, from its arrival until its seats are free again. Its fields are guarded by the lock of its
/// [QueueSet], but for the final ones.
final class Ticket implements Seats {
    /// Where a request stands.
    enum State {
        WAITING,
        EXECUTING,
        REFUSED,
        DONE
    }

    /// Why a request is not carried out, as metrics name it.
    enum Refusal {
        QUEUE_FULL("queue-full"),
        CONCURRENCY_LIMIT("concurrency-limit"),
        TIMED_OUT("time-out"),
        CANCELLED("cancelled");

        final String text;

        Refusal(String text) {
            this.text = text;
        }
    }

    final Arrival arrival;
    final FlowMeters meters;
    final String distinguisher;
    final WorkEstimate work;
    private final QueueSet level;
    private final AtomicBoolean released = new AtomicBoolean();

    State state = State.WAITING;
    /// Null on levels without queues.
    @Nullable
    FairQueue queue;

    double arrivedAtVirtual;
    long arrivedAt;
    long startedAt;
    /// Told when the state changes; only of a request that had to wait.
    @Nullable
    Condition turn;

    /// @param distinguisher the flow's part of its flow schema
    Ticket(QueueSet level, Arrival arrival, FlowMeters meters, String distinguisher, WorkEstimate work) {
        this.level = level;
        this.arrival = arrival;
        this.meters = meters;
        this.distinguisher = distinguisher;
        this.work = work;
    }

    /// Waits until it is this request's turn.
    ///
    /// @return whether it may be carried out; its seats are to be released then
    /// @throws InterruptedException when the client has gone; it has no seats then
    boolean await(Duration patience) throws InterruptedException {
        return level.await(this, patience.toNanos());
    }

    @Override
    public void release() {
        if (released.compareAndSet(false, true)) {
            level.finish(this);
        }
    }
}
