package io.jubernetes.controllermanager.endpointslice;

import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.discovery.v1.Endpoint;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointPort;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSliceBuilder;
import io.jubernetes.controllermanager.endpointslice.ServiceEndpoints.Group;
import io.jubernetes.controllermanager.workload.Labels;
import io.jubernetes.controllermanager.workload.Owners;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/// The writes that bring a Service's slices to what its pods offer. Endpoints stay in the slice they are in; new
/// ones go first into slices that are written anyway, then into the fullest that has room for all the rest, then
/// into new slices: each write goes to every node, so few writes matter more than full slices.
public record SlicePlan(List<EndpointSlice> create, List<EndpointSlice> update, List<EndpointSlice> delete) {
    static final String MANAGED_BY = "endpointslice.kubernetes.io/managed-by";
    static final String CONTROLLER = "endpointslice-controller.k8s.io";
    static final String SERVICE_NAME = "kubernetes.io/service-name";
    private static final String HEADLESS = "service.kubernetes.io/headless";
    private static final Set<String> RESERVED = Set.of(MANAGED_BY, SERVICE_NAME, HEADLESS);

    /// @param wanted the endpoints by group, see [ServiceEndpoints]
    /// @param existing the Service's slices that this controller manages
    static SlicePlan of(
            Service service, Map<Group, List<Endpoint>> wanted, List<EndpointSlice> existing, int maxPerSlice) {
        var plan = new SlicePlan(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
        Map<Group, List<EndpointSlice>> there = new LinkedHashMap<>();
        for (EndpointSlice slice : existing) {
            if (slice.getMetadata().getDeletionTimestamp() == null) {
                there.computeIfAbsent(
                                new Group(slice.getAddressType(), normalized(slice.getPorts())), _ -> new ArrayList<>())
                        .add(slice);
            }
        }
        Map<Group, List<Endpoint>> groups = new LinkedHashMap<>(wanted);
        for (String type : ServiceEndpoints.addressTypes(service)) {
            // A Service without endpoints has one empty slice a family, so that it can be told from one not yet
            // seen.
            if (groups.keySet().stream().noneMatch(group -> group.addressType().equals(type))) {
                groups.put(new Group(type, List.of()), List.of());
            }
        }
        groups.forEach((group, endpoints) ->
                plan.fill(service, group, endpoints, there.getOrDefault(group, List.of()), maxPerSlice));
        there.forEach((group, slices) -> {
            if (!groups.containsKey(group)) {
                plan.delete.addAll(slices);
            }
        });
        return plan;
    }

    private void fill(
            Service service, Group group, List<Endpoint> wanted, List<EndpointSlice> slices, int maxPerSlice) {
        Map<String, Endpoint> missing = new LinkedHashMap<>();
        wanted.forEach(endpoint -> missing.put(identity(endpoint), endpoint));
        Map<EndpointSlice, List<Endpoint>> contents = new LinkedHashMap<>();
        var changed = new HashMap<EndpointSlice, Boolean>();
        for (EndpointSlice slice : slices) {
            var kept = new ArrayList<Endpoint>();
            for (Endpoint endpoint : slice.getEndpoints()) {
                Endpoint now = missing.remove(identity(endpoint));
                if (now != null) {
                    kept.add(now);
                }
            }
            contents.put(slice, kept);
            changed.put(
                    slice,
                    !kept.equals(slice.getEndpoints())
                            || !labels(service).equals(Labels.of(slice))
                            || !Owners.isControlledBy(slice, service));
        }
        Deque<Endpoint> rest = new ArrayDeque<>(missing.values());
        for (var entry : contents.entrySet()) {
            if (Boolean.TRUE.equals(changed.get(entry.getKey()))) {
                moveInto(entry.getValue(), rest, maxPerSlice);
            }
        }
        while (!rest.isEmpty()) {
            int left = rest.size();
            var roomy = contents.entrySet().stream()
                    .filter(entry -> !Boolean.TRUE.equals(changed.get(entry.getKey())))
                    .filter(entry -> entry.getValue().size() + left <= maxPerSlice)
                    .max(Comparator.comparingInt(entry -> entry.getValue().size()));
            if (roomy.isPresent()) {
                changed.put(roomy.get().getKey(), true);
                moveInto(roomy.get().getValue(), rest, maxPerSlice);
            } else {
                var fresh = new ArrayList<Endpoint>();
                moveInto(fresh, rest, maxPerSlice);
                create.add(newSlice(service, group, fresh));
            }
        }
        finish(service, group, contents, changed);
    }

    private void finish(
            Service service,
            Group group,
            Map<EndpointSlice, List<Endpoint>> contents,
            Map<EndpointSlice, Boolean> changed) {
        // An emptied slice goes, unless it is the last and only shows that there is nothing.
        boolean oneIsLeft = !create.isEmpty() || contents.values().stream().anyMatch(endpoints -> !endpoints.isEmpty());
        boolean keptEmpty = oneIsLeft || !group.ports().isEmpty();
        for (var entry : contents.entrySet()) {
            EndpointSlice slice = entry.getKey();
            if (entry.getValue().isEmpty() && keptEmpty) {
                delete.add(slice);
            } else {
                if (Boolean.TRUE.equals(changed.get(slice))) {
                    update.add(new EndpointSliceBuilder(slice)
                            .editMetadata()
                            .withLabels(labels(service))
                            .withOwnerReferences(Owners.controllerReference(service))
                            .endMetadata()
                            .withEndpoints(entry.getValue())
                            .build());
                }
                keptEmpty |= entry.getValue().isEmpty();
            }
        }
        if (contents.isEmpty()
                && group.ports().isEmpty()
                && create.stream().noneMatch(slice -> slice.getAddressType().equals(group.addressType()))) {
            create.add(newSlice(service, group, List.of()));
        }
    }

    private static void moveInto(List<Endpoint> slice, Deque<Endpoint> rest, int max) {
        while (slice.size() < max && !rest.isEmpty()) {
            slice.add(rest.removeFirst());
        }
    }

    private static EndpointSlice newSlice(Service service, Group group, List<Endpoint> endpoints) {
        return new EndpointSliceBuilder()
                .withNewMetadata()
                .withNamespace(service.getMetadata().getNamespace())
                .withGenerateName(service.getMetadata().getName() + "-")
                .withLabels(labels(service))
                .withOwnerReferences(Owners.controllerReference(service))
                .endMetadata()
                .withAddressType(group.addressType())
                .withPorts(group.ports())
                .withEndpoints(endpoints)
                .build();
    }

    static Map<String, String> labels(Service service) {
        var labels = new LinkedHashMap<String, String>();
        Labels.of(service).forEach((key, value) -> {
            if (!RESERVED.contains(key)) {
                labels.put(key, value);
            }
        });
        labels.put(SERVICE_NAME, service.getMetadata().getName());
        labels.put(MANAGED_BY, CONTROLLER);
        if (ServiceEndpoints.isHeadless(service)) {
            labels.put(HEADLESS, "");
        }
        return labels;
    }

    private static List<EndpointPort> normalized(List<EndpointPort> ports) {
        return ports.stream()
                .map(port -> port.toBuilder()
                        .withName(Objects.requireNonNullElse(port.getName(), ""))
                        .build())
                .toList();
    }

    private static String identity(Endpoint endpoint) {
        return endpoint.getAddresses()
                + (endpoint.getTargetRef() == null
                        ? ""
                        : endpoint.getTargetRef().getUid());
    }
}
