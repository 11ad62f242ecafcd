/// Replica sets and replication controllers: as many pods of one template as wanted.
/// [io.jubernetes.controllermanager.replicaset.ReplicaPlan] decides,
/// [io.jubernetes.controllermanager.replicaset.ReplicaSetReconciler] does.
@NullMarked
package io.jubernetes.controllermanager.replicaset;

import org.jspecify.annotations.NullMarked;
