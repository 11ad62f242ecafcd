package io.jubernetes.benchmarks;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.jubernetes.common.client.KubernetesClients;
import io.jubernetes.common.component.StartupException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/// Measures a cluster on this machine: how long `./jube up` takes, what it holds in memory, and how long a pod
/// takes from its creation to Ready against `docker run` of two containers. Needs root, Docker and the image
/// `jubernetes-demo:v1` (`./jube demo` makes it).
///
/// Usage: `LocalCluster PATH-OF-JUBE DATA-DIR PORT`
public final class LocalCluster {
    private static final int RUNS = 7;
    private static final String IMAGE = "jubernetes-demo:v1";
    private static final String[] COMMAND = {"/bin/busybox", "sleep", "600"};

    private LocalCluster() {}

    public static void main(String[] args) throws IOException, InterruptedException, StartupException {
        String jube = args[0];
        Path dataDir = Path.of(args[1]);
        long start = System.nanoTime();
        run(jube, "up", "--data-dir", dataDir.toString(), "--secure-port", args[2]);
        System.out.printf("up to node Ready: %.1f s%n", seconds(start));
        try {
            TimeUnit.SECONDS.sleep(20);
            String pid = Files.readString(dataDir.resolve("jubernetes.pid")).strip();
            System.out.println("resident when idle: " + residentMiB(pid) + " MiB");
            List<Double> docker = new ArrayList<>();
            List<Double> pods = new ArrayList<>();
            try (KubernetesClient client =
                    KubernetesClients.connect(dataDir.resolve("admin.kubeconfig"), "benchmark")) {
                for (int i = 0; i < RUNS; i++) {
                    docker.add(dockerRun(i));
                    pods.add(pod(client, i));
                }
            }
            System.out.printf("docker run of two containers, median: %.2f s%n", median(docker));
            System.out.printf("pod creation to Ready, median: %.2f s%n", median(pods));
        } finally {
            run(jube, "down", "--purge", "--data-dir", dataDir.toString());
        }
    }

    private static double dockerRun(int i) throws IOException, InterruptedException {
        long start = System.nanoTime();
        String first = "jube-bench-a" + i;
        String second = "jube-bench-b" + i;
        run("docker", "run", "-d", "--name", first, IMAGE, COMMAND[0], COMMAND[1], COMMAND[2]);
        run(
                "docker",
                "run",
                "-d",
                "--name",
                second,
                "--network=container:" + first,
                IMAGE,
                COMMAND[0],
                COMMAND[1],
                COMMAND[2]);
        double seconds = seconds(start);
        run("docker", "rm", "-f", first, second);
        return seconds;
    }

    private static double pod(KubernetesClient client, int i) throws InterruptedException {
        long start = System.nanoTime();
        String name = "bench-" + i;
        Pod pod = new PodBuilder()
                .withNewMetadata()
                .withName(name)
                .withNamespace("default")
                .endMetadata()
                .withNewSpec()
                .withTerminationGracePeriodSeconds(0L)
                .addNewContainer()
                .withName("main")
                .withImage(IMAGE)
                .withImagePullPolicy("IfNotPresent")
                .withCommand(COMMAND)
                .endContainer()
                .endSpec()
                .build();
        client.resource(pod).create();
        client.pods().inNamespace("default").withName(name).waitUntilReady(60, TimeUnit.SECONDS);
        double seconds = seconds(start);
        client.pods().inNamespace("default").withName(name).withGracePeriod(0).delete();
        return seconds;
    }

    private static double median(List<Double> values) {
        return values.stream().sorted().toList().get(values.size() / 2);
    }

    private static double seconds(long start) {
        return (System.nanoTime() - start) / 1e9;
    }

    private static long residentMiB(String pid) throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc", pid, "status"))) {
            if (line.startsWith("VmRSS:")) {
                return Long.parseLong(line.replaceAll("[^0-9]", "")) / 1024;
            }
        }
        throw new IOException("no memory figure for process " + pid);
    }

    private static void run(String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        if (process.waitFor() != 0) {
            throw new IOException(String.join(" ", command) + " failed with " + process.exitValue());
        }
    }
}
