package io.jubernetes.hyperkube.cli;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.jubernetes.common.client.KubernetesClients;
import io.jubernetes.common.component.StartupException;
import io.jubernetes.hyperkube.cluster.ClusterDirectory;
import io.jubernetes.hyperkube.cluster.ClusterSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/// `status`: how a cluster is.
@Command(name = "status", description = "Shows how the cluster is.", mixinStandardHelpOptions = true)
public final class StatusCommand implements Callable<Integer> {
    @Mixin
    private ClusterOption cluster = new ClusterOption();

    @Override
    public Integer call() throws StartupException {
        ClusterDirectory directory = cluster.existing();
        ClusterSettings settings = ClusterSettings.read(directory);
        Optional<ProcessHandle> process = ClusterOption.process(directory);
        System.out.println("cluster     " + directory.root() + " (" + settings.storage() + " store)");
        System.out.println("server      " + settings.server());
        System.out.println("kubeconfig  " + directory.adminKubeconfig());
        if (process.isEmpty()) {
            System.out.println("components  stopped; start them with ./jube up");
            return 3;
        }
        System.out.println("components  running, process " + process.get().pid() + memory(process.get()));
        try (KubernetesClient client = KubernetesClients.connect(directory.adminKubeconfig(), "jube")) {
            for (Node node : client.nodes().list().getItems()) {
                String ready = node.getStatus().getConditions().stream()
                        .filter(condition -> condition.getType().equals("Ready"))
                        .map(condition -> condition.getStatus().equals("True") ? "ready" : "not ready")
                        .findFirst()
                        .orElse("unknown");
                System.out.println("node        " + node.getMetadata().getName() + " " + ready);
            }
            List<Pod> pods = client.pods().inAnyNamespace().list().getItems();
            Map<String, Long> phases = pods.stream()
                    .collect(Collectors.groupingBy(
                            pod -> pod.getStatus().getPhase(), TreeMap::new, Collectors.counting()));
            System.out.println("pods        " + (pods.isEmpty() ? "none" : phases.toString()));
            return 0;
        } catch (KubernetesClientException e) {
            System.out.println("api server  does not answer: " + e.getMessage());
            return 3;
        }
    }

    private static String memory(ProcessHandle process) {
        try {
            return Files.readAllLines(Path.of("/proc/" + process.pid() + "/status")).stream()
                    .filter(line -> line.startsWith("VmRSS:"))
                    .map(line -> ", " + Long.parseLong(line.replaceAll("[^0-9]", "")) / 1024 + " MiB resident")
                    .findFirst()
                    .orElse("");
        } catch (IOException e) {
            return "";
        }
    }
}
