package io.jubernetes.controllermanager.deployment;

import io.fabric8.kubernetes.api.model.apps.ReplicaSet;

/// One write of a rollout.
sealed interface Step {
    /// Make the replica set for the current template.
    record Create(ReplicaSet set) implements Step {}

    /// Change a set's size; `set` is the new state.
    record Scale(ReplicaSet set, int from, int to) implements Step {}

    /// Change a set's annotations or readiness time; `set` is the new state.
    record Update(ReplicaSet set) implements Step {}

    /// Forget an old revision.
    record Delete(ReplicaSet set) implements Step {}

    /// Note the deployment's revision on it.
    record SetRevision(String revision) implements Step {}
}
