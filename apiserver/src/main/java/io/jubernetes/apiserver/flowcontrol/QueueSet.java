package io.jubernetes.apiserver.flowcontrol;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.jubernetes.apiserver.flowcontrol.PriorityLevel.Queuing;
import io.jubernetes.apiserver.flowcontrol.Ticket.Refusal;
import io.jubernetes.apiserver.flowcontrol.Ticket.State;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;

/// The requests of one priority level: those that are carried out, and those that wait in its queues. Thread-safe.
///
/// The queues share the level's seats as evenly as can be, by virtual time: it passes at the rate at which each queue
/// with something to do would be served if requests could be cut into slices. A queue's `nextTurn` is the virtual time
/// up to which it was served; the queue whose next request would be through first has its turn. How long a request
/// takes is not known before, so a guess is charged when it starts, and set right when it ends.
final class QueueSet {
    private static final double NANOS = 1e9;

    private final FlowClock clock;
    private final ReentrantLock lock = new ReentrantLock();

    @GuardedBy("lock")
    private PriorityLevel level;

    /// Seats there are now, with what is borrowed and without what is lent.
    @GuardedBy("lock")
    private int limit;

    /// As many as the level has; more for as long as the last ones are not empty.
    @GuardedBy("lock")
    private final List<FairQueue> queues = new ArrayList<>();

    @GuardedBy("lock")
    private final Set<Ticket> executing = new LinkedHashSet<>();

    @GuardedBy("lock")
    private final SeatDemand demand;

    @GuardedBy("lock")
    private double virtualTime;

    @GuardedBy("lock")
    private long syncedAt;

    @GuardedBy("lock")
    private int activeQueues;

    @GuardedBy("lock")
    private int waiting;

    @GuardedBy("lock")
    private int seatsWaiting;

    /// With those that stay taken for the additional latency of requests that are through.
    @GuardedBy("lock")
    private int seatsInUse;

    @GuardedBy("lock")
    private int lastServed;

    @GuardedBy("lock")
    private int dealt;

    @GuardedBy("lock")
    private final Totals totals = new Totals();

    /// What became of requests since the start.
    static final class Totals {
        long dispatched;
        long rejected;
        long timedOut;
        long cancelled;
    }

    QueueSet(PriorityLevel level, int limit, FlowClock clock) {
        this.clock = clock;
        this.level = level;
        this.limit = limit;
        syncedAt = clock.nanos();
        demand = new SeatDemand(syncedAt);
        addQueues();
    }

    @GuardedBy("lock")
    private void addQueues() {
        while (queues.size() < level.queues()) {
            queues.add(new FairQueue(queues.size()));
        }
    }

    /// Changes the level's settings, and the seats it has.
    void configure(PriorityLevel changed, int seats) {
        lock.lock();
        try {
            sync();
            level = changed;
            limit = seats;
            addQueues();
            dispatch();
            dropQueues();
        } finally {
            lock.unlock();
        }
    }

    /// Takes a request in.
    ///
    /// @param hash of its flow
    /// @return whether it is carried out, waits, or is refused
    State arrive(Ticket ticket, long hash) {
        lock.lock();
        try {
            sync();
            ticket.arrivedAt = syncedAt;
            ticket.arrivedAtVirtual = virtualTime;
            Queuing queuing = level.queuing();
            if (level.exempt() || queuing == null) {
                if (fits(ticket)) {
                    start(ticket);
                } else {
                    refuse(ticket, Refusal.CONCURRENCY_LIMIT);
                }
            } else {
                join(ticket, choose(hash, queuing), queuing.lengthLimit());
            }
            demand.set(syncedAt, seatsInUse + seatsWaiting);
            return ticket.state;
        } finally {
            lock.unlock();
        }
    }

    /// The queue of the flow's hand that has the least to do.
    @GuardedBy("lock")
    private FairQueue choose(long hash, Queuing queuing) {
        int[] hand = FlowHash.hand(hash, queuing.queues(), queuing.handSize());
        int first = Math.floorMod(dealt++, hand.length);
        FairQueue best = queues.get(hand[first]);
        for (int i = 1; i < hand.length; i++) {
            FairQueue other = queues.get(hand[(first + i) % hand.length]);
            if (other.waitingWork < best.waitingWork) {
                best = other;
            }
        }
        return best;
    }

    @GuardedBy("lock")
    private void join(Ticket ticket, FairQueue queue, int lengthLimit) {
        boolean atOnce = waiting == 0 && fits(ticket);
        if (!atOnce && queue.waiting.size() >= lengthLimit) {
            refuse(ticket, Refusal.QUEUE_FULL);
            return;
        }
        if (!queue.isActive()) {
            activeQueues++;
            queue.nextTurn = virtualTime;
        }
        ticket.queue = queue;
        if (atOnce) {
            start(ticket);
            return;
        }
        ticket.turn = lock.newCondition();
        queue.waiting.addLast(ticket);
        queue.waitingWork += ticket.work.expected();
        waiting++;
        seatsWaiting += ticket.work.maxSeats();
        ticket.meters.enqueued(ticket.work.maxSeats(), queue.waiting.size());
        dispatch();
    }

    /// Waits for the request's turn.
    ///
    /// @return whether it is carried out; else it is refused
    boolean await(Ticket ticket, long nanos) throws InterruptedException {
        lock.lock();
        try {
            long left = nanos;
            while (ticket.state == State.WAITING && left > 0) {
                left = Objects.requireNonNull(ticket.turn).awaitNanos(left);
            }
            abandon(ticket, Refusal.TIMED_OUT);
            return ticket.state == State.EXECUTING;
        } catch (InterruptedException e) {
            if (!abandon(ticket, Refusal.CANCELLED)) {
                ticket.release();
            }
            throw e;
        } finally {
            lock.unlock();
        }
    }

    /// Takes a request back that still waits.
    ///
    /// @return false when it does not wait any more
    boolean abandon(Ticket ticket, Refusal why) {
        lock.lock();
        try {
            if (ticket.state != State.WAITING) {
                return false;
            }
            sync();
            leave(ticket);
            refuse(ticket, why);
            // It may have been the wide one that all others waited for.
            dispatch();
            return true;
        } finally {
            lock.unlock();
        }
    }

    @GuardedBy("lock")
    private void leave(Ticket ticket) {
        FairQueue queue = Objects.requireNonNull(ticket.queue);
        if (queue.waiting.peekFirst() == ticket) {
            queue.waiting.removeFirst();
        } else {
            queue.waiting.remove(ticket);
        }
        queue.waitingWork = queue.waiting.isEmpty() ? 0 : queue.waitingWork - ticket.work.expected();
        waiting--;
        seatsWaiting -= ticket.work.maxSeats();
        if (!queue.isActive()) {
            activeQueues--;
        }
        ticket.meters.dequeued(ticket.work.maxSeats());
    }

    @GuardedBy("lock")
    private void refuse(Ticket ticket, Refusal why) {
        ticket.state = State.REFUSED;
        switch (why) {
            case TIMED_OUT -> totals.timedOut++;
            case CANCELLED -> totals.cancelled++;
            case QUEUE_FULL, CONCURRENCY_LIMIT -> totals.rejected++;
        }
        ticket.meters.refused(why, syncedAt - ticket.arrivedAt);
    }

    @GuardedBy("lock")
    private boolean fits(Ticket ticket) {
        if (level.exempt()) {
            return true;
        }
        int seats = ticket.work.maxSeats();
        // What is wider than the whole level has it for itself.
        return seats > limit ? executing.isEmpty() : seatsInUse + seats <= limit;
    }

    /// Starts waiting requests as long as there are seats for the one whose turn it is.
    @GuardedBy("lock")
    private void dispatch() {
        while (waiting > 0) {
            FairQueue queue = next();
            Ticket ticket = queue.waiting.getFirst();
            if (!fits(ticket)) {
                break;
            }
            lastServed = queue.index;
            start(ticket);
        }
        demand.set(syncedAt, seatsInUse + seatsWaiting);
    }

    /// The queue whose first request would be through first; of several the one that was served longest ago.
    @GuardedBy("lock")
    private FairQueue next() {
        FairQueue best = null;
        double finish = Double.POSITIVE_INFINITY;
        for (int i = 1; i <= queues.size(); i++) {
            FairQueue queue = queues.get((lastServed + i) % queues.size());
            if (!queue.waiting.isEmpty() && (best == null || queue.nextFinish() < finish)) {
                best = queue;
                finish = queue.nextFinish();
            }
        }
        return Objects.requireNonNull(best, "a request waits in no queue");
    }

    @GuardedBy("lock")
    private void start(Ticket ticket) {
        int seats = ticket.work.maxSeats();
        FairQueue queue = ticket.queue;
        if (queue != null) {
            queue.executing++;
            queue.seatsInUse += seats;
            queue.nextTurn += ticket.work.expected();
        }
        if (ticket.turn != null) {
            leave(ticket);
            ticket.turn.signal();
        }
        if (queue != null) {
            queue.forgetIdleTime();
        }
        ticket.state = State.EXECUTING;
        ticket.startedAt = syncedAt;
        executing.add(ticket);
        seatsInUse += seats;
        totals.dispatched++;
        ticket.meters.started(seats, syncedAt - ticket.arrivedAt);
    }

    /// A request is through. Its seats are free at once, or after the additional latency.
    void finish(Ticket ticket) {
        lock.lock();
        try {
            sync();
            ticket.state = State.DONE;
            executing.remove(ticket);
            long took = syncedAt - ticket.startedAt;
            FairQueue queue = ticket.queue;
            if (queue != null) {
                queue.executing--;
                queue.nextTurn -= ticket.work.excess(took);
                queue.forgetIdleTime();
                if (!queue.isActive()) {
                    activeQueues--;
                }
            }
            ticket.meters.finished(took);
            if (ticket.work.additionalLatency().isZero()) {
                free(ticket);
            } else {
                clock.after(ticket.work.additionalLatency().toNanos(), () -> freeLater(ticket));
            }
        } finally {
            lock.unlock();
        }
    }

    private void freeLater(Ticket ticket) {
        lock.lock();
        try {
            sync();
            free(ticket);
        } finally {
            lock.unlock();
        }
    }

    @GuardedBy("lock")
    private void free(Ticket ticket) {
        int seats = ticket.work.maxSeats();
        seatsInUse -= seats;
        if (ticket.queue != null) {
            ticket.queue.seatsInUse -= seats;
        }
        ticket.meters.freed(seats);
        dispatch();
        dropQueues();
    }

    /// Takes away queues the level has no more, once they are empty.
    @GuardedBy("lock")
    private void dropQueues() {
        while (queues.size() > level.queues() && !queues.getLast().isActive() && queues.getLast().seatsInUse == 0) {
            queues.removeLast();
        }
    }

    /// Brings the virtual time up to now.
    @GuardedBy("lock")
    private void sync() {
        long now = clock.nanos();
        if (activeQueues > 0) {
            int served = Math.min(seatsInUse + seatsWaiting, Math.max(1, limit));
            virtualTime += (now - syncedAt) / NANOS * served / activeQueues;
        }
        syncedAt = now;
    }

    /// Ends a period of observing how many seats are asked for.
    SeatDemand.Period nextPeriod() {
        lock.lock();
        try {
            sync();
            return demand.next(syncedAt);
        } finally {
            lock.unlock();
        }
    }

    boolean isIdle() {
        lock.lock();
        try {
            return waiting == 0 && seatsInUse == 0;
        } finally {
            lock.unlock();
        }
    }

    /// How many requests are carried out.
    ///
    /// @param mutating those that may change something, or the others
    int executing(boolean mutating) {
        lock.lock();
        try {
            return count(executing, mutating);
        } finally {
            lock.unlock();
        }
    }

    /// How many requests wait.
    ///
    /// @param mutating those that may change something, or the others
    int waiting(boolean mutating) {
        lock.lock();
        try {
            return queues.stream()
                    .mapToInt(queue -> count(queue.waiting, mutating))
                    .sum();
        } finally {
            lock.unlock();
        }
    }

    private static int count(Collection<Ticket> tickets, boolean mutating) {
        return (int) tickets.stream()
                .filter(ticket -> ticket.arrival.isMutating() == mutating)
                .count();
    }

    /// Has somebody look at everything as it is at one moment. He must not keep what he sees, nor take long.
    void inspect(Inspector inspector) {
        lock.lock();
        try {
            sync();
            inspector.see(new View(queues, executing, waiting, activeQueues, totals, syncedAt));
        } finally {
            lock.unlock();
        }
    }

    /// What [#inspect] shows.
    ///
    /// @param nanos the time by the clock of the tickets
    record View(
            List<FairQueue> queues, Set<Ticket> executing, int waiting, int activeQueues, Totals totals, long nanos) {}

    /// Looks at a level's requests.
    @FunctionalInterface
    interface Inspector {
        void see(View view);
    }
}
