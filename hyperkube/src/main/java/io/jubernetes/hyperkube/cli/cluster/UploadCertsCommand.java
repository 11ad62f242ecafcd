package io.jubernetes.hyperkube.cli.cluster;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.jubernetes.common.component.StartupException;
import io.jubernetes.hyperkube.host.ClusterDescription;
import io.jubernetes.hyperkube.host.InitCluster;
import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/// `cluster upload-certs`: hands out the control plane's shared keys.
@Command(
        name = "upload-certs",
        description =
                "Keeps the control plane's shared keys encrypted in the cluster for two hours and prints their key.",
        mixinStandardHelpOptions = true)
final class UploadCertsCommand implements Callable<Integer> {
    @Mixin
    private FilesOption files = new FilesOption();

    @Override
    public Integer call() throws StartupException, IOException {
        ClusterDescription cluster = files.cluster();
        try (KubernetesClient client = files.administrator()) {
            System.out.println(InitCluster.uploadKeys(client, files.files(), cluster));
        }
        return 0;
    }
}
