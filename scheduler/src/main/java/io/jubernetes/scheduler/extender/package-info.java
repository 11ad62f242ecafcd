/// Extenders: other programs that filter, rate, bind or preempt by HTTP, with upstream's extender protocol. Start at
/// [io.jubernetes.scheduler.extender.HttpExtender].
@NullMarked
package io.jubernetes.scheduler.extender;

import org.jspecify.annotations.NullMarked;
