package io.jubernetes.controllermanager.endpoints;

import io.fabric8.kubernetes.api.model.EndpointAddress;
import io.fabric8.kubernetes.api.model.EndpointAddressBuilder;
import io.fabric8.kubernetes.api.model.EndpointPort;
import io.fabric8.kubernetes.api.model.EndpointPortBuilder;
import io.fabric8.kubernetes.api.model.EndpointSubset;
import io.fabric8.kubernetes.api.model.EndpointSubsetBuilder;
import io.fabric8.kubernetes.api.model.Endpoints;
import io.fabric8.kubernetes.api.model.EndpointsBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.discovery.v1.Endpoint;
import io.jubernetes.controllermanager.endpointslice.ServiceEndpoints;
import io.jubernetes.controllermanager.endpointslice.ServiceEndpoints.Group;
import io.jubernetes.controllermanager.workload.Labels;
import io.jubernetes.controllermanager.workload.Pods;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// What a Service's Endpoints object should hold. Pure.
final class EndpointsPlan {
    static final String MANAGED_BY = "endpoints.kubernetes.io/managed-by";
    static final String CONTROLLER = "endpoint-controller";
    private static final String HEADLESS = "service.kubernetes.io/headless";
    private static final String OVER_CAPACITY = "endpoints.kubernetes.io/over-capacity";
    private static final int MAX_ADDRESSES = 1000;

    private EndpointsPlan() {}

    /// The object as it should be, or null when the one that is there is right.
    static @Nullable Endpoints of(Service service, List<Pod> pods, @Nullable Endpoints there) {
        // Pods on their way out are not in the older form at all, unless the Service wants everything published.
        boolean publish = Boolean.TRUE.equals(service.getSpec().getPublishNotReadyAddresses());
        List<Pod> staying =
                pods.stream().filter(pod -> publish || !Pods.isTerminating(pod)).toList();
        Map<Group, List<Endpoint>> groups = ServiceEndpoints.of(service, staying, _ -> Optional.empty());
        String family = ServiceEndpoints.addressTypes(service).getFirst();
        boolean over = false;
        var subsets = new ArrayList<EndpointSubset>();
        for (var group : groups.entrySet()) {
            if (group.getKey().addressType().equals(family)) {
                List<Endpoint> endpoints = group.getValue();
                over |= endpoints.size() > MAX_ADDRESSES;
                subsets.add(subset(group.getKey(), endpoints));
            }
        }
        subsets.sort(Comparator.comparing(subset -> subset.getPorts().toString()));
        var labels = new LinkedHashMap<>(Labels.of(service));
        labels.put(MANAGED_BY, CONTROLLER);
        labels.remove(HEADLESS);
        if (ServiceEndpoints.isHeadless(service)) {
            labels.put(HEADLESS, "");
        }
        Map<String, String> annotations =
                new TreeMap<>(there == null ? Map.of() : Labels.annotations(there.getMetadata()));
        annotations.remove(OVER_CAPACITY);
        if (over) {
            annotations.put(OVER_CAPACITY, "truncated");
        }
        if (there != null
                && there.getSubsets().equals(subsets)
                && Labels.of(there).equals(labels)
                && Labels.annotations(there.getMetadata()).equals(annotations)) {
            return null;
        }
        return (there == null ? new EndpointsBuilder() : new EndpointsBuilder(there))
                .editOrNewMetadata()
                .withNamespace(service.getMetadata().getNamespace())
                .withName(service.getMetadata().getName())
                .withLabels(labels)
                .withAnnotations(annotations.isEmpty() ? null : annotations)
                .endMetadata()
                .withSubsets(subsets)
                .build();
    }

    private static EndpointSubset subset(Group group, List<Endpoint> endpoints) {
        List<Endpoint> sorted = endpoints.stream()
                .sorted(Comparator.<Endpoint, Boolean>comparing(
                                endpoint -> !endpoint.getConditions().getReady())
                        .thenComparing(endpoint -> endpoint.getAddresses().getFirst()))
                .limit(MAX_ADDRESSES)
                .toList();
        var ready = new ArrayList<EndpointAddress>();
        var notReady = new ArrayList<EndpointAddress>();
        for (Endpoint endpoint : sorted) {
            (endpoint.getConditions().getReady() ? ready : notReady).add(address(endpoint));
        }
        return new EndpointSubsetBuilder()
                .withAddresses(ready)
                .withNotReadyAddresses(notReady)
                .withPorts(group.ports().stream().map(EndpointsPlan::port).toList())
                .build();
    }

    private static EndpointAddress address(Endpoint endpoint) {
        return new EndpointAddressBuilder()
                .withIp(endpoint.getAddresses().getFirst())
                .withHostname(endpoint.getHostname())
                .withNodeName(endpoint.getNodeName())
                .withTargetRef(endpoint.getTargetRef())
                .build();
    }

    private static EndpointPort port(io.fabric8.kubernetes.api.model.discovery.v1.EndpointPort port) {
        return new EndpointPortBuilder()
                .withName(port.getName().isEmpty() ? null : port.getName())
                .withPort(port.getPort())
                .withProtocol(port.getProtocol())
                .withAppProtocol(port.getAppProtocol())
                .build();
    }
}
