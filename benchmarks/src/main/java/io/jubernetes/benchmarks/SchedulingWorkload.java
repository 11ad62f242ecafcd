package io.jubernetes.benchmarks;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import java.util.Map;
import java.util.function.UnaryOperator;

/// The pods that the scheduler's benchmarks schedule. Pods come 100 of a sort, as deployments make them.
enum SchedulingWorkload {
    PLAIN("plain", pod -> pod),
    SPREAD("spread over zones", pod -> spread(pod, SchedulingWorkload.ZONE, "DoNotSchedule")),
    SOFT_SPREAD("spread over nodes, soft", pod -> spread(pod, SchedulingWorkload.HOST, "ScheduleAnyway")),
    ANTI_AFFINITY("required anti-affinity", SchedulingWorkload::apart),
    AFFINITY("preferred affinity", SchedulingWorkload::together),
    PREEMPTION("preemption", SchedulingWorkload::important),
    /// Plain pods, while many wait that fit nowhere.
    BACKLOG("plain beside a backlog", pod -> pod);

    private static final int PODS_OF_A_SORT = 100;
    private static final String HOST = "kubernetes.io/hostname";
    private static final String ZONE = "topology.kubernetes.io/zone";

    private final String title;
    private final UnaryOperator<PodBuilder> change;

    SchedulingWorkload(String title, UnaryOperator<PodBuilder> change) {
        this.title = title;
        this.change = change;
    }

    String title() {
        return title;
    }

    /// A pod of this workload.
    ///
    /// @param prefix of its name, and the same for all pods that are created together
    PodBuilder pod(String prefix, int number) {
        return change.apply(plain(prefix, number));
    }

    /// A pod that fits no node.
    static PodBuilder impossible(String prefix, int number) {
        return plain(prefix, number)
                .editSpec()
                .addToNodeSelector("no-node-has", "this")
                .endSpec();
    }

    /// Leaves no place for another pod like it; preempts.
    static PodBuilder important(PodBuilder pod) {
        return large(pod, "31500m").editSpec().withPriority(1000).endSpec();
    }

    /// Leaves no place on its node for [#important] ones.
    static PodBuilder large(PodBuilder pod, String cpu) {
        return pod.editSpec()
                .editFirstContainer()
                .editResources()
                .withRequests(Map.of("cpu", new Quantity(cpu), "memory", new Quantity("1Gi")))
                .endResources()
                .endContainer()
                .endSpec();
    }

    static Node node(int number) {
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

    static PodBuilder plain(String prefix, int number) {
        String name = prefix + "-" + number;
        return new PodBuilder()
                .withNewMetadata()
                .withNamespace("default")
                .withName(name)
                .withUid("uid-" + name)
                .addToLabels("app", prefix + "-" + number / PODS_OF_A_SORT)
                .addToLabels("color", prefix)
                .endMetadata()
                .withNewSpec()
                .withSchedulerName("default-scheduler")
                .withTerminationGracePeriodSeconds(0L)
                .addNewContainer()
                .withName("main")
                .withImage("registry.example.com/app:1")
                .withNewResources()
                .withRequests(Map.of("cpu", new Quantity("100m"), "memory", new Quantity("128Mi")))
                .endResources()
                .endContainer()
                .endSpec();
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
        String color = pod.buildMetadata().getLabels().get("color");
        return pod.editSpec()
                .withNewAffinity()
                .withNewPodAffinity()
                .addNewPreferredDuringSchedulingIgnoredDuringExecution()
                .withWeight(1)
                .withNewPodAffinityTerm()
                .withTopologyKey(HOST)
                .withNewLabelSelector()
                .addToMatchLabels("color", color)
                .endLabelSelector()
                .endPodAffinityTerm()
                .endPreferredDuringSchedulingIgnoredDuringExecution()
                .endPodAffinity()
                .endAffinity()
                .endSpec();
    }
}
