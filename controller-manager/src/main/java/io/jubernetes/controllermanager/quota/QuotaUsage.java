package io.jubernetes.controllermanager.quota;

import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.ResourceQuotaSpec;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServicePort;
import io.fabric8.kubernetes.api.model.resource.v1.DeviceRequest;
import io.fabric8.kubernetes.api.model.resource.v1.DeviceSubRequest;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceClaim;
import io.jubernetes.common.meta.Quantity;
import io.jubernetes.controllermanager.workload.Labels;
import java.time.Instant;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// How much of a quota is used. Pure.
final class QuotaUsage {
    private static final String COUNT = "count/";
    private static final String OF_CLASS = ".storageclass.storage.k8s.io/";
    private static final String DEVICES = ".deviceclass.resource.k8s.io/devices";
    /// What a request for all devices counts for: so many can be given to one claim at most.
    private static final long ALL_DEVICES = 32;
    private static final Set<String> OF_PODS = Set.of(
            "pods",
            "cpu",
            "memory",
            "ephemeral-storage",
            "requests.cpu",
            "requests.memory",
            "requests.ephemeral-storage",
            "limits.cpu",
            "limits.memory",
            "limits.ephemeral-storage");
    /// Counted under their plain names too, as in the first versions.
    private static final Set<String> PLAIN_COUNTS =
            Set.of("configmaps", "resourcequotas", "replicationcontrollers", "secrets");

    private QuotaUsage() {}

    /// What is in a namespace.
    ///
    /// @param counts the number of objects of a resource, by names such as `secrets` or `deployments.apps`; empty
    ///     when the resource is not served
    record Contents(
            List<Pod> pods,
            List<Service> services,
            List<PersistentVolumeClaim> claims,
            List<ResourceClaim> deviceClaims,
            Function<String, OptionalLong> counts) {}

    /// The resource whose objects a limit counts by their number alone; empty for limits of other sorts.
    static Optional<String> counted(String limit) {
        if (PLAIN_COUNTS.contains(limit)) {
            return Optional.of(limit);
        }
        if (!limit.startsWith(COUNT)) {
            return Optional.empty();
        }
        String resource = limit.substring(COUNT.length());
        return switch (resource) {
            case "pods", "services", "persistentvolumeclaims", "resourceclaims.resource.k8s.io" -> Optional.empty();
            default -> Optional.of(resource);
        };
    }

    /// What is used of each limit that something can be counted for.
    static Map<String, Quantity> of(ResourceQuotaSpec spec, Contents contents, Instant now) {
        Set<String> limits = spec.getHard() == null ? Set.of() : spec.getHard().keySet();
        var used = new TreeMap<String, Quantity>();
        boolean scoped = !QuotaScopes.of(spec).isEmpty();
        for (String limit : limits) {
            Optional<String> counted = counted(limit);
            if (counted.isPresent()) {
                OptionalLong count =
                        scoped ? OptionalLong.of(0) : contents.counts().apply(counted.get());
                count.ifPresent(number -> used.put(limit, Quantity.of(number)));
            } else if (isKnown(limit)) {
                used.put(limit, Quantity.ZERO);
            }
        }
        for (Pod pod : contents.pods()) {
            if (QuotaScopes.matches(spec, pod)) {
                add(used, PodUsage.of(pod, now));
            }
        }
        for (PersistentVolumeClaim claim : contents.claims()) {
            if (QuotaScopes.matches(spec, claim)) {
                add(used, of(claim));
            }
        }
        if (!scoped) {
            contents.services().forEach(service -> add(used, of(service)));
            contents.deviceClaims().forEach(claim -> add(used, of(claim)));
        }
        return used;
    }

    private static boolean isKnown(String limit) {
        return OF_PODS.contains(limit)
                || limit.startsWith(COUNT)
                || limit.startsWith("services")
                || limit.equals("persistentvolumeclaims")
                || limit.equals("requests.storage")
                || limit.contains(OF_CLASS)
                || limit.endsWith(DEVICES)
                || limit.startsWith("hugepages-")
                || limit.startsWith("requests.hugepages-")
                || (limit.startsWith("requests.") && limit.contains("/"));
    }

    private static void add(Map<String, Quantity> used, Map<String, Quantity> more) {
        more.forEach((name, amount) ->
                used.computeIfPresent(name, (_, before) -> before.signum() == 0 ? amount : before.plus(amount)));
    }

    private static Map<String, Quantity> of(PersistentVolumeClaim claim) {
        var usage = new LinkedHashMap<String, Quantity>();
        usage.put("count/persistentvolumeclaims", Quantity.of(1));
        usage.put("persistentvolumeclaims", Quantity.of(1));
        String storageClass = Labels.annotation(claim, "volume.beta.kubernetes.io/storage-class")
                .orElse(claim.getSpec().getStorageClassName());
        boolean hasClass = storageClass != null && !storageClass.isEmpty();
        if (hasClass) {
            usage.put(storageClass + OF_CLASS + "persistentvolumeclaims", Quantity.of(1));
        }
        Quantity asked = storage(
                claim.getSpec().getResources() == null
                        ? null
                        : claim.getSpec().getResources().getRequests());
        Quantity allocated =
                storage(claim.getStatus() == null ? null : claim.getStatus().getAllocatedResources());
        Quantity storage = allocated != null && (asked == null || allocated.compareTo(asked) > 0) ? allocated : asked;
        if (storage != null) {
            usage.put("requests.storage", storage);
            if (hasClass) {
                usage.put(storageClass + OF_CLASS + "requests.storage", storage);
            }
        }
        return usage;
    }

    private static @Nullable Quantity storage(@Nullable Map<String, io.fabric8.kubernetes.api.model.Quantity> amounts) {
        var amount = amounts == null ? null : amounts.get("storage");
        return amount == null ? null : Quantity.parse(amount.toString());
    }

    private static Map<String, Quantity> of(Service service) {
        var usage = new LinkedHashMap<String, Quantity>();
        usage.put("count/services", Quantity.of(1));
        usage.put("services", Quantity.of(1));
        List<ServicePort> ports = service.getSpec().getPorts();
        switch (Objects.requireNonNullElse(service.getSpec().getType(), "ClusterIP")) {
            case "NodePort" -> usage.put("services.nodeports", Quantity.of(ports.size()));
            case "LoadBalancer" -> {
                boolean none = Boolean.FALSE.equals(service.getSpec().getAllocateLoadBalancerNodePorts());
                long allocated = ports.stream()
                        .filter(port -> !none || (port.getNodePort() != null && port.getNodePort() != 0))
                        .count();
                usage.put("services.nodeports", Quantity.of(allocated));
                usage.put("services.loadbalancers", Quantity.of(1));
            }
            default -> {}
        }
        return usage;
    }

    private static Map<String, Quantity> of(ResourceClaim claim) {
        var usage = new LinkedHashMap<String, Quantity>();
        usage.put("count/resourceclaims.resource.k8s.io", Quantity.of(1));
        var devices = claim.getSpec() == null ? null : claim.getSpec().getDevices();
        if (devices == null) {
            return usage;
        }
        var counts = new HashMap<String, Long>();
        for (DeviceRequest request : devices.getRequests()) {
            if (request.getExactly() != null) {
                long number = number(
                        request.getExactly().getAllocationMode(),
                        request.getExactly().getCount());
                counts.merge(request.getExactly().getDeviceClassName(), number, Long::sum);
            }
            // Only one of several alternatives is taken: the largest of each class is what may be used.
            var largest = new HashMap<String, Long>();
            for (DeviceSubRequest each : request.getFirstAvailable()) {
                largest.merge(each.getDeviceClassName(), number(each.getAllocationMode(), each.getCount()), Math::max);
            }
            largest.forEach((name, number) -> counts.merge(name, number, Long::sum));
        }
        counts.forEach((name, number) -> usage.put(name + DEVICES, Quantity.of(number)));
        return usage;
    }

    private static long number(@Nullable String mode, @Nullable Long count) {
        return "All".equals(mode) ? ALL_DEVICES : count == null ? 1 : count;
    }
}
