/// One pod from the queue to its binding. [io.jubernetes.scheduler.cycle.SchedulingLoop] owns queue and node
/// table and is the only thread that changes them; [io.jubernetes.scheduler.cycle.Profile] runs the plugins;
/// bindings and reports go to the API server on threads of their own.
@NullMarked
package io.jubernetes.scheduler.cycle;

import org.jspecify.annotations.NullMarked;
