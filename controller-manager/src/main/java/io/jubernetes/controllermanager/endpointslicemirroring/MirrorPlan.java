package io.jubernetes.controllermanager.endpointslicemirroring;

import io.fabric8.kubernetes.api.model.EndpointAddress;
import io.fabric8.kubernetes.api.model.EndpointSubset;
import io.fabric8.kubernetes.api.model.Endpoints;
import io.fabric8.kubernetes.api.model.discovery.v1.Endpoint;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointBuilder;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointPort;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointPortBuilder;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSliceBuilder;
import io.jubernetes.controllermanager.workload.Labels;
import io.jubernetes.controllermanager.workload.Owners;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/// The writes that bring the mirrored slices to what an Endpoints object says. Pure.
///
/// @param skipped addresses beyond the limit of a subset, or unreadable
record MirrorPlan(List<EndpointSlice> create, List<EndpointSlice> update, List<EndpointSlice> delete, int skipped) {
    static final String MANAGED_BY = "endpointslice.kubernetes.io/managed-by";
    static final String CONTROLLER = "endpointslicemirroring-controller.k8s.io";
    static final String SERVICE_NAME = "kubernetes.io/service-name";
    private static final String LAST_CHANGE = "endpoints.kubernetes.io/last-change-trigger-time";
    private static final String LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration";

    private record Group(String addressType, List<EndpointPort> ports) {}

    /// @param existing the slices mirrored from this object
    /// @param maxPerSubset `--mirroring-max-endpoints-per-subset`
    static MirrorPlan of(Endpoints endpoints, List<EndpointSlice> existing, int maxPerSubset) {
        Map<Group, List<Endpoint>> wanted = new LinkedHashMap<>();
        int skipped = 0;
        for (EndpointSubset subset : endpoints.getSubsets()) {
            List<EndpointPort> ports =
                    subset.getPorts().stream().map(MirrorPlan::port).toList();
            int count = 0;
            for (boolean ready : List.of(true, false)) {
                for (EndpointAddress address : ready ? subset.getAddresses() : subset.getNotReadyAddresses()) {
                    if (count >= maxPerSubset || address.getIp() == null) {
                        skipped++;
                        continue;
                    }
                    count++;
                    wanted.computeIfAbsent(
                                    new Group(address.getIp().contains(":") ? "IPv6" : "IPv4", ports),
                                    _ -> new ArrayList<>())
                            .add(endpoint(address, ready));
                }
            }
        }
        return new MirrorPlan(new ArrayList<>(), new ArrayList<>(), new ArrayList<>(), skipped)
                .fill(endpoints, wanted, existing);
    }

    private MirrorPlan fill(Endpoints endpoints, Map<Group, List<Endpoint>> wanted, List<EndpointSlice> existing) {
        Map<Group, List<EndpointSlice>> there = new LinkedHashMap<>();
        for (EndpointSlice slice : existing) {
            there.computeIfAbsent(new Group(slice.getAddressType(), normal(slice.getPorts())), _ -> new ArrayList<>())
                    .add(slice);
        }
        wanted.forEach((group, list) -> {
            List<EndpointSlice> slices = there.getOrDefault(group, List.of());
            if (slices.isEmpty()) {
                create.add(slice(new EndpointSliceBuilder(), endpoints, group, list));
                return;
            }
            EndpointSlice first = slices.getFirst();
            EndpointSlice now = slice(new EndpointSliceBuilder(first), endpoints, group, list);
            if (!now.equals(first)) {
                update.add(now);
            }
            delete.addAll(slices.subList(1, slices.size()));
        });
        there.forEach((group, slices) -> {
            if (!wanted.containsKey(group)) {
                delete.addAll(slices);
            }
        });
        return this;
    }

    private static EndpointSlice slice(
            EndpointSliceBuilder slice, Endpoints endpoints, Group group, List<Endpoint> list) {
        var labels = new LinkedHashMap<>(Labels.of(endpoints));
        labels.put(SERVICE_NAME, endpoints.getMetadata().getName());
        labels.put(MANAGED_BY, CONTROLLER);
        Map<String, String> annotations = new TreeMap<>(Labels.annotations(endpoints.getMetadata()));
        annotations.remove(LAST_CHANGE);
        annotations.remove(LAST_APPLIED);
        boolean isNew = !slice.hasMetadata();
        var metadata = slice.editOrNewMetadata()
                .withNamespace(endpoints.getMetadata().getNamespace())
                .withLabels(labels)
                .withAnnotations(annotations.isEmpty() ? null : annotations)
                .withOwnerReferences(Owners.controllerReference(endpoints));
        if (isNew) {
            metadata.withGenerateName(endpoints.getMetadata().getName() + "-");
        }
        return metadata.endMetadata()
                .withAddressType(group.addressType())
                .withPorts(group.ports())
                .withEndpoints(list)
                .build();
    }

    private static Endpoint endpoint(EndpointAddress address, boolean ready) {
        return new EndpointBuilder()
                .withAddresses(address.getIp())
                .withHostname(address.getHostname())
                .withNodeName(address.getNodeName())
                .withTargetRef(address.getTargetRef())
                .withNewConditions()
                .withReady(ready)
                .endConditions()
                .build();
    }

    private static EndpointPort port(io.fabric8.kubernetes.api.model.EndpointPort port) {
        return new EndpointPortBuilder()
                .withName(Objects.requireNonNullElse(port.getName(), ""))
                .withPort(port.getPort())
                .withProtocol(Objects.requireNonNullElse(port.getProtocol(), "TCP"))
                .withAppProtocol(port.getAppProtocol())
                .build();
    }

    private static List<EndpointPort> normal(List<EndpointPort> ports) {
        return ports.stream()
                .map(port -> port.toBuilder()
                        .withName(Objects.requireNonNullElse(port.getName(), ""))
                        .build())
                .toList();
    }
}
