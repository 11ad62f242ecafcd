package io.jubernetes.controllermanager.serviceaccount;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Secret;
import io.jubernetes.controllermanager.serviceaccount.LegacyTokenCleanerController.Step;
import io.jubernetes.controllermanager.testing.Written;
import java.time.Duration;
import java.time.LocalDate;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LegacyTokenTest {
    private static final LocalDate TODAY = LocalDate.parse("2026-06-01");

    @ParameterizedTest(name = "made {0}, used {1}, invalid since {2}: {3}")
    @CsvSource({
        "2024-01-01, , , MARK",
        "2024-01-01, 2026-05-01, , KEEP",
        "2026-01-01, , , KEEP",
        "2024-01-01, 2025-01-01, 2026-01-01, KEEP",
        "2024-01-01, 2024-02-01, 2025-02-01, DELETE",
    })
    void unusedTokensAreMarkedAndLaterDeleted(String created, String used, String invalid, Step step) {
        var secret = Written.as(
                Secret.class,
                "{metadata: {creationTimestamp: '%sT00:00:00Z', labels: {%s}}}"
                        .formatted(
                                created,
                                (used == null ? "" : "kubernetes.io/legacy-token-last-used: '" + used + "', ")
                                        + (invalid == null
                                                ? ""
                                                : "kubernetes.io/legacy-token-invalid-since: '" + invalid + "'")));
        assertThat(LegacyTokenCleanerController.step(
                        secret, LocalDate.parse("2024-01-01"), TODAY, Duration.ofDays(365)))
                .isEqualTo(step);
    }
}
