package io.jubernetes.controllermanager.cronjob;

import io.fabric8.kubernetes.api.model.batch.v1.CronJob;
import io.jubernetes.controllermanager.workload.Times;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.Optional;

/// When a cron job is due. Pure.
///
/// @param due the latest time that has come and was not served, if it may still be served
/// @param missed how many times came since the last one that was served
/// @param tooLate whether the latest time is past the starting deadline
/// @param untilNext how long until the next time; empty when there is none
record CronPlan(Optional<Instant> due, int missed, boolean tooLate, Optional<Duration> untilNext) {
    private static final int MANY = 100;

    static CronPlan of(CronJob job, CronSchedule schedule, ZoneId zone, Instant now) {
        Instant last = job.getStatus() == null
                ? null
                : Times.parse(job.getStatus().getLastScheduleTime()).orElse(null);
        Instant from = last != null
                ? last
                : Times.parse(job.getMetadata().getCreationTimestamp()).orElse(now);
        Long deadline = job.getSpec().getStartingDeadlineSeconds();
        if (deadline != null) {
            Instant earliest = now.minusSeconds(deadline);
            from = earliest.isAfter(from) ? earliest : from;
        }
        int missed = 0;
        Optional<Instant> latest = Optional.empty();
        Optional<Instant> next = schedule.next(from, zone);
        while (next.isPresent() && !next.get().isAfter(now)) {
            latest = next;
            missed++;
            if (missed > MANY) {
                // A long sleep, or a clock that jumped: only the end of it matters.
                Instant skip = now.minus(Duration.ofDays(1));
                next = schedule.next(skip.isAfter(next.get()) ? skip : next.get(), zone);
                if (missed > MANY + 2000) {
                    break;
                }
                continue;
            }
            next = schedule.next(next.get(), zone);
        }
        boolean tooLate = deadline != null
                && latest.map(time -> time.plusSeconds(deadline).isBefore(now)).orElse(false);
        Optional<Duration> untilNext = schedule.next(now, zone).map(time -> Duration.between(now, time));
        return new CronPlan(tooLate ? Optional.empty() : latest, missed, tooLate, untilNext);
    }
}
