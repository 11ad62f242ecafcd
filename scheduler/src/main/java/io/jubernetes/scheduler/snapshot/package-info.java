/// The scheduler's picture of the cluster: nodes as rows of columns, with the pods on them, kept current by small
/// changes. Owned by the scheduling thread; start at [io.jubernetes.scheduler.snapshot.NodeTable].
@NullMarked
package io.jubernetes.scheduler.snapshot;

import org.jspecify.annotations.NullMarked;
