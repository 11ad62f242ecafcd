package io.jubernetes.benchmarks;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.readiness.Readiness;
import io.jubernetes.common.client.KubernetesClients;
import io.jubernetes.common.component.StartupException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/// Measures the node of a running cluster (`./jube up`, then `./jube demo` once for the image): pods one after the
/// other
/// and many at once, each against the Docker Engine making the same two containers a pod, and the processor time of the
/// cluster's one process with idle and with probed pods.
///
/// Usage: `NodeBenchmark DATA-DIR`
public final class NodeBenchmark {
    private static final String IMAGE = "jubernetes-demo:v1";
    private static final int RUNS = 9;
    private static final List<Integer> CROWDS = List.of(30, 100);
    private static final int CROWD = 100;
    private static final int SECONDS = 60;
    /// Clock ticks a second in `/proc`.
    private static final int TICKS = 100;

    private final KubernetesClient client;
    private final String process;

    private NodeBenchmark(KubernetesClient client, String process) {
        this.client = client;
        this.process = process;
    }

    public static void main(String[] args)
            throws IOException, InterruptedException, ExecutionException, StartupException {
        Path directory = Path.of(args[0]);
        String process = Files.readString(directory.resolve("jubernetes.pid")).strip();
        try (KubernetesClient client = KubernetesClients.connect(directory.resolve("admin.kubeconfig"), "benchmark")) {
            var benchmark = new NodeBenchmark(client, process);
            benchmark.oneByOne();
            for (int crowd : CROWDS) {
                benchmark.atOnce(crowd);
            }
            benchmark.processorTime();
        }
    }

    private void oneByOne() throws IOException, InterruptedException, ExecutionException {
        var docker = new ArrayList<Double>();
        var pods = new ArrayList<Double>();
        for (int i = 0; i < RUNS; i++) {
            docker.add(docker(1));
            pods.add(pods(1, false));
            remove(1);
        }
        System.out.printf("one by one, median of %d: docker %.2f s, pod %.2f s%n", RUNS, median(docker), median(pods));
    }

    private void atOnce(int count) throws IOException, InterruptedException, ExecutionException {
        double docker = docker(count);
        double pods = pods(count, false);
        remove(count);
        System.out.printf("%d at once: docker %.1f s, all pods Ready %.1f s%n", count, docker, pods);
    }

    private void processorTime() throws IOException, InterruptedException {
        System.out.printf("processor time without pods: %.1f %% of a core%n", share());
        pods(CROWD, false);
        System.out.printf("with %d idle pods: %.1f %%%n", CROWD, share());
        remove(CROWD);
        pods(CROWD, true);
        System.out.printf("with %d pods probed every second: %.1f %%%n", CROWD, share());
        remove(CROWD);
    }

    /// The share of a core that the process used in the next minute, after half a minute's rest.
    private double share() throws IOException, InterruptedException {
        TimeUnit.SECONDS.sleep(SECONDS / 2);
        long before = ticks();
        TimeUnit.SECONDS.sleep(SECONDS);
        return (ticks() - before) * 100.0 / TICKS / SECONDS;
    }

    private long ticks() throws IOException {
        String line = Files.readString(Path.of("/proc", process, "stat"));
        String[] fields = line.substring(line.lastIndexOf(')') + 2).split(" ");
        return Long.parseLong(fields[11]) + Long.parseLong(fields[12]);
    }

    /// Makes pods and waits until all are ready.
    ///
    /// @param probed whether each answers an HTTP probe every second
    /// @return the seconds from the first creation
    private double pods(int count, boolean probed) throws InterruptedException {
        long start = System.nanoTime();
        for (int i = 0; i < count; i++) {
            client.resource(pod("bench-" + i, probed)).create();
        }
        for (int i = 0; i < count; i++) {
            client.pods()
                    .inNamespace("default")
                    .withName("bench-" + i)
                    .waitUntilCondition(
                            pod -> pod != null && Readiness.getInstance().isReady(pod), 300, TimeUnit.SECONDS);
        }
        return seconds(start);
    }

    private static Pod pod(String name, boolean probed) {
        var pod = new PodBuilder()
                .withNewMetadata()
                .withName(name)
                .withNamespace("default")
                .addToLabels("app", "bench")
                .endMetadata()
                .withNewSpec()
                .withTerminationGracePeriodSeconds(0L)
                .withAutomountServiceAccountToken(false)
                .addNewContainer()
                .withName("main")
                .withImage(IMAGE)
                .withImagePullPolicy("IfNotPresent")
                .withCommand("/bin/busybox", "sh", "-c", probed ? SERVE : "exec /bin/busybox sleep 3600")
                .endContainer()
                .endSpec();
        if (probed) {
            pod.editSpec()
                    .editFirstContainer()
                    .withNewReadinessProbe()
                    .withPeriodSeconds(1)
                    .withNewHttpGet()
                    .withPath("/index.html")
                    .withNewPort(8080)
                    .endHttpGet()
                    .endReadinessProbe()
                    .endContainer()
                    .endSpec();
        }
        return pod.build();
    }

    private static final String SERVE =
            "mkdir -p /tmp && echo ok > /tmp/index.html && exec /bin/busybox httpd -f -p 8080 -h /tmp";

    private void remove(int count) throws InterruptedException {
        client.pods()
                .inNamespace("default")
                .withLabel("app", "bench")
                .withGracePeriod(0)
                .delete();
        for (int i = 0; i < count; i++) {
            client.pods()
                    .inNamespace("default")
                    .withName("bench-" + i)
                    .waitUntilCondition(pod -> pod == null, 300, TimeUnit.SECONDS);
        }
    }

    /// The same containers by Docker alone: a first one with a network, and one that joins it, several pairs at a time.
    ///
    /// @return the seconds it took
    private static double docker(int pairs) throws IOException, InterruptedException, ExecutionException {
        List<Callable<Void>> work = new ArrayList<>();
        var names = new ArrayList<String>();
        for (int i = 0; i < pairs; i++) {
            String first = "jube-bench-a" + i;
            String second = "jube-bench-b" + i;
            names.addAll(List.of(first, second));
            work.add(() -> {
                docker("run", "-d", "--name", first, IMAGE, "/bin/busybox", "sleep", "3600");
                docker(
                        "run",
                        "-d",
                        "--name",
                        second,
                        "--network=container:" + first,
                        IMAGE,
                        "/bin/busybox",
                        "sleep",
                        "3600");
                return null;
            });
        }
        long start = System.nanoTime();
        try (ExecutorService threads = Executors.newFixedThreadPool(8)) {
            for (var done : threads.invokeAll(work)) {
                done.get();
            }
        }
        double seconds = seconds(start);
        names.addAll(0, List.of("rm", "-f"));
        docker(names.toArray(String[]::new));
        return seconds;
    }

    private static void docker(String... arguments) throws IOException, InterruptedException {
        var command = new ArrayList<>(List.of("docker"));
        command.addAll(List.of(arguments));
        Process started = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        if (started.waitFor() != 0) {
            throw new IOException(String.join(" ", command) + " failed with " + started.exitValue());
        }
    }

    private static double median(List<Double> values) {
        return values.stream().sorted().toList().get(values.size() / 2);
    }

    private static double seconds(long start) {
        return (System.nanoTime() - start) / 1e9;
    }
}
