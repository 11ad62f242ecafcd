package io.jubernetes.kubelet.probe;

import java.util.Optional;

/// What a series of probes of one container means. Not thread-safe.
final class ProbeTracker {
    /// What is known of a container.
    enum Result {
        UNKNOWN,
        SUCCESS,
        FAILURE
    }

    private final ProbeKind kind;
    private final int successThreshold;
    private final int failureThreshold;
    private Result result;
    private Outcome.Kind last = Outcome.Kind.ERROR;
    private int run;

    ProbeTracker(ProbeKind kind, int successThreshold, int failureThreshold) {
        this.kind = kind;
        this.successThreshold = successThreshold;
        this.failureThreshold = failureThreshold;
        this.result = initial(kind);
    }

    /// A new container is alive, not ready, and has not started, until probes say otherwise.
    private static Result initial(ProbeKind kind) {
        return switch (kind) {
            case STARTUP -> Result.UNKNOWN;
            case LIVENESS -> Result.SUCCESS;
            case READINESS -> Result.FAILURE;
        };
    }

    /// Begins again for another container.
    void reset() {
        result = initial(kind);
        run = 0;
        last = Outcome.Kind.ERROR;
    }

    /// Goes on with a container that was found well before this kubelet began to watch it.
    void resume() {
        result = Result.SUCCESS;
    }

    Result result() {
        return result;
    }

    /// Counts an outcome.
    ///
    /// @return the new result when it changed
    Optional<Result> add(Outcome.Kind outcome) {
        if (outcome == Outcome.Kind.ERROR) {
            return Optional.empty();
        }
        run = outcome == last ? run + 1 : 1;
        last = outcome;
        boolean success = outcome == Outcome.Kind.SUCCESS;
        if (run < (success ? successThreshold : failureThreshold)) {
            return Optional.empty();
        }
        Result next = success ? Result.SUCCESS : Result.FAILURE;
        if (next == result) {
            return Optional.empty();
        }
        result = next;
        return Optional.of(next);
    }
}
