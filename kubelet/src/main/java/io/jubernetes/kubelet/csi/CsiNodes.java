package io.jubernetes.kubelet.csi;

import io.fabric8.kubernetes.client.KubernetesClientException;

/// Where the cluster is told which drivers of storage a node has.
public interface CsiNodes {
    /// A driver is there, or is there again.
    ///
    /// @throws KubernetesClientException when that cannot be said now
    void add(String driver, CsiDriver.Info info);

    /// A driver is gone.
    ///
    /// @throws KubernetesClientException when that cannot be said now
    void remove(String driver);
}
