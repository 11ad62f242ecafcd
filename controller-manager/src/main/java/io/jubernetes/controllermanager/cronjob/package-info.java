/// Cron jobs: jobs by the clock. [io.jubernetes.controllermanager.cronjob.CronSchedule] reads the five fields,
/// [io.jubernetes.controllermanager.cronjob.CronPlan] decides.
@NullMarked
package io.jubernetes.controllermanager.cronjob;

import org.jspecify.annotations.NullMarked;
