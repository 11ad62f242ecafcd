package io.jubernetes.benchmarks;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ListOptionsBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.scheduling.v1.PriorityClassBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.jubernetes.common.client.KubernetesClients;
import io.jubernetes.common.component.StartupException;
import io.jubernetes.scheduler.SchedulerApplication;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.IntFunction;
import java.util.stream.IntStream;

/// What scheduling costs with everything that comes with an API server: watch events, bindings, events about pods.
/// A real API server on the embedded store runs in this JVM, the scheduler in a process of its own, whose processor
/// time is taken. Pods are created while that process is stopped, so that it has them all before it; then it goes on,
/// and the time until the last one has a node gives the throughput. Prints a table.
///
/// Usage: `[-Dscheduler.options=...] SchedulerApiBenchmark [NUMBER-OF-NODES...]`; the options are for the scheduler's
/// JVM, for example to record it. `-Dworkloads=PLAIN,SPREAD` chooses among [SchedulingWorkload].
public final class SchedulerApiBenchmark implements AutoCloseable {
    private static final int WARM_UP = 1_500;
    private static final int PODS = 1_500;
    private static final int PODS_THERE_A_NODE = 2;
    private static final int PODS_THAT_FIT_NOWHERE = 2_000;
    private static final int CLIENTS = 8;
    private static final Duration PATIENCE = Duration.ofMinutes(5);
    private static final String NAMESPACE = "default";

    private final int nodes;
    private final LocalApiServer server;
    private final KubernetesClient client;
    private final Process scheduler;

    /// Processor time of the scheduler and pods that got a node.
    private record Result(double microsecondsAPod, double podsASecond) {
        @Override
        public String toString() {
            return String.format(Locale.ROOT, "%,.0f / %,.0f", microsecondsAPod, podsASecond);
        }
    }

    private SchedulerApiBenchmark(int nodes) throws IOException, StartupException {
        this.nodes = nodes;
        // Nothing here makes service accounts or takes the taint off that new nodes have.
        server = LocalApiServer.start("--disable-admission-plugins=ServiceAccount,TaintNodesByCondition");
        Path kubeconfig = server.kubeconfig();
        client = KubernetesClients.connect(kubeconfig, "benchmark");
        // As `./jube` runs the components.
        List<String> command = new ArrayList<>(List.of(
                ProcessHandle.current().info().command().orElse("java"),
                "-Xmx768m",
                "-XX:+UseSerialGC",
                "-XX:+UseCompactObjectHeaders",
                "-XX:TieredStopAtLevel=1"));
        command.addAll(list("scheduler.options", " "));
        command.addAll(List.of(
                "-cp",
                System.getProperty("java.class.path"),
                SchedulerApplication.class.getName(),
                "--kubeconfig=" + kubeconfig,
                "--leader-elect=false",
                "--secure-port=0"));
        scheduler = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
    }

    private static List<String> list(String property, String separator) {
        String text = System.getProperty(property, "");
        return text.isEmpty() ? List.of() : List.of(text.split(separator));
    }

    /// @param args numbers of nodes; 100, 1,000 and 5,000 without any
    public static void main(String[] args)
            throws IOException, StartupException, InterruptedException, ExecutionException, TimeoutException {
        List<Integer> sizes = args.length == 0
                ? List.of(100, 1_000, 5_000)
                : Arrays.stream(args).map(Integer::valueOf).toList();
        List<String> chosen = list("workloads", ",");
        System.out.println("CPU microseconds of the scheduler a pod / pods a second");
        for (int size : sizes) {
            System.out.printf(Locale.ROOT, "%,d nodes%n", size);
            try (var benchmark = new SchedulerApiBenchmark(size)) {
                benchmark.fill();
                for (SchedulingWorkload workload : SchedulingWorkload.values()) {
                    if (chosen.isEmpty() || chosen.contains(workload.name())) {
                        System.out.printf("  %-24s %s%n", workload.title(), benchmark.measure(workload));
                    }
                }
            }
        }
    }

    private void fill() throws InterruptedException, ExecutionException {
        client.resource(new PriorityClassBuilder()
                        .withNewMetadata()
                        .withName("important")
                        .endMetadata()
                        .withValue(1000)
                        .build())
                .create();
        create(nodes, SchedulingWorkload::node);
        create(nodes * PODS_THERE_A_NODE, number -> on(number % nodes, SchedulingWorkload.plain("there", number)));
    }

    private static Pod on(int node, PodBuilder pod) {
        return pod.editSpec().withNodeName("node-" + node).endSpec().build();
    }

    private Result measure(SchedulingWorkload workload)
            throws IOException, InterruptedException, ExecutionException, TimeoutException {
        boolean preempts = workload == SchedulingWorkload.PREEMPTION;
        int few = Math.min(PODS / 4, nodes / 2);
        if (preempts) {
            create(nodes, node -> on(node, SchedulingWorkload.large(SchedulingWorkload.plain("low", node), "31")));
        }
        if (workload == SchedulingWorkload.BACKLOG) {
            create(
                    PODS_THAT_FIT_NOWHERE,
                    number -> SchedulingWorkload.impossible("waiting", number).build());
        }
        String name = workload.name().toLowerCase(Locale.ROOT).replace('_', '-');
        schedule(workload, name + "-warm", preempts ? few : WARM_UP);
        Result result = schedule(workload, name, preempts ? few : PODS);
        delete(name + "-warm", name, "low", "waiting");
        return result;
    }

    private Result schedule(SchedulingWorkload workload, String prefix, int pods)
            throws IOException, InterruptedException, ExecutionException, TimeoutException {
        signal("STOP");
        try {
            create(pods, number -> pod(workload, prefix, number));
        } finally {
            signal("CONT");
        }
        Duration before = processorTime();
        long start = System.nanoTime();
        awaitNodes(prefix);
        double seconds = (System.nanoTime() - start) / 1e9;
        // The last events about the pods.
        TimeUnit.SECONDS.sleep(2);
        Duration used = processorTime().minus(before);
        return new Result(used.toNanos() / 1e3 / pods, pods / seconds);
    }

    private static Pod pod(SchedulingWorkload workload, String prefix, int number) {
        PodBuilder pod = workload.pod(prefix, number);
        return workload == SchedulingWorkload.PREEMPTION
                ? pod.editSpec()
                        .withPriority(null)
                        .withPriorityClassName("important")
                        .endSpec()
                        .build()
                : pod.build();
    }

    private Duration processorTime() {
        return scheduler.info().totalCpuDuration().orElseThrow();
    }

    private void signal(String name) throws IOException, InterruptedException {
        int code = new ProcessBuilder("kill", "-" + name, Long.toString(scheduler.pid()))
                .start()
                .waitFor();
        if (code != 0) {
            throw new IOException("the scheduler is not there any more");
        }
    }

    private void awaitNodes(String prefix) throws InterruptedException, TimeoutException {
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (!client.pods()
                .inNamespace(NAMESPACE)
                .withLabel("color", prefix)
                .withField("spec.nodeName", "")
                .list(new ListOptionsBuilder().withLimit(1L).build())
                .getItems()
                .isEmpty()) {
            if (System.nanoTime() > end) {
                throw new TimeoutException("pods " + prefix + " have no node after " + PATIENCE);
            }
            TimeUnit.MILLISECONDS.sleep(50);
        }
    }

    private void delete(String... prefixes) throws InterruptedException {
        for (String prefix : prefixes) {
            client.pods()
                    .inNamespace(NAMESPACE)
                    .withLabel("color", prefix)
                    .withGracePeriod(0)
                    .delete();
        }
        // The scheduler is to have seen it.
        TimeUnit.SECONDS.sleep(2);
    }

    private void create(int count, IntFunction<? extends HasMetadata> object)
            throws InterruptedException, ExecutionException {
        try (ExecutorService clients = Executors.newFixedThreadPool(CLIENTS)) {
            List<Future<?>> running = new ArrayList<>();
            for (int each = 0; each < CLIENTS; each++) {
                int first = each;
                running.add(clients.submit(() -> IntStream.iterate(first, number -> number < count, n -> n + CLIENTS)
                        .forEach(number -> client.resource(object.apply(number)).create())));
            }
            for (Future<?> one : running) {
                one.get();
            }
        }
    }

    @Override
    public void close() throws IOException {
        scheduler.destroy();
        try {
            if (!scheduler.waitFor(20, TimeUnit.SECONDS)) {
                scheduler.destroyForcibly();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        client.close();
        server.close();
    }
}
