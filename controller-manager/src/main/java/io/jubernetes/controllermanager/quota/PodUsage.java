package io.jubernetes.controllermanager.quota;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.ResourceRequirements;
import io.jubernetes.common.meta.Quantity;
import io.jubernetes.controllermanager.workload.Pods;
import io.jubernetes.controllermanager.workload.Times;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// What one pod counts for in quotas. Pure.
final class PodUsage {
    private PodUsage() {}

    /// Whether a pod uses anything but its name: one that has ended does not, nor one that should long be gone.
    static boolean isCharged(Pod pod, Instant now) {
        if (Pods.isTerminal(pod)) {
            return false;
        }
        Long grace = pod.getMetadata().getDeletionGracePeriodSeconds();
        if (pod.getMetadata().getDeletionTimestamp() == null || grace == null) {
            return true;
        }
        return Times.parse(pod.getMetadata().getDeletionTimestamp())
                .map(time -> !now.isAfter(time.plusSeconds(grace)))
                .orElse(true);
    }

    /// The pod's usage under the names that quotas use, for instance `cpu` and `requests.cpu`.
    static Map<String, Quantity> of(Pod pod, Instant now) {
        var usage = new LinkedHashMap<String, Quantity>();
        usage.put("count/pods", Quantity.of(1));
        if (!isCharged(pod, now)) {
            return usage;
        }
        usage.put("pods", Quantity.of(1));
        total(pod, ResourceRequirements::getRequests).forEach((name, amount) -> {
            usage.put("requests." + name, amount);
            if (isNative(name)) {
                usage.put(name, amount);
            }
        });
        total(pod, ResourceRequirements::getLimits).forEach((name, amount) -> usage.put("limits." + name, amount));
        return usage;
    }

    private static boolean isNative(String name) {
        return !name.contains("/");
    }

    /// The amounts of a whole pod: containers and sidecars together, or the largest start-up container with the
    /// sidecars before it, whichever is more; with the overhead of its runtime. What is said for the pod as a whole
    /// comes before that.
    static Map<String, Quantity> total(
            Pod pod,
            Function<ResourceRequirements, @Nullable Map<String, io.fabric8.kubernetes.api.model.Quantity>> part) {
        var running = new TreeMap<String, Quantity>();
        var starting = new TreeMap<String, Quantity>();
        var sidecars = new TreeMap<String, Quantity>();
        for (Container container : pod.getSpec().getContainers()) {
            amounts(container.getResources(), part).forEach((name, amount) -> add(running, name, amount));
        }
        for (Container container : pod.getSpec().getInitContainers()) {
            Map<String, Quantity> own = amounts(container.getResources(), part);
            if ("Always".equals(container.getRestartPolicy())) {
                own.forEach((name, amount) -> {
                    add(running, name, amount);
                    add(sidecars, name, amount);
                });
                sidecars.forEach((name, amount) -> max(starting, name, amount));
            } else {
                own.forEach((name, amount) -> {
                    Quantity before = sidecars.get(name);
                    max(starting, name, before == null ? amount : amount.plus(before));
                });
            }
        }
        starting.forEach((name, amount) -> max(running, name, amount));
        amounts(pod.getSpec().getResources(), part).forEach(running::put);
        if (pod.getSpec().getOverhead() != null) {
            pod.getSpec().getOverhead().forEach((name, amount) -> {
                // A limit that is not there is none, and stays so.
                if (running.containsKey(name)) {
                    add(running, name, Quantity.parse(amount.toString()));
                }
            });
        }
        return running;
    }

    /// Whether a pod asks for nothing: the QoS class `BestEffort`.
    static boolean isBestEffort(Pod pod) {
        if (pod.getStatus() != null && pod.getStatus().getQosClass() != null) {
            return pod.getStatus().getQosClass().equals("BestEffort");
        }
        return List.<Function<ResourceRequirements, @Nullable Map<String, io.fabric8.kubernetes.api.model.Quantity>>>of(
                        ResourceRequirements::getRequests, ResourceRequirements::getLimits)
                .stream()
                .flatMap(part -> total(pod, part).entrySet().stream())
                .noneMatch(
                        entry -> (entry.getKey().equals("cpu") || entry.getKey().equals("memory"))
                                && entry.getValue().signum() > 0);
    }

    private static Map<String, Quantity> amounts(
            @Nullable ResourceRequirements resources,
            Function<ResourceRequirements, @Nullable Map<String, io.fabric8.kubernetes.api.model.Quantity>> part) {
        Map<String, io.fabric8.kubernetes.api.model.Quantity> given = resources == null ? null : part.apply(resources);
        var amounts = new TreeMap<String, Quantity>();
        if (given != null) {
            given.forEach((name, amount) -> amounts.put(name, Quantity.parse(amount.toString())));
        }
        return amounts;
    }

    private static void add(Map<String, Quantity> sum, String name, Quantity amount) {
        sum.merge(name, amount, Quantity::plus);
    }

    private static void max(Map<String, Quantity> all, String name, Quantity amount) {
        all.merge(name, amount, (a, b) -> a.compareTo(b) >= 0 ? a : b);
    }
}
