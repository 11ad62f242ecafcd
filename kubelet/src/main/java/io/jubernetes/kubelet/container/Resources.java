package io.jubernetes.kubelet.container;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.ResourceRequirements;
import io.jubernetes.common.meta.Quantity;
import io.jubernetes.kubelet.runtime.ContainerSpec;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// What containers ask for and may use, as the kernel counts it.
public final class Resources {
    public static final String CPU = "cpu";
    public static final String MEMORY = "memory";

    private static final long SHARES_PER_CPU = 1024;
    private static final long LEAST_SHARES = 2;
    private static final long MOST_SHARES = 262_144;
    private static final long PERIOD = 100_000;
    private static final long LEAST_QUOTA = 1_000;
    private static final int OOM_GUARANTEED = -997;
    private static final int OOM_BEST_EFFORT = 1000;

    private Resources() {}

    /// A pod's quality of service.
    public enum Qos {
        GUARANTEED("Guaranteed"),
        BURSTABLE("Burstable"),
        BEST_EFFORT("BestEffort");

        private final String text;

        Qos(String text) {
            this.text = text;
        }

        /// As in a pod's status.
        public String text() {
            return text;
        }
    }

    /// A limit of a container.
    public static Optional<Quantity> limit(Container container, String resource) {
        return container.getResources() == null
                ? Optional.empty()
                : amount(container.getResources().getLimits(), resource);
    }

    /// A request of a container; what has a limit only requests that.
    public static Optional<Quantity> request(Container container, String resource) {
        return container.getResources() == null
                ? Optional.empty()
                : amount(container.getResources().getRequests(), resource).or(() -> limit(container, resource));
    }

    private static Optional<Quantity> amount(
            @Nullable Map<String, io.fabric8.kubernetes.api.model.Quantity> amounts, String resource) {
        var amount = amounts == null ? null : amounts.get(resource);
        return amount == null ? Optional.empty() : Optional.of(Quantity.parse(amount.toString()));
    }

    /// What a pod asks for as a whole: its main containers and sidecars together, or what an init container
    /// needs beside the sidecars before it, whichever is more; what it asks for at its own level counts first.
    public static Map<String, Quantity> podRequests(Pod pod) {
        Map<String, Quantity> sum = new HashMap<>();
        pod.getSpec().getContainers().forEach(container -> add(sum, requests(container)));
        Map<String, Quantity> sidecars = new HashMap<>();
        Map<String, Quantity> most = new HashMap<>();
        for (Container init : pod.getSpec().getInitContainers()) {
            Map<String, Quantity> own = new HashMap<>(requests(init));
            if ("Always".equals(init.getRestartPolicy())) {
                add(sum, own);
                add(sidecars, own);
                own = sidecars;
            } else {
                add(own, sidecars);
            }
            own.forEach((name, amount) -> most.merge(name, amount, Resources::larger));
        }
        most.forEach((name, amount) -> sum.merge(name, amount, Resources::larger));
        if (pod.getSpec().getResources() != null) {
            sum.putAll(requests(pod.getSpec().getResources()));
        }
        if (pod.getSpec().getOverhead() != null) {
            pod.getSpec()
                    .getOverhead()
                    .forEach((name, amount) -> sum.merge(name, Quantity.parse(amount.toString()), Quantity::plus));
        }
        return sum;
    }

    private static void add(Map<String, Quantity> to, Map<String, Quantity> more) {
        more.forEach((name, amount) -> to.merge(name, amount, Quantity::plus));
    }

    private static Quantity larger(Quantity a, Quantity b) {
        return a.compareTo(b) >= 0 ? a : b;
    }

    private static Map<String, Quantity> requests(Container container) {
        return container.getResources() == null ? Map.of() : requests(container.getResources());
    }

    private static Map<String, Quantity> requests(ResourceRequirements resources) {
        Map<String, Quantity> result = new HashMap<>();
        if (resources.getLimits() != null) {
            resources.getLimits().forEach((name, amount) -> result.put(name, Quantity.parse(amount.toString())));
        }
        if (resources.getRequests() != null) {
            resources.getRequests().forEach((name, amount) -> result.put(name, Quantity.parse(amount.toString())));
        }
        return result;
    }

    /// The quality of service that a pod's requests and limits earn it.
    public static Qos qos(Pod pod) {
        List<Container> containers = new ArrayList<>(pod.getSpec().getContainers());
        containers.addAll(pod.getSpec().getInitContainers());
        boolean anything = false;
        boolean guaranteed = true;
        for (Container container : containers) {
            for (String resource : List.of(CPU, MEMORY)) {
                Optional<Quantity> request = request(container, resource).filter(value -> value.signum() > 0);
                Optional<Quantity> limit = limit(container, resource).filter(value -> value.signum() > 0);
                anything |= request.isPresent() || limit.isPresent();
                guaranteed &= limit.isPresent() && request.equals(limit);
            }
        }
        return !anything ? Qos.BEST_EFFORT : guaranteed ? Qos.GUARANTEED : Qos.BURSTABLE;
    }

    /// The limits of one container.
    ///
    /// @param nodeMemory bytes of the machine
    /// @param lowestOomScore the lowest score this process may give
    static ContainerSpec.Limits limits(Pod pod, Container container, long nodeMemory, int lowestOomScore) {
        ContainerSpec.Limits limits = limits(container);
        int score = Math.max(oomScore(pod, container, nodeMemory), lowestOomScore);
        return new ContainerSpec.Limits(
                limits.cpuShares(), limits.cpuQuota(), limits.cpuPeriod(), limits.memory(), score);
    }

    /// As above without the OOM score, which does not change while a container runs.
    public static ContainerSpec.Limits limits(Container container) {
        long cpuRequest = request(container, CPU).map(Quantity::toMilli).orElse(0L);
        long shares = cpuRequest == 0
                ? LEAST_SHARES
                : Math.clamp(cpuRequest * SHARES_PER_CPU / 1000, LEAST_SHARES, MOST_SHARES);
        long cpuLimit = limit(container, CPU).map(Quantity::toMilli).orElse(0L);
        long quota = cpuLimit == 0 ? 0 : Math.max(LEAST_QUOTA, cpuLimit * PERIOD / 1000);
        long memory = limit(container, MEMORY).map(Quantity::toLong).orElse(0L);
        return new ContainerSpec.Limits(
                shares, quota, PERIOD, memory > 0 ? Math.max(memory, ContainerSpec.LEAST_MEMORY) : 0, 0);
    }

    /// Who is killed first when memory runs out: those who use more than they asked for.
    static int oomScore(Pod pod, Container container, long nodeMemory) {
        Integer priority = pod.getSpec().getPriority();
        if (priority != null && priority >= 2_000_000_000) {
            return OOM_GUARANTEED;
        }
        return switch (qos(pod)) {
            case GUARANTEED -> OOM_GUARANTEED;
            case BEST_EFFORT -> OOM_BEST_EFFORT;
            case BURSTABLE -> {
                long request = request(container, MEMORY).map(Quantity::toLong).orElse(0L);
                long score = nodeMemory <= 0 ? 999 : 1000 - 1000 * request / nodeMemory;
                yield (int) Math.clamp(score, 1000L + OOM_GUARANTEED, OOM_BEST_EFFORT - 1L);
            }
        };
    }
}
