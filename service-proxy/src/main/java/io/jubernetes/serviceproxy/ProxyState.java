package io.jubernetes.serviceproxy;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// What the health endpoints say: the proxy is well while no change waits longer than its limit to be put into force.
/// Thread-safe.
final class ProxyState {
    private final Clock clock;
    private final Duration limit;
    private @Nullable Instant waitingSince; // guarded by this, as are the others
    private @Nullable Instant inWorkSince;
    private @Nullable Instant lastSuccess;
    private String failure = "";

    ProxyState(Clock clock, Duration limit) {
        this.clock = clock;
        this.limit = limit;
    }

    /// A change waits.
    synchronized void queued() {
        if (waitingSince == null) {
            waitingSince = clock.instant();
        }
    }

    /// A round begins that takes care of everything that waits.
    synchronized void started() {
        if (inWorkSince == null) {
            inWorkSince = waitingSince == null ? clock.instant() : waitingSince;
        }
        waitingSince = null;
    }

    synchronized void succeeded() {
        inWorkSince = null;
        lastSuccess = clock.instant();
        failure = "";
    }

    synchronized void failed(String reason) {
        failure = reason;
    }

    /// When rules were last put into force.
    synchronized Optional<Instant> lastSuccess() {
        return Optional.ofNullable(lastSuccess);
    }

    /// Why the proxy is not well.
    synchronized Optional<String> illness() {
        Instant oldest = inWorkSince == null ? waitingSince : inWorkSince;
        if (oldest == null || !clock.instant().isAfter(oldest.plus(limit))) {
            return Optional.empty();
        }
        return Optional.of("a change waits since " + oldest + (failure.isEmpty() ? "" : ": " + failure));
    }

    /// Why the proxy does not serve yet.
    synchronized Optional<String> unready() {
        if (lastSuccess != null) {
            return Optional.empty();
        }
        return Optional.of(failure.isEmpty() ? "no rules are in force yet" : failure);
    }
}
