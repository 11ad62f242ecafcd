package io.jubernetes.hyperkube.cli.cluster;

import io.fabric8.kubernetes.api.model.authentication.TokenRequestBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.jubernetes.common.client.Kubeconfigs;
import io.jubernetes.common.component.StartupException;
import io.jubernetes.hyperkube.host.ClusterDescription;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// `cluster create-kubeconfig`: credentials with which any host's kubelet can ask for its certificates.
@Command(
        name = "create-kubeconfig",
        description = "Writes a kubeconfig with which kubelets can ask for their first certificate.",
        mixinStandardHelpOptions = true)
final class CreateKubeconfigCommand implements Callable<Integer> {
    private static final String NAMESPACE = "jubernetes-infra";
    private static final String ACCOUNT = "node-bootstrapper";

    @Mixin
    private FilesOption files = new FilesOption();

    @Option(
            names = {"-o", "--output"},
            paramLabel = "FILE",
            defaultValue = "bootstrap.kubeconfig",
            description = "The file (${DEFAULT-VALUE}).")
    private Path output = Path.of("bootstrap.kubeconfig");

    @Option(
            names = "--ttl",
            paramLabel = "DURATION",
            defaultValue = "24h",
            description = "How long its token is good (${DEFAULT-VALUE}).")
    private String lifetime = "24h";

    @Override
    public Integer call() throws StartupException, IOException {
        ClusterDescription cluster = files.cluster();
        Duration good = TokenCommand.lifetime(lifetime);
        try (KubernetesClient client = files.administrator()) {
            var request = new TokenRequestBuilder()
                    .withNewSpec()
                    .withExpirationSeconds(good.toSeconds())
                    .endSpec()
                    .build();
            String token = client.serviceAccounts()
                    .inNamespace(NAMESPACE)
                    .withName(ACCOUNT)
                    .tokenRequest(request)
                    .getStatus()
                    .getToken();
            Kubeconfigs.writeToken(
                    output,
                    "jubernetes",
                    ACCOUNT,
                    cluster.server(),
                    files.files().authorityPem(),
                    token);
        }
        System.out.println("wrote " + output + "; start kubelets with --bootstrap-kubeconfig=" + output);
        return 0;
    }
}
