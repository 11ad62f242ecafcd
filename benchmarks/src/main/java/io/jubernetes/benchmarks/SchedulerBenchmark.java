package io.jubernetes.benchmarks;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.jubernetes.common.component.StartupException;
import io.jubernetes.scheduler.config.Profiles;
import io.jubernetes.scheduler.config.SchedulerConfiguration;
import io.jubernetes.scheduler.cycle.Profile;
import io.jubernetes.scheduler.cycle.Simulation;
import io.jubernetes.scheduler.framework.PluginContext;
import io.jubernetes.scheduler.plugins.Registry;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.UnaryOperator;

/// The scheduler's CPU time a pod, in process: decisions by the default profile on a full picture of the cluster,
/// and everything the scheduling thread does with a pod before and after, but no API server. Prints a table.
///
/// Pods come from several workloads, 100 pods each, as deployments make them; 10 pods a node are there already.
public final class SchedulerBenchmark {
    private static final int WARM_UP = 3_000;
    private static final int MEASURED = 3_000;
    private static final int PODS_A_WORKLOAD = 100;
    private static final int PODS_THERE_A_NODE = 10;
    private static final String HOST = "kubernetes.io/hostname";
    private static final String ZONE = "topology.kubernetes.io/zone";

    /// One kind of pods.
    private record Workload(String name, UnaryOperator<PodBuilder> change) {}

    private SchedulerBenchmark() {}

    /// @param args numbers of nodes; 100, 1,000 and 5,000 without any
    static void main(String[] args) {
        int[] sizes = args.length == 0
                ? new int[] {100, 1_000, 5_000}
                : java.util.Arrays.stream(args).mapToInt(Integer::parseInt).toArray();
        System.out.printf(Locale.ROOT, "%-24s", "CPU microseconds a pod");
        for (int size : sizes) {
            System.out.printf(Locale.ROOT, "%12d nodes", size);
        }
        System.out.println();
        for (Workload workload : workloads()) {
            System.out.printf(Locale.ROOT, "%-24s", workload.name);
            for (int size : sizes) {
                System.out.printf(Locale.ROOT, "%18.1f", measure(workload, size));
            }
            System.out.println();
        }
    }

    private static List<Workload> workloads() {
        return List.of(
                new Workload("plain", pod -> pod),
                new Workload("spread over zones", pod -> spread(pod, ZONE, "DoNotSchedule")),
                new Workload("spread over nodes, soft", pod -> spread(pod, HOST, "ScheduleAnyway")),
                new Workload("required anti-affinity", SchedulerBenchmark::apart),
                new Workload("preferred affinity", SchedulerBenchmark::together),
                new Workload(
                        "unschedulable",
                        pod -> pod.editSpec()
                                .addToNodeSelector("no-node-has", "this")
                                .endSpec()),
                new Workload(
                        "preemption",
                        pod -> pod.editSpec()
                                .withPriority(1000)
                                .editFirstContainer()
                                .editResources()
                                .withRequests(Map.of("cpu", new Quantity("31500m"), "memory", new Quantity("1Gi")))
                                .endResources()
                                .endContainer()
                                .endSpec()));
    }

    private static Profile profile(PluginContext context) {
        try {
            return Profiles.create(SchedulerConfiguration.defaults(), Registry.builtIn(_ -> {}), context)
                    .values()
                    .iterator()
                    .next();
        } catch (StartupException e) {
            throw new IllegalStateException(e);
        }
    }

    private static double measure(Workload workload, int size) {
        try (var simulation = new Simulation(SchedulerBenchmark::profile)) {
            for (int i = 0; i < size; i++) {
                simulation.add(node(i));
            }
            for (int i = 0; i < size * PODS_THERE_A_NODE; i++) {
                simulation.add(pod("there", i, UnaryOperator.identity())
                        .editSpec()
                        .withNodeName("node-" + i % size)
                        .endSpec()
                        .build());
            }
            boolean preempts = workload.name.equals("preemption");
            int count = preempts ? 100 : WARM_UP;
            var pods = new ArrayList<Pod>();
            for (int i = 0; i < count + (preempts ? 100 : MEASURED); i++) {
                pods.add(pod("new", i, workload.change).build());
            }
            pods.subList(0, count).forEach(simulation::schedule);
            ThreadMXBean threads = ManagementFactory.getThreadMXBean();
            long before = threads.getCurrentThreadCpuTime();
            List<Pod> measured = pods.subList(count, pods.size());
            measured.forEach(simulation::schedule);
            return (threads.getCurrentThreadCpuTime() - before) / 1e3 / measured.size();
        }
    }

    private static Node node(int number) {
        String name = "node-" + number;
        return new NodeBuilder()
                .withNewMetadata()
                .withName(name)
                .withLabels(Map.of(HOST, name, ZONE, "zone-" + number % 10))
                .endMetadata()
                .withNewSpec()
                .endSpec()
                .withNewStatus()
                .withAllocatable(
                        Map.of("cpu", new Quantity("32"), "memory", new Quantity("64Gi"), "pods", new Quantity("110")))
                .endStatus()
                .build();
    }

    private static PodBuilder pod(String prefix, int number, UnaryOperator<PodBuilder> change) {
        String name = prefix + "-" + number;
        return change.apply(new PodBuilder()
                .withNewMetadata()
                .withNamespace("default")
                .withName(name)
                .withUid("uid-" + name)
                .addToLabels("app", prefix + "-" + number / PODS_A_WORKLOAD)
                .addToLabels("color", prefix)
                .endMetadata()
                .withNewSpec()
                .withSchedulerName("default-scheduler")
                .addNewContainer()
                .withName("main")
                .withImage("registry.example.com/app:1")
                .withNewResources()
                .withRequests(Map.of("cpu", new Quantity("100m"), "memory", new Quantity("128Mi")))
                .endResources()
                .endContainer()
                .endSpec());
    }

    private static PodBuilder spread(PodBuilder pod, String key, String when) {
        String app = pod.buildMetadata().getLabels().get("app");
        return pod.editSpec()
                .addNewTopologySpreadConstraint()
                .withMaxSkew(5)
                .withTopologyKey(key)
                .withWhenUnsatisfiable(when)
                .withNewLabelSelector()
                .addToMatchLabels("app", app)
                .endLabelSelector()
                .endTopologySpreadConstraint()
                .endSpec();
    }

    private static PodBuilder apart(PodBuilder pod) {
        String app = pod.buildMetadata().getLabels().get("app");
        return pod.editSpec()
                .withNewAffinity()
                .withNewPodAntiAffinity()
                .addNewRequiredDuringSchedulingIgnoredDuringExecution()
                .withTopologyKey(HOST)
                .withNewLabelSelector()
                .addToMatchLabels("app", app)
                .endLabelSelector()
                .endRequiredDuringSchedulingIgnoredDuringExecution()
                .endPodAntiAffinity()
                .endAffinity()
                .endSpec();
    }

    private static PodBuilder together(PodBuilder pod) {
        return pod.editSpec()
                .withNewAffinity()
                .withNewPodAffinity()
                .addNewPreferredDuringSchedulingIgnoredDuringExecution()
                .withWeight(1)
                .withNewPodAffinityTerm()
                .withTopologyKey(HOST)
                .withNewLabelSelector()
                .addToMatchLabels("color", "new")
                .endLabelSelector()
                .endPodAffinityTerm()
                .endPreferredDuringSchedulingIgnoredDuringExecution()
                .endPodAffinity()
                .endAffinity()
                .endSpec();
    }
}
