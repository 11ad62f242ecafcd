/// The contract between the scheduler and its plugins: upstream's extension points as interfaces, what a plugin
/// sees of pods and nodes, and what it answers. Start at [io.jubernetes.scheduler.framework.Plugin]. All calls but
/// those of the binding phase (permit, pre-bind, bind, post-bind) come from the one scheduling thread.
@NullMarked
package io.jubernetes.scheduler.framework;

import org.jspecify.annotations.NullMarked;
