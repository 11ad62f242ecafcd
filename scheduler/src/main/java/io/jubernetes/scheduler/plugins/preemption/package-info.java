/// Makes room for a pod by removing pods of lower priority.
/// [io.jubernetes.scheduler.plugins.preemption.DefaultPreemption] finds out where,
/// [io.jubernetes.scheduler.plugins.preemption.Eviction] does it.
@NullMarked
package io.jubernetes.scheduler.plugins.preemption;

import org.jspecify.annotations.NullMarked;
