package io.jubernetes.scheduler.reference;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Quantity;
import io.jubernetes.scheduler.framework.Verdict;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/// What pods ask for and what is left of it: NodeResourcesFit and NodeResourcesBalancedAllocation.
final class ResourceRules {
    private ResourceRules() {}

    /// @param missing what a container counts for that says nothing of the resource
    private static long asked(Pod pod, String resource, long missing) {
        long together = 0;
        for (Container container : pod.getSpec().getContainers()) {
            together += own(pod, container, resource, missing);
        }
        long sidecars = 0;
        long starting = 0;
        for (Container container : pod.getSpec().getInitContainers()) {
            long own = own(pod, container, resource, missing);
            if (isSidecar(container)) {
                together += own;
                sidecars += own;
                starting = Math.max(starting, sidecars);
            } else {
                starting = Math.max(starting, sidecars + own);
            }
        }
        long asked = Math.max(together, starting);
        var whole = pod.getSpec().getResources();
        if (whole != null && whole.getRequests().containsKey(resource)) {
            asked = amount(whole.getRequests(), resource);
        }
        return asked + amount(pod.getSpec().getOverhead(), resource);
    }

    private static long own(Pod pod, Container container, String resource, long missing) {
        List<Map<String, Quantity>> said = new ArrayList<>();
        var status = isSidecar(container) || pod.getSpec().getContainers().contains(container)
                ? status(pod, container.getName())
                : null;
        if (status == null || !isInfeasible(pod)) {
            said.add(container.getResources().getRequests());
        }
        if (status != null) {
            said.add(status.getResources().getRequests());
            said.add(status.getAllocatedResources());
        }
        return said.stream()
                .filter(requests -> requests.containsKey(resource))
                .mapToLong(requests -> amount(requests, resource))
                .max()
                .orElse(missing);
    }

    private static boolean isSidecar(Container container) {
        return "Always".equals(container.getRestartPolicy());
    }

    private static @Nullable ContainerStatus status(Pod pod, String container) {
        return pod.getStatus() == null
                ? null
                : pod.getStatus().getContainerStatuses().stream()
                        .filter(status -> status.getName().equals(container) && status.getResources() != null)
                        .findFirst()
                        .orElse(null);
    }

    private static boolean isInfeasible(Pod pod) {
        return pod.getStatus().getConditions().stream()
                .anyMatch(condition -> condition.getType().equals("PodResizePending")
                        && condition.getReason().equals("Infeasible"));
    }

    private static long amount(@Nullable Map<String, Quantity> from, String resource) {
        Quantity quantity = from == null ? null : from.get(resource);
        return quantity == null
                ? 0
                : quantity.getNumericalAmount()
                        .multiply(BigDecimal.valueOf(resource.equals("cpu") ? 1000 : 1))
                        .longValueExact();
    }

    static long asked(Pod pod, String resource) {
        return asked(pod, resource, 0);
    }

    /// With something assumed for containers that say nothing.
    private static long assumed(Pod pod, String resource) {
        return switch (resource) {
            case "cpu" -> asked(pod, resource, 100);
            case "memory" -> asked(pod, resource, 200L << 20);
            default -> asked(pod, resource);
        };
    }

    private static long allocatable(Node node, String resource) {
        return amount(node.getStatus().getAllocatable(), resource);
    }

    private static long used(Picture picture, Node node, ToLongFunction<Pod> asked) {
        return picture.on(node).stream().mapToLong(asked).sum();
    }

    /// A resource that not every node has.
    private static boolean isExtended(String resource) {
        return resource.contains("/");
    }

    /// NodeResourcesFit with a scoring strategy.
    record Fit(Strategy strategy) implements Rules {
        @Override
        public Verdict filter(Picture picture, Pod pod, Node node) {
            List<String> reasons = new ArrayList<>();
            boolean never = false;
            if (picture.on(node).size() + 1 > allocatable(node, "pods")) {
                reasons.add("Too many pods");
            }
            for (String resource : resources(pod)) {
                long asked = asked(pod, resource);
                long left = allocatable(node, resource) - used(picture, node, other -> asked(other, resource));
                if (asked > 0 && asked > left) {
                    reasons.add("Insufficient " + resource);
                    never |= asked > allocatable(node, resource);
                }
            }
            return reasons.isEmpty() ? Verdict.FITS : never ? new Verdict.Never(reasons) : new Verdict.NotNow(reasons);
        }

        private static TreeSet<String> resources(Pod pod) {
            var resources = new TreeSet<String>();
            pod.getSpec()
                    .getContainers()
                    .forEach(container -> resources.addAll(
                            container.getResources().getRequests().keySet()));
            pod.getSpec()
                    .getInitContainers()
                    .forEach(container -> resources.addAll(
                            container.getResources().getRequests().keySet()));
            if (pod.getSpec().getOverhead() != null) {
                resources.addAll(pod.getSpec().getOverhead().keySet());
            }
            if (pod.getSpec().getResources() != null) {
                resources.addAll(pod.getSpec().getResources().getRequests().keySet());
            }
            return resources;
        }

        @Override
        public List<Long> scores(Picture picture, Pod pod, List<Node> feasible) {
            return Rules.each(feasible, node -> score(picture, pod, node));
        }

        private long score(Picture picture, Pod pod, Node node) {
            long sum = 0;
            long weights = 0;
            for (var each : strategy.weights().entrySet()) {
                String resource = each.getKey();
                long capacity = allocatable(node, resource);
                if (capacity == 0 || isExtended(resource) && asked(pod, resource) == 0) {
                    continue;
                }
                long used = used(picture, node, other -> assumed(other, resource)) + assumed(pod, resource);
                long score = strategy.score(used, capacity);
                if (score > 0 || !strategy.isCurve()) {
                    sum += score * each.getValue();
                    weights += each.getValue();
                }
            }
            return weights == 0 ? 0 : strategy.isCurve() ? Math.round((double) sum / weights) : sum / weights;
        }
    }

    /// A scoring strategy of NodeResourcesFit.
    ///
    /// @param curve scores by utilization, for `RequestedToCapacityRatio`
    record Strategy(String type, Map<String, Integer> weights, Map<Integer, Integer> curve) {
        boolean isCurve() {
            return type.equals("RequestedToCapacityRatio");
        }

        long score(long used, long capacity) {
            return switch (type) {
                case "LeastAllocated" -> used > capacity ? 0 : (capacity - used) * 100 / capacity;
                case "MostAllocated" -> Math.min(used, capacity) * 100 / capacity;
                default -> onCurve(Math.min(used * 100 / capacity, 100));
            };
        }

        private long onCurve(long utilization) {
            long x = -1;
            long y = 0;
            for (var point : new TreeMap<>(curve).entrySet()) {
                long score = 10L * point.getValue();
                if (utilization <= point.getKey()) {
                    return x < 0 ? score : y + (score - y) * (utilization - x) / (point.getKey() - x);
                }
                x = point.getKey();
                y = score;
            }
            return y;
        }
    }

    /// NodeResourcesBalancedAllocation.
    record Balance(List<String> resources) implements Rules {
        @Override
        public List<Long> scores(Picture picture, Pod pod, List<Node> feasible) {
            if (resources.stream().allMatch(resource -> asked(pod, resource) == 0)) {
                return List.of();
            }
            return Rules.each(feasible, node -> score(picture, pod, node));
        }

        private long score(Picture picture, Pod pod, Node node) {
            Map<String, Double> shares = new HashMap<>();
            for (String resource : resources) {
                long capacity = allocatable(node, resource);
                if (capacity > 0 && (asked(pod, resource) > 0 || !isExtended(resource))) {
                    double used = used(picture, node, other -> asked(other, resource)) + asked(pod, resource);
                    shares.put(resource, Math.min(1, used / capacity));
                }
            }
            List<Double> each = resources.stream()
                    .filter(shares::containsKey)
                    .map(shares::get)
                    .toList();
            double deviation = 0;
            if (each.size() == 2) {
                deviation = Math.abs((each.get(0) - each.get(1)) / 2);
            } else if (each.size() > 2) {
                double sum = 0;
                for (double share : each) {
                    sum += share;
                }
                double mean = sum / each.size();
                double squares = 0;
                for (double share : each) {
                    squares += (share - mean) * (share - mean);
                }
                deviation = Math.sqrt(squares / each.size());
            }
            return (long) ((1 - deviation) * 100);
        }
    }
}
