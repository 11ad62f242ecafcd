/// Keeping something outside equal to what the caches say: rounds after changes, repairs now and then, patience
/// when the system refuses. Start at [io.jubernetes.serviceproxy.sync.SyncLoop].
@NullMarked
package io.jubernetes.serviceproxy.sync;

import org.jspecify.annotations.NullMarked;
