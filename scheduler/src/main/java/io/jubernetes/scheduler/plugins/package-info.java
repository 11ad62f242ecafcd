/// The plugins that come with the scheduler, under upstream's names. [io.jubernetes.scheduler.plugins.Registry]
/// lists them all.
@NullMarked
package io.jubernetes.scheduler.plugins;

import org.jspecify.annotations.NullMarked;
