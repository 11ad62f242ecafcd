/// Configuration files of the kind `KubeSchedulerConfiguration`, and the profiles they describe. Start at
/// [io.jubernetes.scheduler.config.SchedulerConfiguration]; [io.jubernetes.scheduler.config.Profiles] makes the
/// plugins.
@NullMarked
package io.jubernetes.scheduler.config;

import org.jspecify.annotations.NullMarked;
