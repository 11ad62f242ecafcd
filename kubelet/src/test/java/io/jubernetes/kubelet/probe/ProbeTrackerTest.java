package io.jubernetes.kubelet.probe;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ProbeTrackerTest {
    /// `S` success, `F` failure, `E` error; the results after each as `+`, `-` or `?`.
    @ParameterizedTest
    @CsvSource({
        "READINESS, 1, 3, SFFFS, +++-+",
        "READINESS, 2, 1, SSFSS, -+--+",
        "LIVENESS, 1, 3, FFSFFF, +++++-",
        "LIVENESS, 1, 1, EEF, ++-",
        "STARTUP, 1, 2, FS, ?+",
        "STARTUP, 1, 2, FF, ?-",
        "READINESS, 1, 2, FEF, ---",
        "READINESS, 1, 2, SFEF, +++-",
    })
    void countsRuns(ProbeKind kind, int success, int failure, String outcomes, String results) {
        var tracker = new ProbeTracker(kind, success, failure);
        var seen = new StringBuilder();
        for (int i = 0; i < outcomes.length(); i++) {
            var _ = tracker.add(
                    switch (outcomes.charAt(i)) {
                        case 'S' -> Outcome.Kind.SUCCESS;
                        case 'F' -> Outcome.Kind.FAILURE;
                        default -> Outcome.Kind.ERROR;
                    });
            seen.append(
                    switch (tracker.result()) {
                        case SUCCESS -> '+';
                        case FAILURE -> '-';
                        case UNKNOWN -> '?';
                    });
        }
        assertThat(seen).hasToString(results);
    }
}
