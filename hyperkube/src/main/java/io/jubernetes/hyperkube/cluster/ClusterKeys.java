package io.jubernetes.hyperkube.cluster;

import io.jubernetes.common.pki.CertificateRequest;
import io.jubernetes.hyperkube.keys.ControlPlaneKeys;
import java.io.IOException;
import java.time.Clock;
import java.util.List;

/// Makes the keys, certificates and kubeconfig files of a cluster on this machine; what exists and is still valid for
/// a while stays.
final class ClusterKeys {
    private ClusterKeys() {}

    /// Makes everything that is missing.
    ///
    /// @throws IOException when a file cannot be read or written
    static void ensure(ClusterDirectory directory, ClusterSettings settings, Clock clock) throws IOException {
        var layout = new ControlPlaneKeys.Layout(
                directory.pki(),
                directory.kubeconfigs(),
                directory.adminKubeconfig(),
                settings.server(),
                List.of(settings.hostAddress(), settings.serviceAddress(1)));
        ControlPlaneKeys keys = ControlPlaneKeys.ensure(layout, clock, ControlPlaneKeys.RENEW_BEFORE);
        keys.kubeconfig("service-proxy", CertificateRequest.client("system:kube-proxy"));
        for (String node : settings.nodes()) {
            keys.kubeconfig("kubelet-" + node, CertificateRequest.client("system:node:" + node, "system:nodes"));
        }
    }
}
