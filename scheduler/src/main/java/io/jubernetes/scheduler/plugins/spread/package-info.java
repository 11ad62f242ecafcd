/// The plugin that spreads pods over the domains of a topology.
/// [io.jubernetes.scheduler.plugins.spread.PodTopologySpread] decides,
/// [io.jubernetes.scheduler.plugins.spread.SpreadCounts] knows how many pods each domain has.
@NullMarked
package io.jubernetes.scheduler.plugins.spread;

import org.jspecify.annotations.NullMarked;
