package io.jubernetes.scheduler.framework;

import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Something in the cluster changed.
///
/// @param before the object before the change, null when it is new
/// @param after the object after the change, null when it is gone
public record ClusterEvent(
        Resource resource,
        Set<Action> actions,
        @Nullable Object before,
        @Nullable Object after) {

    /// What can change.
    public enum Resource {
        NODE,
        /// A pod that has a node.
        ASSIGNED_POD,
        /// The waiting pod itself.
        UNSCHEDULED_POD
    }

    /// How it can change; an update is one or more of the finer ones.
    public enum Action {
        ADD,
        DELETE,
        UPDATE_ALLOCATABLE,
        UPDATE_LABELS,
        UPDATE_TAINTS,
        UPDATE_CONDITIONS,
        UPDATE_UNSCHEDULABLE,
        UPDATE_SPEC,
        UPDATE_OTHER
    }

    /// The name used for metrics, such as `NodeAdd`.
    public String label() {
        String what = switch (resource) {
            case NODE -> "Node";
            case ASSIGNED_POD -> "AssignedPod";
            case UNSCHEDULED_POD -> "Pod";
        };
        return what + (actions.contains(Action.ADD) ? "Add" : actions.contains(Action.DELETE) ? "Delete" : "Update");
    }
}
