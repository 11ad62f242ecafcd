package io.jubernetes.hyperkube.cli;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.jubernetes.common.client.KubernetesClients;
import io.jubernetes.common.component.StartupException;
import io.jubernetes.hyperkube.cluster.ClusterDirectory;
import io.jubernetes.hyperkube.cluster.ClusterSettings;
import io.jubernetes.hyperkube.demo.Demo;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/// `demo`: a guided tour on a running cluster.
@Command(
        name = "demo",
        description = "Deploys a small web site, reaches it, breaks it, updates it, and shows each step.",
        mixinStandardHelpOptions = true)
public final class DemoCommand implements Callable<Integer> {
    @Mixin
    private ClusterOption cluster = new ClusterOption();

    @Override
    public Integer call() throws StartupException, InterruptedException {
        ClusterDirectory directory = cluster.existing();
        if (ClusterOption.process(directory).isEmpty()) {
            throw new StartupException("the cluster in " + directory.root() + " does not run; start it with ./jube up");
        }
        var progress = new Progress(System.out);
        try (KubernetesClient client = KubernetesClients.connect(directory.adminKubeconfig(), "jube-demo")) {
            new Demo(client, progress, ClusterSettings.read(directory).hostAddress()).run();
        } catch (StartupException e) {
            progress.failed();
            throw e;
        } catch (KubernetesClientException e) {
            progress.failed();
            throw new StartupException(
                    e.getStatus() == null
                            ? "the API server does not answer any more; see ./jube status, then ./jube up and ./jube demo again"
                            : "the API server refused a step: " + e.getMessage(),
                    e);
        }
        return 0;
    }
}
