package io.jubernetes.controllermanager.cronjob;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.api.model.batch.v1.CronJob;
import io.fabric8.kubernetes.api.model.batch.v1.CronJobBuilder;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CronScheduleTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "* * * * *      | 2026-01-01T00:00:30Z | 2026-01-01T00:01:00Z",
                "*/15 * * * *   | 2026-01-01T00:15:00Z | 2026-01-01T00:30:00Z",
                "0 3 * * *      | 2026-01-01T03:00:00Z | 2026-01-02T03:00:00Z",
                "30 2 1 * *     | 2026-01-15T00:00:00Z | 2026-02-01T02:30:00Z",
                "0 0 * * sun    | 2026-01-01T00:00:00Z | 2026-01-04T00:00:00Z",
                "0 0 * * 7      | 2026-01-01T00:00:00Z | 2026-01-04T00:00:00Z",
                "0 0 13 * fri   | 2026-01-03T00:00:00Z | 2026-01-09T00:00:00Z",
                "0 12 * feb 1-5 | 2026-01-01T00:00:00Z | 2026-02-02T12:00:00Z",
                "5/20 * * * *   | 2026-01-01T00:06:00Z | 2026-01-01T00:25:00Z",
                "0 0 29 2 *     | 2026-01-01T00:00:00Z | 2028-02-29T00:00:00Z",
                "@hourly        | 2026-01-01T00:30:00Z | 2026-01-01T01:00:00Z",
                "@every 1h30m   | 2026-01-01T00:00:00Z | 2026-01-01T01:30:00Z"
            })
    void findsTheNextTime(String schedule, String from, String expected) {
        assertThat(CronSchedule.parse(schedule).next(Instant.parse(from), ZoneOffset.UTC))
                .contains(Instant.parse(expected));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "* * * *",
                "60 * * * *",
                "* * * * mon-",
                "a * * * *",
                "*/0 * * * *",
                "@every 1ms",
                "5-1 * * * *"
            })
    void refusesWhatIsNone(String schedule) {
        assertThatThrownBy(() -> CronSchedule.parse(schedule)).isInstanceOf(RuntimeException.class);
    }

    @Test
    void aDayThatNeverComesIsNoEndlessSearch() {
        assertThat(CronSchedule.parse("0 0 30 2 *").next(Instant.parse("2026-01-01T00:00:00Z"), ZoneOffset.UTC))
                .isEmpty();
    }

    @Test
    void timesAreThoseOfTheZone() {
        assertThat(CronSchedule.parse("0 9 * * *")
                        .next(Instant.parse("2026-07-01T00:00:00Z"), ZoneId.of("Europe/Berlin")))
                .contains(Instant.parse("2026-07-01T07:00:00Z"));
    }

    private static CronPlan plan(String last, @org.jspecify.annotations.Nullable Long deadline, String now) {
        CronJob job = new CronJobBuilder()
                .withNewMetadata()
                .withCreationTimestamp("2026-01-01T00:00:00Z")
                .endMetadata()
                .withNewSpec()
                .withStartingDeadlineSeconds(deadline)
                .endSpec()
                .withNewStatus()
                .withLastScheduleTime(last)
                .endStatus()
                .build();
        return CronPlan.of(job, CronSchedule.parse("*/10 * * * *"), ZoneOffset.UTC, Instant.parse(now));
    }

    @Test
    void theLatestMissedTimeIsServed() {
        CronPlan plan = plan("2026-01-01T00:10:00Z", null, "2026-01-01T00:41:00Z");
        assertThat(plan.due()).contains(Instant.parse("2026-01-01T00:40:00Z"));
        assertThat(plan.missed()).isEqualTo(3);
        assertThat(plan.untilNext()).contains(Duration.ofMinutes(9));
    }

    @Test
    void nothingIsDueBetweenTimesOrAfterTheDeadline() {
        assertThat(plan("2026-01-01T00:10:00Z", null, "2026-01-01T00:19:59Z").due())
                .isEmpty();
        assertThat(plan("2026-01-01T00:10:00Z", 30L, "2026-01-01T00:21:00Z").due())
                .isEmpty();
        assertThat(plan("2026-01-01T00:10:00Z", 90L, "2026-01-01T00:21:00Z").due())
                .isPresent();
    }

    @Test
    void aLongSleepEndsAtTheLatestTime() {
        CronPlan plan = plan("2020-01-01T00:10:00Z", null, "2026-01-01T00:41:00Z");
        assertThat(plan.due()).contains(Instant.parse("2026-01-01T00:40:00Z"));
        assertThat(plan.missed()).isGreaterThan(100);
    }
}
