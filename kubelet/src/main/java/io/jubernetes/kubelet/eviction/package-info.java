/// What happens when the node runs short of memory, disk or process numbers: it says so, throws away what nobody
/// needs, and ends pods until there is enough again. [io.jubernetes.kubelet.eviction.EvictionManager] does it;
/// [io.jubernetes.kubelet.eviction.Thresholds] and [io.jubernetes.kubelet.eviction.Ranking] decide.
@NullMarked
package io.jubernetes.kubelet.eviction;

import org.jspecify.annotations.NullMarked;
