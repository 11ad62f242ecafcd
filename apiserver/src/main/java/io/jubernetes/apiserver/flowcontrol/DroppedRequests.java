package io.jubernetes.apiserver.flowcontrol;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.ArrayDeque;
import java.util.Deque;

/// Tells clients whose requests a level refuses when to try again: the more are refused, the later. Doubles when three
/// a second were refused for as long as clients are told to wait, and goes back by a second when there was less than
/// one. Thread-safe.
final class DroppedRequests {
    private static final int MOST_SECONDS = 32;

    private record Second(long at, int refused) {}

    @GuardedBy("this")
    private final Deque<Second> history = new ArrayDeque<>();

    @GuardedBy("this")
    private Second current = new Second(0, 0);

    @GuardedBy("this")
    private int retryAfter = 1;

    @GuardedBy("this")
    private long raisedAt;

    /// Takes note of a refused request.
    ///
    /// @param second now, in seconds since the epoch
    /// @return after how many seconds the client may try again
    synchronized int refused(long second) {
        if (current.at() == second) {
            current = new Second(second, current.refused() + 1);
            return retryAfter;
        }
        history.addLast(current);
        while (history.getFirst().at() < second - MOST_SECONDS && history.size() > 1) {
            history.removeFirst();
        }
        current = new Second(second, 1);
        adjust(second);
        return retryAfter;
    }

    @GuardedBy("this")
    private void adjust(long second) {
        int lately = 0;
        for (Second past : history) {
            if (second - past.at() <= retryAfter) {
                lately += past.refused();
            }
        }
        if (second - raisedAt >= retryAfter && lately >= 3 * retryAfter) {
            retryAfter = Math.min(2 * retryAfter, MOST_SECONDS);
            raisedAt = second;
        } else if (lately < retryAfter && retryAfter > 1) {
            retryAfter--;
        }
    }
}
