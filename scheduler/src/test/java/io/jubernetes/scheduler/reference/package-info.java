/// The scheduler's decisions once more, as plainly as they can be said: everything is counted anew for every question,
/// straight from the objects, without indexes, caches or incremental counts. Slow, and what the scheduler must agree
/// with. [io.jubernetes.scheduler.reference.Reference] decides, each `Rules` class is one or a few plugins, and
/// [io.jubernetes.scheduler.reference.RandomObjects] makes up what to decide on.
@NullMarked
package io.jubernetes.scheduler.reference;

import org.jspecify.annotations.NullMarked;
