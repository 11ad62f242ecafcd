package io.jubernetes.apiserver.flowcontrol;

import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/// One of a level's queues. Belongs to its [QueueSet], whose lock guards it.
final class FairQueue {
    final int index;
    /// In the order they came; as long as the level allows.
    final Deque<Ticket> waiting = new ArrayDeque<>();
    /// The virtual time at which it would be this queue's turn: what it was served so far, as if all queues with
    /// something to do were served evenly from when it last had nothing.
    double nextTurn;
    /// Requests of it that are carried out.
    int executing;
    /// Seats they have.
    int seatsInUse;
    /// Expected work of those that wait, in seat-seconds.
    double waitingWork;

    FairQueue(int index) {
        this.index = index;
    }

    boolean isActive() {
        return executing > 0 || !waiting.isEmpty();
    }

    /// The virtual time at which its next request would be through: the queue with the least is served next.
    double nextFinish() {
        Ticket next = waiting.getFirst();
        return nextTurn + next.work.expected();
    }

    /// Time it did not ask for is not saved up.
    void forgetIdleTime() {
        @Nullable Ticket oldest = waiting.peekFirst();
        if (oldest != null) {
            nextTurn = Math.max(nextTurn, oldest.arrivedAtVirtual);
        }
    }
}
