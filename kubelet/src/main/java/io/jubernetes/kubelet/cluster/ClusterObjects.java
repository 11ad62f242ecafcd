package io.jubernetes.kubelet.cluster;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.PersistentVolume;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceClaim;
import io.fabric8.kubernetes.api.model.storage.CSIDriver;
import io.fabric8.kubernetes.api.model.storage.VolumeAttachment;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Objects of the cluster that pods refer to. Answers may be some seconds old. Thread-safe.
public interface ClusterObjects {
    /// @return empty when there is no such object
    /// @throws ClusterFailure when the API server cannot be asked
    Optional<ConfigMap> configMap(String namespace, String name) throws ClusterFailure;

    /// @return empty when there is no such object
    /// @throws ClusterFailure when the API server cannot be asked
    Optional<Secret> secret(String namespace, String name) throws ClusterFailure;

    /// @return empty when there is no such claim
    /// @throws ClusterFailure when the API server cannot be asked
    Optional<PersistentVolumeClaim> claim(String namespace, String name) throws ClusterFailure;

    /// @return empty when there is no such persistent volume
    /// @throws ClusterFailure when the API server cannot be asked
    Optional<PersistentVolume> volume(String name) throws ClusterFailure;

    /// @return empty when there is no such claim for devices
    /// @throws ClusterFailure when the API server cannot be asked
    Optional<ResourceClaim> resourceClaim(String namespace, String name) throws ClusterFailure;

    /// @return empty when nothing is said of the storage driver
    /// @throws ClusterFailure when the API server cannot be asked
    Optional<CSIDriver> csiDriver(String name) throws ClusterFailure;

    /// @return empty when there is no such attachment
    /// @throws ClusterFailure when the API server cannot be asked
    Optional<VolumeAttachment> volumeAttachment(String name) throws ClusterFailure;

    /// Says that a claim's volume has its new size on this node.
    ///
    /// @throws ClusterFailure when the API server cannot be told
    void resized(PersistentVolumeClaim claim, Quantity size) throws ClusterFailure;

    /// All services, for pods' environments.
    ///
    /// @throws ClusterFailure when they have never been read
    List<Service> services() throws ClusterFailure;

    /// This node, as last seen; empty before it is registered.
    Optional<Node> node();

    /// A token for a service account that is bound to a pod.
    ///
    /// @param audience null for the API server's own
    Token serviceAccountToken(
            String namespace, String serviceAccount, BoundPod pod, @Nullable String audience, Duration lifetime)
            throws ClusterFailure;

    /// A token is worthless once its pod is gone.
    record BoundPod(String name, String uid) {}

    /// An issued token. Never logged.
    record Token(String value, Instant issued, Instant expires) {
        @Override
        public String toString() {
            return "Token[expires=" + expires + "]";
        }
    }
}
