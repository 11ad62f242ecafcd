/// Daemon sets: one pod on every node that is meant. [io.jubernetes.controllermanager.daemonset.DaemonPlan]
/// decides.
@NullMarked
package io.jubernetes.controllermanager.daemonset;

import org.jspecify.annotations.NullMarked;
