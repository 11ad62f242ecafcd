package io.jubernetes.scheduler.plugins.dynamicresources;

import io.fabric8.kubernetes.api.model.NodeSelector;
import io.fabric8.kubernetes.api.model.NodeSelectorBuilder;
import io.fabric8.kubernetes.api.model.NodeSelectorRequirement;
import io.fabric8.kubernetes.api.model.NodeSelectorTerm;
import io.fabric8.kubernetes.api.model.NodeSelectorTermBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.resource.v1.AllocationResult;
import io.fabric8.kubernetes.api.model.resource.v1.AllocationResultBuilder;
import io.fabric8.kubernetes.api.model.resource.v1.DeviceAllocationConfiguration;
import io.fabric8.kubernetes.api.model.resource.v1.DeviceClaimConfiguration;
import io.fabric8.kubernetes.api.model.resource.v1.DeviceClassConfiguration;
import io.fabric8.kubernetes.api.model.resource.v1.DeviceRequestAllocationResult;
import io.fabric8.kubernetes.api.model.resource.v1.DeviceRequestAllocationResultBuilder;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceSliceSpec;
import io.jubernetes.scheduler.plugins.dynamicresources.DeviceSearch.Choice;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// Writes what was chosen for a claim the way the API has it. Pure, but for the names of shares.
final class Allocations {
    private Allocations() {}

    /// @param node for which the devices were chosen
    static AllocationResult of(Demand demand, List<Choice> choices, String node) {
        return new AllocationResultBuilder()
                .withNewDevices()
                .withResults(choices.stream().map(Allocations::result).toList())
                .withConfig(configuration(demand, choices))
                .endDevices()
                .withNodeSelector(nodes(choices, node))
                .build();
    }

    private static DeviceRequestAllocationResult result(Choice choice) {
        OfferedDevice device = choice.device();
        var result = new DeviceRequestAllocationResultBuilder()
                .withRequest(choice.wanted().name())
                .withDriver(device.id().driver())
                .withPool(device.id().pool())
                .withDevice(device.id().device())
                .withTolerations(choice.wanted().tolerations())
                .withBindingConditions(device.device().getBindingConditions())
                .withBindingFailureConditions(device.device().getBindingFailureConditions());
        if (choice.wanted().isForAdministration()) {
            result.withAdminAccess(true);
        }
        if (device.isShareable()) {
            Map<String, Quantity> taken = new LinkedHashMap<>();
            choice.taken().forEach((name, amount) -> taken.put(name, Amounts.api(amount)));
            result.withShareID(UUID.randomUUID().toString()).withConsumedCapacity(taken);
        }
        return result.build();
    }

    /// What the classes of the requests say to the drivers, and then what the claim says.
    private static List<DeviceAllocationConfiguration> configuration(Demand demand, List<Choice> choices) {
        Map<String, Wanted> byClass = new LinkedHashMap<>();
        Map<String, List<String>> requestsOfClass = new LinkedHashMap<>();
        Set<Wanted> used = new LinkedHashSet<>();
        choices.forEach(choice -> used.add(choice.wanted()));
        for (Wanted wanted : used) {
            String name = wanted.deviceClass().getMetadata().getName();
            byClass.putIfAbsent(name, wanted);
            requestsOfClass.computeIfAbsent(name, _ -> new ArrayList<>()).add(wanted.name());
        }
        int all = demand.requests().size();
        List<DeviceAllocationConfiguration> result = new ArrayList<>();
        byClass.forEach((name, wanted) -> {
            List<String> requests = requestsOfClass.getOrDefault(name, List.of());
            for (DeviceClassConfiguration config :
                    wanted.deviceClass().getSpec().getConfig()) {
                result.add(configuration("FromClass", requests, all, config.getOpaque()));
            }
        });
        for (DeviceClaimConfiguration config :
                demand.claim().getSpec().getDevices().getConfig()) {
            List<String> requests = config.getRequests();
            if (requests.isEmpty() || used.stream().anyMatch(wanted -> wanted.isNamedIn(requests))) {
                result.add(configuration("FromClaim", requests, all, config.getOpaque()));
            }
        }
        return result;
    }

    /// @param all how many requests the claim has; what is for each of them names none
    private static DeviceAllocationConfiguration configuration(
            String source,
            List<String> requests,
            int all,
            io.fabric8.kubernetes.api.model.resource.v1.@Nullable OpaqueDeviceConfiguration opaque) {
        return new DeviceAllocationConfiguration(opaque, requests.size() == all ? List.of() : requests, source);
    }

    /// The nodes on which all the devices can be used; null when every node will do.
    private static @Nullable NodeSelector nodes(List<Choice> choices, String node) {
        Set<NodeSelectorRequirement> labels = new LinkedHashSet<>();
        Set<NodeSelectorRequirement> fields = new LinkedHashSet<>();
        for (Choice choice : choices) {
            OfferedDevice device = choice.device();
            if (isOnOneNode(device)) {
                return onlyOn(node);
            }
            NodeSelector selector = DevicePools.selector(device);
            if (selector != null) {
                // The API lets a slice have one term only.
                for (NodeSelectorTerm term : selector.getNodeSelectorTerms()) {
                    labels.addAll(term.getMatchExpressions());
                    fields.addAll(term.getMatchFields());
                }
            }
        }
        if (labels.isEmpty() && fields.isEmpty()) {
            return null;
        }
        return new NodeSelectorBuilder()
                .withNodeSelectorTerms(new NodeSelectorTermBuilder()
                        .withMatchExpressions(List.copyOf(labels))
                        .withMatchFields(List.copyOf(fields))
                        .build())
                .build();
    }

    private static boolean isOnOneNode(OfferedDevice device) {
        ResourceSliceSpec slice = device.slice().getSpec();
        String named = Boolean.TRUE.equals(slice.getPerDeviceNodeSelection())
                ? device.device().getNodeName()
                : slice.getNodeName();
        return Boolean.TRUE.equals(device.device().getBindsToNode()) || named != null && !named.isEmpty();
    }

    private static NodeSelector onlyOn(String node) {
        return new NodeSelectorBuilder()
                .addNewNodeSelectorTerm()
                .withMatchFields(new NodeSelectorRequirement("metadata.name", "In", List.of(node)))
                .endNodeSelectorTerm()
                .build();
    }
}
