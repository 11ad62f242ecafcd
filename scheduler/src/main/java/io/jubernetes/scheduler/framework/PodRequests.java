package io.jubernetes.scheduler.framework;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.PodStatus;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.ResourceRequirements;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// What a pod asks of its node, by the numbers of [Resources]: the greater of what its containers need together
/// and what any init container needs beside the sidecars started before it, plus the pod's overhead. A request
/// for the whole pod takes the place of its containers'. While a container is being resized, the greater of old
/// and new counts.
public final class PodRequests {
    /// What a container that asks for nothing is taken to use when nodes are scored.
    static final long ASSUMED_MILLI_CPU = 100;

    static final long ASSUMED_MEMORY = 200L * 1024 * 1024;

    private final long[] amounts;
    private final long nonZeroCpu;
    private final long nonZeroMemory;

    private PodRequests(long[] amounts, long nonZeroCpu, long nonZeroMemory) {
        this.amounts = amounts;
        this.nonZeroCpu = nonZeroCpu;
        this.nonZeroMemory = nonZeroMemory;
    }

    /// The amount of one resource; the pod itself counts as one piece of [Resources#PODS].
    public long of(int resource) {
        return resource < amounts.length ? amounts[resource] : 0;
    }

    /// Resources beyond this number are not asked for.
    public int length() {
        return amounts.length;
    }

    /// CPU or memory with the assumption for containers that ask for none.
    public long nonZero(int resource) {
        return resource == Resources.CPU ? nonZeroCpu : resource == Resources.MEMORY ? nonZeroMemory : of(resource);
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof PodRequests that
                && nonZeroCpu == that.nonZeroCpu
                && nonZeroMemory == that.nonZeroMemory
                && Arrays.equals(amounts, that.amounts);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(amounts) * 31 + Long.hashCode(nonZeroCpu * 31 + nonZeroMemory);
    }

    static boolean isSidecar(Container container) {
        return "Always".equals(container.getRestartPolicy());
    }

    static PodRequests of(Pod pod, Resources resources) {
        PodSpec spec = pod.getSpec();
        long[] plain = sum(pod, resources, false);
        long[] assumed = sum(pod, resources, true);
        ResourceRequirements whole = spec.getResources();
        if (whole != null && whole.getRequests() != null) {
            long[] replaced = ofPod(pod, whole.getRequests(), resources);
            plain = replace(plain, replaced, whole.getRequests(), resources);
            assumed = replace(assumed, replaced, whole.getRequests(), resources);
        }
        if (spec.getOverhead() != null) {
            long[] overhead = read(spec.getOverhead(), resources);
            plain = add(plain, overhead);
            assumed = add(assumed, overhead);
        }
        plain = widen(plain, Resources.PODS + 1);
        assumed = widen(assumed, Resources.PODS + 1);
        plain[Resources.PODS] = 1;
        return new PodRequests(plain, assumed[Resources.CPU], assumed[Resources.MEMORY]);
    }

    /// The request for the whole pod; the greatest of what is wanted, given and used while that changes.
    private static long[] ofPod(Pod pod, Map<String, Quantity> wanted, Resources resources) {
        PodStatus status = pod.getStatus();
        if (status == null) {
            return read(wanted, resources);
        }
        List<Map<String, Quantity>> given = new ArrayList<>();
        if (status.getResources() != null) {
            given.add(status.getResources().getRequests());
        }
        given.add(status.getAllocatedResources());
        given.removeIf(each -> each == null || each.isEmpty());
        if (given.isEmpty() || !isResizeInfeasible(status)) {
            given.add(wanted);
        }
        return greatest(given, resources);
    }

    /// Whether the kubelet has said that it will never give what is wanted now.
    private static boolean isResizeInfeasible(PodStatus status) {
        return status.getConditions().stream()
                .anyMatch(condition ->
                        "PodResizePending".equals(condition.getType()) && "Infeasible".equals(condition.getReason()));
    }

    private static long[] sum(Pod pod, Resources resources, boolean assume) {
        var given = new Given(pod.getStatus());
        long[] together = new long[Resources.PODS + 1];
        for (Container container : pod.getSpec().getContainers()) {
            together = add(together, request(container, given, resources, assume));
        }
        long[] sidecars = new long[Resources.PODS + 1];
        long[] starting = new long[Resources.PODS + 1];
        for (Container container : pod.getSpec().getInitContainers()) {
            long[] own = request(container, isSidecar(container) ? given : Given.NOTHING, resources, assume);
            if (isSidecar(container)) {
                together = add(together, own);
                sidecars = add(sidecars, own);
                starting = max(starting, sidecars);
            } else {
                starting = max(starting, add(sidecars, own));
            }
        }
        return max(together, starting);
    }

    /// What the kubelet says of the containers of a pod.
    private static final class Given {
        static final Given NOTHING = new Given(null);

        private final Map<String, ContainerStatus> statuses = new HashMap<>();
        private final boolean infeasible;

        Given(@Nullable PodStatus status) {
            infeasible = status != null && isResizeInfeasible(status);
            if (status != null) {
                status.getContainerStatuses().forEach(each -> statuses.put(each.getName(), each));
                status.getInitContainerStatuses().forEach(each -> statuses.put(each.getName(), each));
            }
        }

        /// All that counts for a container.
        List<Map<String, Quantity>> requests(Container container) {
            List<Map<String, Quantity>> all = new ArrayList<>();
            ContainerStatus status = statuses.get(container.getName());
            ResourceRequirements used = status == null ? null : status.getResources();
            if (container.getResources() != null && (used == null || !infeasible)) {
                all.add(container.getResources().getRequests());
            }
            if (status != null && used != null) {
                all.add(used.getRequests());
                all.add(status.getAllocatedResources());
            }
            all.removeIf(Objects::isNull);
            return all;
        }
    }

    private static long[] request(Container container, Given given, Resources resources, boolean assume) {
        List<Map<String, Quantity>> requests = given.requests(container);
        long[] amounts = greatest(requests, resources);
        if (assume) {
            if (requests.stream().noneMatch(each -> each.containsKey("cpu"))) {
                amounts[Resources.CPU] = ASSUMED_MILLI_CPU;
            }
            if (requests.stream().noneMatch(each -> each.containsKey("memory"))) {
                amounts[Resources.MEMORY] = ASSUMED_MEMORY;
            }
        }
        return amounts;
    }

    private static long[] greatest(List<Map<String, Quantity>> all, Resources resources) {
        long[] amounts = new long[Resources.PODS + 1];
        for (Map<String, Quantity> each : all) {
            amounts = max(amounts, read(each, resources));
        }
        return amounts;
    }

    private static long[] read(Map<String, Quantity> from, Resources resources) {
        long[] amounts = new long[Resources.PODS + 1];
        for (var entry : from.entrySet()) {
            int number = resources.number(entry.getKey());
            amounts = widen(amounts, number + 1);
            amounts[number] = Resources.amount(number, entry.getValue());
        }
        return amounts;
    }

    private static long[] replace(long[] amounts, long[] by, Map<String, Quantity> which, Resources resources) {
        long[] result = widen(amounts.clone(), by.length);
        for (String name : which.keySet()) {
            int number = resources.number(name);
            result[number] = by[number];
        }
        return result;
    }

    private static long[] add(long[] a, long[] b) {
        long[] sum = Arrays.copyOf(a, Math.max(a.length, b.length));
        for (int i = 0; i < b.length; i++) {
            long total = sum[i] + b[i];
            sum[i] = total < 0 ? Long.MAX_VALUE : total;
        }
        return sum;
    }

    private static long[] max(long[] a, long[] b) {
        long[] greater = Arrays.copyOf(a, Math.max(a.length, b.length));
        for (int i = 0; i < b.length; i++) {
            greater[i] = Math.max(greater[i], b[i]);
        }
        return greater;
    }

    private static long[] widen(long[] amounts, int length) {
        return amounts.length >= length ? amounts : Arrays.copyOf(amounts, length);
    }
}
