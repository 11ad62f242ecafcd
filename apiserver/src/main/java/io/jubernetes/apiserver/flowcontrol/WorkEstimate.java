package io.jubernetes.apiserver.flowcontrol;

import java.time.Duration;

/// How much of the server a request is expected to take.
///
/// @param initialSeats while it is carried out
/// @param finalSeats for what it causes afterwards, during the additional latency
/// @param additionalLatency how long its seats stay taken after the answer
record WorkEstimate(int initialSeats, int finalSeats, Duration additionalLatency) {
    /// Of a request that takes nothing out of the ordinary.
    static final WorkEstimate ONE_SEAT = ofSeats(1);

    private static final double EXPECTED_SECONDS = 0.003;
    private static final double NANOS = 1e9;

    static WorkEstimate ofSeats(int seats) {
        return new WorkEstimate(seats, 0, Duration.ZERO);
    }

    /// The seats that are set aside for it, from its start to the end of the additional latency.
    int maxSeats() {
        return Math.max(initialSeats, finalSeats);
    }

    /// The work in seat-seconds as it is expected before the request starts.
    double expected() {
        return initialSeats * EXPECTED_SECONDS + finalSeats * (additionalLatency.toNanos() / NANOS);
    }

    /// By how many seat-seconds the request took less than was expected; negative when it took more.
    double excess(long nanos) {
        return initialSeats * (EXPECTED_SECONDS - nanos / NANOS);
    }
}
