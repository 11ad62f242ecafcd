package io.jubernetes.scheduler.framework;

import java.util.EnumSet;
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
        NODE("Node"),
        /// A pod that has a node.
        ASSIGNED_POD("AssignedPod"),
        /// The waiting pod itself.
        UNSCHEDULED_POD("UnscheduledPod"),
        NAMESPACE("Namespace"),
        PERSISTENT_VOLUME("PersistentVolume"),
        PERSISTENT_VOLUME_CLAIM("PersistentVolumeClaim"),
        STORAGE_CLASS("StorageClass"),
        CSI_NODE("CSINode"),
        CSI_DRIVER("CSIDriver"),
        CSI_STORAGE_CAPACITY("CSIStorageCapacity"),
        VOLUME_ATTACHMENT("VolumeAttachment"),
        RESOURCE_CLAIM("ResourceClaim"),
        RESOURCE_SLICE("ResourceSlice"),
        DEVICE_CLASS("DeviceClass");

        private final String label;

        Resource(String label) {
            this.label = label;
        }
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
        /// A pod asks for less than before.
        UPDATE_SCALE_DOWN,
        UPDATE_TOLERATIONS,
        UPDATE_GATES,
        /// The claims made for a pod are named in its status now.
        UPDATE_GENERATED_CLAIMS,
        UPDATE_OTHER
    }

    /// Every way of being changed but appearing and going.
    public static final Set<Action> ANY_UPDATE =
            Set.copyOf(EnumSet.complementOf(EnumSet.of(Action.ADD, Action.DELETE)));

    /// The event of an object of a kind that is told about as a whole.
    public static ClusterEvent of(Resource resource, @Nullable Object before, @Nullable Object after) {
        Set<Action> actions = before == null ? Set.of(Action.ADD) : after == null ? Set.of(Action.DELETE) : ANY_UPDATE;
        return new ClusterEvent(resource, actions, before, after);
    }

    /// The name used for metrics, such as `NodeAdd`.
    public String label() {
        return resource.label
                + (actions.contains(Action.ADD) ? "Add" : actions.contains(Action.DELETE) ? "Delete" : "Update");
    }
}
