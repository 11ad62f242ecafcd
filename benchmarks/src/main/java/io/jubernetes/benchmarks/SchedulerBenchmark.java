package io.jubernetes.benchmarks;

import io.fabric8.kubernetes.api.model.Pod;
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

/// The scheduler's CPU time a pod, in process: decisions by the default profile on a full picture of the cluster,
/// and everything the scheduling thread does with a pod before and after, but no API server. Prints a table.
///
/// 10 pods a node are there already. [SchedulerApiBenchmark] measures the same pods with all that comes with an API
/// server.
public final class SchedulerBenchmark {
    private static final int WARM_UP = 3_000;
    private static final int MEASURED = 3_000;
    private static final int PODS_THERE_A_NODE = 10;

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
        for (SchedulingWorkload workload : SchedulingWorkload.values()) {
            String title = workload == SchedulingWorkload.BACKLOG ? "that fit nowhere" : workload.title();
            System.out.printf(Locale.ROOT, "%-24s", title);
            for (int size : sizes) {
                System.out.printf(Locale.ROOT, "%18.1f", measure(workload, size));
            }
            System.out.println();
        }
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

    private static double measure(SchedulingWorkload workload, int size) {
        try (var simulation = new Simulation(SchedulerBenchmark::profile)) {
            for (int i = 0; i < size; i++) {
                simulation.add(SchedulingWorkload.node(i));
            }
            for (int i = 0; i < size * PODS_THERE_A_NODE; i++) {
                simulation.add(SchedulingWorkload.plain("there", i)
                        .editSpec()
                        .withNodeName("node-" + i % size)
                        .endSpec()
                        .build());
            }
            boolean preempts = workload == SchedulingWorkload.PREEMPTION;
            int count = preempts ? 100 : WARM_UP;
            var pods = new ArrayList<Pod>();
            for (int i = 0; i < count + (preempts ? 100 : MEASURED); i++) {
                pods.add((workload == SchedulingWorkload.BACKLOG
                                ? SchedulingWorkload.impossible("new", i)
                                : workload.pod("new", i))
                        .build());
            }
            pods.subList(0, count).forEach(simulation::schedule);
            ThreadMXBean threads = ManagementFactory.getThreadMXBean();
            long before = threads.getCurrentThreadCpuTime();
            List<Pod> measured = pods.subList(count, pods.size());
            measured.forEach(simulation::schedule);
            return (threads.getCurrentThreadCpuTime() - before) / 1e3 / measured.size();
        }
    }
}
