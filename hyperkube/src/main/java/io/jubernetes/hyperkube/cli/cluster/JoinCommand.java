package io.jubernetes.hyperkube.cli.cluster;

import io.jubernetes.common.component.StartupException;
import io.jubernetes.hyperkube.cli.Progress;
import io.jubernetes.hyperkube.host.JoinCluster;
import io.jubernetes.hyperkube.host.JoinToken;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `cluster join`: brings this host into a cluster.
@Command(name = "join", description = "Brings this host into a cluster.", mixinStandardHelpOptions = true)
final class JoinCommand implements Callable<Integer> {
    @Mixin
    private HostOptions host = new HostOptions();

    @Parameters(paramLabel = "HOST:PORT", description = "Where the API is.")
    private String endpoint = "";

    @Option(names = "--token", paramLabel = "TOKEN", required = true, description = "Shows that this host may join.")
    private String token = "";

    @Option(
            names = "--discovery-token-ca-cert-hash",
            paramLabel = "sha256:HEX",
            split = ",",
            description = "The public key that the cluster's CA must have; may be repeated.")
    private List<String> pins = List.of();

    @Option(names = "--discovery-token-unsafe-skip-ca-verification", description = "Believe whoever knows the token.")
    private boolean unsafe;

    @Option(names = "--control-plane", description = "Make this host one of the control plane's, too.")
    private boolean controlPlane;

    @Option(
            names = "--certificate-key",
            paramLabel = "HEX",
            description = "The key to the shared keys, as shown by ./jube cluster upload-certs.")
    private @Nullable String certificateKey;

    @Option(
            names = "--node-group",
            paramLabel = "NAME",
            description = "The group of the node; by default node-config-compute, or node-config-master.")
    private @Nullable String group;

    @Override
    public Integer call() throws StartupException {
        if (pins.isEmpty() && !unsafe) {
            throw new StartupException(
                    "--discovery-token-ca-cert-hash is missing: without it anybody who knows the"
                            + " token could pretend to be the cluster (--discovery-token-unsafe-skip-ca-verification allows it)");
        }
        if (controlPlane != (certificateKey != null)) {
            throw new StartupException("--control-plane and --certificate-key go together");
        }
        var progress = new Progress(System.out);
        String chosen = group != null ? group : controlPlane ? "node-config-master" : "node-config-compute";
        try {
            JoinCluster.run(
                    host.setup(progress),
                    new JoinCluster.Invitation(
                            endpoint, JoinToken.parse(token), pins, chosen, Optional.ofNullable(certificateKey)));
        } catch (StartupException e) {
            progress.failed();
            throw e;
        }
        progress.done();
        System.out.println("This host is a node now; kubectl get nodes shows it.");
        return 0;
    }
}
