/// The pods that wait for a node: ready, backing off after a try, or parked until something happens that may help
/// them. Owned by the scheduling thread; start at [io.jubernetes.scheduler.queue.SchedulingQueue].
@NullMarked
package io.jubernetes.scheduler.queue;

import org.jspecify.annotations.NullMarked;
