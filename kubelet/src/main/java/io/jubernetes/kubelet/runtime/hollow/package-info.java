/// A runtime that only pretends: every container runs at once and for ever, and nothing is started. With
/// it one process plays many nodes, to see how the rest of a cluster does with them (upstream's
/// kubemark).
@NullMarked
package io.jubernetes.kubelet.runtime.hollow;

import org.jspecify.annotations.NullMarked;
