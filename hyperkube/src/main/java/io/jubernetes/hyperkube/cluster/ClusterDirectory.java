package io.jubernetes.hyperkube.cluster;

import java.nio.file.Path;

/// The files of one cluster on this machine, all below its data directory.
public record ClusterDirectory(Path root) {
    public ClusterDirectory {
        root = root.toAbsolutePath().normalize();
    }

    public Path adminKubeconfig() {
        return root.resolve("admin.kubeconfig");
    }

    Path kubeconfig(String component) {
        return kubeconfigs().resolve(component + ".kubeconfig");
    }

    Path kubeconfigs() {
        return root.resolve("kubeconfig");
    }

    Path pki() {
        return root.resolve("pki");
    }

    /// What was chosen when the cluster was made: ports, ranges, names.
    public Path settings() {
        return root.resolve("cluster.json");
    }

    /// The process id of the JVM that runs the components.
    public Path pidFile() {
        return root.resolve("jubernetes.pid");
    }

    Path etcdPidFile() {
        return root.resolve("etcd.pid");
    }

    public Path log() {
        return root.resolve("jubernetes.log");
    }

    /// Where the API server keeps the embedded store.
    public Path store() {
        return root.resolve("store");
    }

    Path etcdLog() {
        return root.resolve("etcd.log");
    }

    /// Is there once all components of the running JVM have started.
    public Path started() {
        return root.resolve("started");
    }

    public Path kubelet(String node) {
        return root.resolve("kubelet").resolve(node);
    }
}
