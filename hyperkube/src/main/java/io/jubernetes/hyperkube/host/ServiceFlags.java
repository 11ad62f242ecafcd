package io.jubernetes.hyperkube.host;

import io.jubernetes.common.pki.Pem;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// Writes the flags of a host's services where their systemd units read them.
final class ServiceFlags {
    private final HostFiles files;
    private final ClusterDescription cluster;

    ServiceFlags(HostFiles files, ClusterDescription cluster) {
        this.files = files;
        this.cluster = cluster;
    }

    /// The services of a control plane host.
    void controlPlane(Host host) throws IOException {
        Path pki = files.pki();
        String port = cluster.endpoint().substring(cluster.endpoint().lastIndexOf(':') + 1);
        List<String> flags = new ArrayList<>(List.of(
                "--data-dir=" + files.data(),
                "--secure-port=" + port,
                "--advertise-address=" + host.address(),
                "--enable-admission-plugins=NodeRestriction",
                "--enable-bootstrap-token-auth",
                "--client-ca-file=" + files.authority(),
                "--tls-cert-file=" + pki.resolve("apiserver.crt"),
                "--tls-private-key-file=" + pki.resolve("apiserver.key"),
                "--service-account-key-file=" + pki.resolve("sa.pub"),
                "--service-account-signing-key-file=" + pki.resolve("sa.key"),
                "--kubelet-client-certificate=" + pki.resolve("apiserver-kubelet-client.crt"),
                "--kubelet-client-key=" + pki.resolve("apiserver-kubelet-client.key"),
                "--service-cluster-ip-range=" + cluster.serviceRange(),
                "--shutdown-delay-duration=15s"));
        ClusterDescription.Etcd etcd = cluster.etcd();
        if (etcd.isUsed()) {
            flags.add("--storage-backend=etcd");
            flags.add("--etcd-servers=" + String.join(",", etcd.servers()));
            add(flags, "--etcd-cafile", etcd.authority());
            add(flags, "--etcd-certfile", etcd.certificate());
            add(flags, "--etcd-keyfile", etcd.key());
        }
        write("apiserver", flags);
        write(
                "controller-manager",
                List.of(
                        "--kubeconfig=" + files.kubeconfig("controller-manager"),
                        "--use-service-account-credentials",
                        "--controllers=*,bootstrap-signer-controller,token-cleaner-controller",
                        "--root-ca-file=" + files.authority(),
                        "--cluster-signing-cert-file=" + files.authority(),
                        "--cluster-signing-key-file=" + pki.resolve("ca.key"),
                        "--service-account-private-key-file=" + pki.resolve("sa.key"),
                        "--allocate-node-cidrs",
                        "--cluster-cidr=" + cluster.podRange(),
                        "--service-cluster-ip-range=" + cluster.serviceRange(),
                        "--local-path-directory=" + files.volumes()));
        write("scheduler", List.of("--kubeconfig=" + files.kubeconfig("scheduler")));
    }

    /// The services every host has.
    void node(Host host) throws IOException {
        write(
                "kubelet",
                List.of(
                        "--hostname-override=" + host.name(),
                        "--node-ip=" + host.address(),
                        "--bootstrap-kubeconfig=" + files.bootstrapKubeconfig(),
                        "--kubeconfig=" + files.nodeKubeconfig(),
                        "--cert-dir=" + files.nodeCertificates(),
                        "--config=" + files.nodeConfiguration(),
                        "--root-dir=" + files.kubelet(),
                        "--client-ca-file=" + files.authority(),
                        "--cluster-cidr=" + cluster.podRange()));
        write(
                "service-proxy",
                List.of(
                        "--kubeconfig=" + files.kubeconfig("service-proxy"),
                        "--hostname-override=" + host.name(),
                        "--cluster-cidr=" + cluster.podRange(),
                        "--cluster-dns=" + cluster.dnsAddress()));
    }

    private static void add(List<String> flags, String name, String value) {
        if (!value.isEmpty()) {
            flags.add(name + "=" + value);
        }
    }

    private void write(String service, List<String> flags) throws IOException {
        Pem.writePublic(files.flags(service), "FLAGS=\"" + String.join(" \\\n", flags) + "\"\n");
    }
}
