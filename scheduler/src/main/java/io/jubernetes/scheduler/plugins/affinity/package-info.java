/// The plugin for affinity and anti-affinity between pods. [io.jubernetes.scheduler.plugins.affinity.InterPodAffinity]
/// decides; [io.jubernetes.scheduler.plugins.affinity.AffinityIndex] keeps the counts it decides by, so that no pod
/// needs a walk over all others.
@NullMarked
package io.jubernetes.scheduler.plugins.affinity;

import org.jspecify.annotations.NullMarked;
