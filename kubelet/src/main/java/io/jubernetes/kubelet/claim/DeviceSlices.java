package io.jubernetes.kubelet.claim;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/// This node's ResourceSlices, which drivers publish and the kubelet removes when the driver is gone.
public interface DeviceSlices {
    /// Removes the slices of a driver, or of all.
    ///
    /// @throws KubernetesClientException when they could not be removed
    void remove(Optional<String> driver);

    /// Those of a node in the API.
    static DeviceSlices of(KubernetesClient client, String node) {
        return driver -> {
            String selector = "spec.nodeName=" + node
                    + driver.map(name -> ",spec.driver=" + name).orElse("");
            client.raw(
                    "/apis/resource.k8s.io/v1/resourceslices?fieldSelector="
                            + URLEncoder.encode(selector, StandardCharsets.UTF_8),
                    "DELETE",
                    null);
        };
    }
}
