package io.jubernetes.hyperkube.cluster;

import io.jubernetes.apiserver.ApiServerCommand;
import io.jubernetes.common.component.ComponentCommand;
import io.jubernetes.common.component.ComponentLauncher;
import io.jubernetes.common.component.RunningComponent;
import io.jubernetes.common.component.StartupException;
import io.jubernetes.controllermanager.ControllerManagerCommand;
import io.jubernetes.kubelet.KubeletCommand;
import io.jubernetes.scheduler.SchedulerCommand;
import io.jubernetes.serviceproxy.ServiceProxyCommand;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Starts each component with the flags it has in the cluster of a directory. The keys must be there.
record ClusterComponents(ClusterDirectory directory, ClusterSettings settings) {
    /// Which address of the Services' range is the cluster's DNS.
    static final int DNS_HOST = 10;

    private static RunningComponent start(ComponentCommand command, List<String> flags) throws StartupException {
        ComponentLauncher.commandLine(command).parseArgs(flags.toArray(String[]::new));
        return command.start();
    }

    RunningComponent apiServer(@Nullable EtcdProcess etcd) throws StartupException {
        Path pki = directory.pki();
        List<String> flags = new ArrayList<>(List.of(
                "--data-dir=" + directory.root(),
                "--secure-port=" + settings.securePort(),
                "--advertise-address=" + settings.hostAddress(),
                "--enable-admission-plugins=NodeRestriction",
                "--client-ca-file=" + pki.resolve("ca.crt"),
                "--tls-cert-file=" + pki.resolve("apiserver.crt"),
                "--tls-private-key-file=" + pki.resolve("apiserver.key"),
                "--service-account-key-file=" + pki.resolve("sa.pub"),
                "--service-account-signing-key-file=" + pki.resolve("sa.key"),
                "--kubelet-client-certificate=" + pki.resolve("apiserver-kubelet-client.crt"),
                "--kubelet-client-key=" + pki.resolve("apiserver-kubelet-client.key"),
                "--service-cluster-ip-range=" + settings.serviceRange()));
        if (settings.index() > 0) {
            // Node ports are the machine's: clusters beside each other take different parts of the range.
            flags.add("--service-node-port-range=" + (30000 + 160 * settings.index()) + "-"
                    + (30159 + 160 * settings.index()));
        }
        if (etcd != null) {
            flags.add("--storage-backend=etcd");
            flags.add("--etcd-servers=" + etcd.url());
        }
        return start(new ApiServerCommand(), flags);
    }

    RunningComponent controllerManager() throws StartupException {
        Path pki = directory.pki();
        return start(
                new ControllerManagerCommand(),
                List.of(
                        "--kubeconfig=" + directory.kubeconfig("controller-manager"),
                        "--secure-port=" + (settings.index() == 0 ? 10257 : 0),
                        "--leader-elect=false",
                        "--use-service-account-credentials",
                        "--controllers=*,bootstrap-signer-controller,token-cleaner-controller",
                        "--local-path-directory=" + directory.root().resolve("volumes"),
                        "--root-ca-file=" + pki.resolve("ca.crt"),
                        "--cluster-signing-cert-file=" + pki.resolve("ca.crt"),
                        "--cluster-signing-key-file=" + pki.resolve("ca.key"),
                        "--service-account-private-key-file=" + pki.resolve("sa.key"),
                        "--cluster-cidr=" + settings.podRange(),
                        "--service-cluster-ip-range=" + settings.serviceRange()));
    }

    RunningComponent scheduler() throws StartupException {
        return start(
                new SchedulerCommand(),
                List.of(
                        "--kubeconfig=" + directory.kubeconfig("scheduler"),
                        "--secure-port=0",
                        "--leader-elect=false"));
    }

    List<RunningComponent> kubelets() throws StartupException {
        List<RunningComponent> result = new ArrayList<>();
        for (int i = 0; i < settings.nodes().size(); i++) {
            String node = settings.nodes().get(i);
            result.add(start(
                    new KubeletCommand(),
                    List.of(
                            "--kubeconfig=" + directory.kubeconfig("kubelet-" + node),
                            "--hostname-override=" + node,
                            "--node-ip=" + settings.hostAddress(),
                            "--root-dir=" + directory.kubelet(node),
                            "--port=" + settings.kubeletPorts().get(i),
                            "--client-ca-file=" + directory.pki().resolve("ca.crt"),
                            "--cluster-dns=" + settings.serviceAddress(DNS_HOST),
                            "--cluster-cidr=" + settings.podRange(),
                            "--pod-cidr=" + settings.podRange(i))));
        }
        return result;
    }

    RunningComponent serviceProxy() throws StartupException {
        return start(
                new ServiceProxyCommand(),
                List.of(
                        "--kubeconfig=" + directory.kubeconfig("service-proxy"),
                        "--hostname-override=" + settings.nodes().getFirst(),
                        "--other-local-nodes="
                                + String.join(
                                        ",",
                                        settings.nodes()
                                                .subList(1, settings.nodes().size())),
                        "--cluster-cidr=" + settings.podRange(),
                        "--cluster-dns=" + settings.serviceAddress(DNS_HOST),
                        "--dns-port=" + settings.dnsPort(),
                        "--nftables-table=" + settings.nftablesTable(),
                        "--healthz-bind-address=0.0.0.0:" + (settings.index() == 0 ? 10256 : 0),
                        "--metrics-bind-address=127.0.0.1:" + (settings.index() == 0 ? 10249 : 0)));
    }
}
