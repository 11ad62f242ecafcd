package io.jubernetes.hyperkube.cli.cluster;

import io.jubernetes.common.component.StartupException;
import io.jubernetes.hyperkube.cli.Progress;
import io.jubernetes.hyperkube.host.ClusterDescription;
import io.jubernetes.hyperkube.host.InitCluster;
import io.jubernetes.hyperkube.host.JoinToken;
import io.jubernetes.hyperkube.host.Setup;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// `cluster init`: makes the first control plane host.
@Command(
        name = "init",
        description = "Makes this host the first of a cluster: its control plane, and a node.",
        mixinStandardHelpOptions = true)
final class InitCommand implements Callable<Integer> {
    private static final int DEFAULT_PORT = 6443;

    @Mixin
    private HostOptions host = new HostOptions();

    @Option(
            names = "--control-plane-endpoint",
            paramLabel = "HOST:PORT",
            description = "Where everybody reaches the API, such as a load balancer; by default this host, port 6443.")
    private @Nullable String endpoint;

    @Option(
            names = "--service-cidr",
            paramLabel = "CIDR",
            defaultValue = "10.96.0.0/16",
            description = "Addresses of Services (${DEFAULT-VALUE}).")
    private String serviceRange = "";

    @Option(
            names = "--pod-network-cidr",
            paramLabel = "CIDR",
            defaultValue = "10.244.0.0/16",
            description = "Addresses of pods (${DEFAULT-VALUE}).")
    private String podRange = "";

    @Option(
            names = "--etcd-servers",
            paramLabel = "URL",
            split = ",",
            description = "The etcd that keeps the state; without it the embedded store of this host does.")
    private List<String> etcdServers = List.of();

    @Option(names = "--etcd-cafile", paramLabel = "FILE", description = "The CA of etcd.", defaultValue = "")
    private String etcdAuthority = "";

    @Option(
            names = "--etcd-certfile",
            paramLabel = "FILE",
            description = "The certificate that etcd knows API servers by.",
            defaultValue = "")
    private String etcdCertificate = "";

    @Option(names = "--etcd-keyfile", paramLabel = "FILE", description = "Its key.", defaultValue = "")
    private String etcdKey = "";

    @Option(
            names = "--token",
            paramLabel = "TOKEN",
            description = "By which other hosts join; by default one that nobody can guess.")
    private @Nullable String token;

    @Option(
            names = "--token-ttl",
            paramLabel = "DURATION",
            defaultValue = "24h",
            description = "How long the token is good, 0 for ever (${DEFAULT-VALUE}).")
    private String lifetime = "24h";

    @Option(
            names = "--node-group",
            paramLabel = "NAME",
            defaultValue = "node-config-master",
            description = "The group of this host's node (${DEFAULT-VALUE}).")
    private String group = "node-config-master";

    @Option(
            names = "--upload-certs",
            description =
                    "Keep the shared keys encrypted in the cluster for two hours, for further control plane hosts.")
    private boolean upload;

    @Override
    public Integer call() throws StartupException {
        var progress = new Progress(System.out);
        Setup setup = host.setup(progress);
        var cluster = new ClusterDescription(
                        endpoint == null ? setup.host().address() + ":" + DEFAULT_PORT : endpoint,
                        serviceRange,
                        podRange,
                        new ClusterDescription.Etcd(etcdServers, etcdAuthority, etcdCertificate, etcdKey))
                .checked();
        var wish = new InitCluster.Wish(
                token == null ? JoinToken.random() : JoinToken.parse(token),
                TokenCommand.lifetime(lifetime),
                group,
                upload);
        InitCluster.Joining joining;
        try {
            joining = InitCluster.run(setup, cluster, wish);
        } catch (StartupException e) {
            progress.failed();
            throw e;
        }
        progress.done();
        System.out.println();
        System.out.println("The cluster is ready at https://" + cluster.endpoint() + ". Next:");
        System.out.println("  export KUBECONFIG=" + setup.files().adminKubeconfig());
        System.out.println("  kubectl get nodes");
        System.out.println("Other hosts join with");
        System.out.println("  " + joining.node());
        joining.controlPlane().ifPresent(command -> {
            System.out.println("and further control plane hosts, within two hours, with");
            System.out.println("  " + command);
        });
        return 0;
    }
}
