package io.jubernetes.benchmarks;

import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.PodSpecBuilder;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.DeploymentBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.jubernetes.common.client.KubernetesClients;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.function.IntConsumer;

/// What the controller manager costs and how fast it is, with each component in a process of its own: pods of a
/// Deployment against pods that a plain client creates in the same run; the same with a scheduler and hollow nodes
/// until
/// all are ready; and the processor time for Deployments that nobody touches. Prints a table.
///
/// Usage: `ControllerBenchmark JUBE DIRECTORY PORT`, with a directory that does not exist
public final class ControllerBenchmark {
    private static final int PODS = 1_000;
    private static final int IDLE_DEPLOYMENTS = 10_000;
    private static final int NODES = 10;
    private static final int AT_ONCE = 64;
    private static final Duration PATIENCE = Duration.ofMinutes(10);
    private static final Duration MEASURED = Duration.ofSeconds(60);
    private static final Map<String, String> LABELS = Map.of("app", "it");

    private final KubernetesClient client;
    private final Process apiServer;
    private final Process controllers;

    private ControllerBenchmark(KubernetesClient client, Process apiServer, Process controllers) {
        this.client = client;
        this.apiServer = apiServer;
        this.controllers = controllers;
    }

    static void main(String[] args) throws Exception {
        Path directory = Path.of(args[1]);
        try (var components = new Components(args[0], directory)) {
            Process apiServer = components.apiServer(Integer.parseInt(args[2]));
            Process controllers = components.start(
                    "controller-manager",
                    "--kubeconfig=" + components.kubeconfig(),
                    "--secure-port=0",
                    "--leader-elect=false",
                    "--use-service-account-credentials");
            try (KubernetesClient client = KubernetesClients.connect(components.kubeconfig(), "benchmark")) {
                var benchmark = new ControllerBenchmark(client, apiServer, controllers);
                benchmark.warmUp();
                benchmark.compareCreation();
                components.start(
                        "scheduler",
                        "--kubeconfig=" + components.kubeconfig(),
                        "--secure-port=0",
                        "--leader-elect=false");
                components.start(
                        "hollow-nodes",
                        "--kubeconfig=" + components.kubeconfig(),
                        "--root-dir=" + directory.resolve("nodes"),
                        "--count=" + NODES);
                benchmark.untilReady();
                benchmark.idle();
            }
        }
    }

    private void warmUp() throws Exception {
        String namespace = namespace("warm-up");
        deploy(namespace, "it", 300, "nobody");
        await("the warm-up", () -> created(namespace) >= 300);
        createPods(namespace, "plain", 300);
        forget(namespace);
    }

    /// Pods that no scheduler looks at: what is measured is their creation.
    private void compareCreation() throws Exception {
        for (int round = 1; round <= 2; round++) {
            String plain = namespace("plain-" + round);
            double plainSeconds = seconds(() -> createPods(plain, "plain", PODS));
            forget(plain);
            String deployed = namespace("deployed-" + round);
            double server = Components.cpuSeconds(apiServer);
            double manager = Components.cpuSeconds(controllers);
            double deployedSeconds = seconds(() -> {
                deploy(deployed, "it", PODS, "nobody");
                await("the pods", () -> created(deployed) >= PODS);
            });
            System.out.printf(
                    "round %d: %d pods by a plain client %.1f s (%.0f a second), by a Deployment %.1f s (%.0f a second);"
                            + " processor time meanwhile: API server %.1f s, controller manager %.1f s%n",
                    round,
                    PODS,
                    plainSeconds,
                    PODS / plainSeconds,
                    deployedSeconds,
                    PODS / deployedSeconds,
                    Components.cpuSeconds(apiServer) - server,
                    Components.cpuSeconds(controllers) - manager);
            forget(deployed);
        }
    }

    private void untilReady() throws Exception {
        await(
                "the hollow nodes",
                () -> client.nodes().list().getItems().stream()
                                .filter(node -> node.getStatus().getConditions().stream()
                                        .anyMatch(each -> each.getType().equals("Ready")
                                                && each.getStatus().equals("True")))
                                .count()
                        == NODES);
        String namespace = namespace("ready");
        double seconds = seconds(() -> {
            deploy(namespace, "it", PODS, "default-scheduler");
            await("ready pods", () -> {
                Deployment it = client.apps()
                        .deployments()
                        .inNamespace(namespace)
                        .withName("it")
                        .get();
                return it.getStatus() != null
                        && Objects.requireNonNullElse(it.getStatus().getAvailableReplicas(), 0) == PODS;
            });
        });
        System.out.printf("%d replicas ready on %d hollow nodes: %.1f s%n", PODS, NODES, seconds);
        forget(namespace);
    }

    private void idle() throws Exception {
        String namespace = namespace("idle");
        double seconds = seconds(() -> inParallel(IDLE_DEPLOYMENTS, i -> deploy(namespace, "it-" + i, 0, "nobody")));
        System.out.printf("%d Deployments of no replicas created: %.0f s%n", IDLE_DEPLOYMENTS, seconds);
        await("the controllers to have done all", () -> {
            double before = Components.cpuSeconds(controllers);
            Thread.sleep(Duration.ofSeconds(10));
            return Components.cpuSeconds(controllers) - before < 1
                    && client.apps()
                                    .replicaSets()
                                    .inNamespace(namespace)
                                    .list()
                                    .getItems()
                                    .size()
                            == IDLE_DEPLOYMENTS;
        });
        double before = Components.cpuSeconds(controllers);
        Thread.sleep(MEASURED);
        System.out.printf(
                "controller manager beside %d idle Deployments: %.2f %% of a core%n",
                IDLE_DEPLOYMENTS, 100 * (Components.cpuSeconds(controllers) - before) / MEASURED.toSeconds());
    }

    private String namespace(String name) throws Exception {
        client.namespaces()
                .resource(new NamespaceBuilder()
                        .withNewMetadata()
                        .withName(name)
                        .endMetadata()
                        .build())
                .create();
        await(
                "the account",
                () -> client.serviceAccounts()
                                .inNamespace(name)
                                .withName("default")
                                .get()
                        != null);
        return name;
    }

    private void forget(String namespace) throws Exception {
        client.namespaces().withName(namespace).delete();
        await(
                "the end of " + namespace,
                () -> client.namespaces().withName(namespace).get() == null);
    }

    private static PodSpec pod(String scheduler) {
        return new PodSpecBuilder()
                .withSchedulerName(scheduler)
                .withAutomountServiceAccountToken(false)
                .withTerminationGracePeriodSeconds(0L)
                .addNewContainer()
                .withName("main")
                .withImage("registry.example.com/app:1")
                .endContainer()
                .build();
    }

    private void deploy(String namespace, String name, int replicas, String scheduler) {
        client.resource(new DeploymentBuilder()
                        .withNewMetadata()
                        .withNamespace(namespace)
                        .withName(name)
                        .endMetadata()
                        .withNewSpec()
                        .withReplicas(replicas)
                        .withNewSelector()
                        .withMatchLabels(LABELS)
                        .endSelector()
                        .withNewTemplate()
                        .withNewMetadata()
                        .withLabels(LABELS)
                        .endMetadata()
                        .withSpec(pod(scheduler))
                        .endTemplate()
                        .endSpec()
                        .build())
                .create();
    }

    private void createPods(String namespace, String prefix, int count) throws Exception {
        inParallel(
                count,
                i -> client.resource(new PodBuilder()
                                .withNewMetadata()
                                .withNamespace(namespace)
                                .withName(prefix + "-" + i)
                                .endMetadata()
                                .withSpec(pod("nobody"))
                                .build())
                        .create());
    }

    private static void inParallel(int count, IntConsumer call) throws InterruptedException, ExecutionException {
        var turns = new Semaphore(AT_ONCE);
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var calls = new ArrayList<Future<?>>();
            for (int i = 0; i < count; i++) {
                int number = i;
                turns.acquire();
                calls.add(threads.submit(() -> {
                    try {
                        call.accept(number);
                    } finally {
                        turns.release();
                    }
                }));
            }
            for (Future<?> each : calls) {
                each.get();
            }
        }
    }

    /// How many pods there are, of which the API server tells without sending them.
    private long created(String namespace) {
        var list = client.pods()
                .inNamespace(namespace)
                .list(new io.fabric8.kubernetes.api.model.ListOptionsBuilder()
                        .withLimit(1L)
                        .build());
        Long more = list.getMetadata().getRemainingItemCount();
        return list.getItems().size() + (more == null ? 0 : more);
    }

    private interface Action {
        void run() throws Exception;
    }

    private static double seconds(Action action) throws Exception {
        long start = System.nanoTime();
        action.run();
        return (System.nanoTime() - start) / 1e9;
    }

    private static void await(String what, Callable<Boolean> condition) throws Exception {
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (!condition.call()) {
            if (System.nanoTime() > end) {
                throw new IOException(what + " did not come in time");
            }
            Thread.sleep(50);
        }
    }
}
