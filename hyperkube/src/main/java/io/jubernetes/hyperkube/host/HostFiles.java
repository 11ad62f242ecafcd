package io.jubernetes.hyperkube.host;

import io.jubernetes.hyperkube.keys.ControlPlaneKeys;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/// Where the files of a host are.
///
/// @param configuration keys, kubeconfig files and flags: `/etc/jubernetes`
/// @param data what the services keep: `/var/lib/jubernetes`
public record HostFiles(Path configuration, Path data) {
    public HostFiles {
        configuration = configuration.toAbsolutePath().normalize();
        data = data.toAbsolutePath().normalize();
    }

    Path pki() {
        return configuration.resolve("pki");
    }

    Path authority() {
        return pki().resolve("ca.crt");
    }

    /// The cluster's CA, as text.
    ///
    /// @throws IOException when it cannot be read
    public String authorityPem() throws IOException {
        return Files.readString(authority());
    }

    /// What the administrator of a control plane host uses.
    public Path adminKubeconfig() {
        return configuration.resolve("admin.kubeconfig");
    }

    Path kubeconfig(String component) {
        return configuration.resolve(component + ".kubeconfig");
    }

    /// The flags of a service, which its systemd unit reads.
    Path flags(String service) {
        return configuration.resolve(service + ".env");
    }

    /// What is there once the host belongs to a cluster: the cluster's description.
    public Path cluster() {
        return configuration.resolve("cluster.yaml");
    }

    /// What is the node's own: its kubeconfig files, certificates and configuration.
    Path node() {
        return configuration.resolve("node");
    }

    Path bootstrapKubeconfig() {
        return node().resolve("bootstrap.kubeconfig");
    }

    Path nodeKubeconfig() {
        return node().resolve("node.kubeconfig");
    }

    Path nodeCertificates() {
        return node().resolve("certificates");
    }

    Path nodeConfiguration() {
        return node().resolve("node-config.yaml");
    }

    /// Names the group of nodes this one belongs to.
    Path nodeEnvironment() {
        return node().resolve("node.env");
    }

    /// The kubelet's root directory, where drivers of volumes look for it.
    Path kubelet() {
        return data.resolveSibling("kubelet");
    }

    /// The volumes of the built-in provisioner.
    Path volumes() {
        return data.resolveSibling("jubernetes-volumes");
    }

    /// Where the control plane's keys are.
    ///
    /// @param names what the API server is called beside its usual names
    ControlPlaneKeys.Layout keys(String server, List<String> names) {
        return new ControlPlaneKeys.Layout(pki(), configuration, adminKubeconfig(), server, names);
    }
}
