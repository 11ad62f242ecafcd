/// Jobs: pods that run to completion, each counted exactly once by way of a finalizer.
/// [io.jubernetes.controllermanager.job.JobPlan] decides from the job and its pods alone.
@NullMarked
package io.jubernetes.controllermanager.job;

import org.jspecify.annotations.NullMarked;
