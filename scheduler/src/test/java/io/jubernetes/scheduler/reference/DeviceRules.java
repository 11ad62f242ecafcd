package io.jubernetes.scheduler.reference;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeSelectorBuilder;
import io.fabric8.kubernetes.api.model.NodeSelectorRequirement;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.resource.v1.Device;
import io.fabric8.kubernetes.api.model.resource.v1.DeviceAttribute;
import io.fabric8.kubernetes.api.model.resource.v1.DeviceClass;
import io.fabric8.kubernetes.api.model.resource.v1.DeviceRequest;
import io.fabric8.kubernetes.api.model.resource.v1.DeviceSelector;
import io.fabric8.kubernetes.api.model.resource.v1.DeviceToleration;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceClaim;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceSlice;
import io.jubernetes.common.scheduling.DeviceTolerations;
import io.jubernetes.common.scheduling.NodeSelectors;
import io.jubernetes.scheduler.framework.Verdict;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/// DynamicResources, for devices that are on one node each, with selectors by model, taints, counts, alternatives and
/// attributes that must be the same. Tries every way, one after the other.
final class DeviceRules implements Rules {
    static final String DRIVER = "gpu.example.com";
    static final String NUMA = "numa";

    /// The selectors that occur, for they are not run here.
    static final Map<String, String> MODEL_OF = Map.of(
            "device.attributes['gpu.example.com'].model == 'a'", "a",
            "device.attributes['gpu.example.com'].model == 'b'", "b");

    /// What one alternative of a request wants.
    ///
    /// @param alternative its name behind a slash; empty where there is no choice
    /// @param rank the first alternative has 0; -1 where there is no choice
    private record Want(
            String request,
            String alternative,
            int rank,
            long count,
            String deviceClass,
            List<DeviceSelector> selectors,
            List<DeviceToleration> tolerations) {
        boolean suits(Device device) {
            boolean selected = selectors.stream()
                    .map(selector -> Objects.requireNonNull(
                            MODEL_OF.get(selector.getCel().getExpression())))
                    .allMatch(model -> model.equals(attribute(device, "model").getString()));
            return selected
                    && device.getTaints().stream().allMatch(taint -> DeviceTolerations.tolerates(tolerations, taint));
        }
    }

    /// A device for a request.
    record Taken(ResourceClaim claim, String request, int rank, Device device) {}

    private static DeviceAttribute attribute(Device device, String name) {
        return Objects.requireNonNull(device.getAttributes().get(name));
    }

    private static List<ResourceClaim> claims(Picture picture, Pod pod) {
        return pod.getSpec().getResourceClaims().stream()
                .flatMap(named ->
                        picture
                                .find(ResourceClaim.class, Picture.namespace(pod), named.getResourceClaimName())
                                .stream())
                .distinct()
                .toList();
    }

    private static boolean isAllocated(ResourceClaim claim) {
        return claim.getStatus() != null && claim.getStatus().getAllocation() != null;
    }

    private static List<Want> wants(DeviceRequest request) {
        if (request.getExactly() != null) {
            var exactly = request.getExactly();
            return List.of(new Want(
                    request.getName(),
                    "",
                    -1,
                    Objects.requireNonNullElse(exactly.getCount(), 1L),
                    exactly.getDeviceClassName(),
                    exactly.getSelectors(),
                    exactly.getTolerations()));
        }
        List<Want> wants = new ArrayList<>();
        for (var each : request.getFirstAvailable()) {
            wants.add(new Want(
                    request.getName(),
                    "/" + each.getName(),
                    wants.size(),
                    Objects.requireNonNullElse(each.getCount(), 1L),
                    each.getDeviceClassName(),
                    each.getSelectors(),
                    each.getTolerations()));
        }
        return wants;
    }

    @Override
    public Optional<String> rejects(Picture picture, Pod pod) {
        for (var named : pod.getSpec().getResourceClaims()) {
            if (picture.find(ResourceClaim.class, Picture.namespace(pod), named.getResourceClaimName())
                    .isEmpty()) {
                return Optional.of("resourceclaim \"" + named.getResourceClaimName() + "\" not found");
            }
        }
        for (ResourceClaim claim : claims(picture, pod)) {
            for (DeviceRequest request : claim.getSpec().getDevices().getRequests()) {
                for (Want want : wants(request)) {
                    if (!isAllocated(claim)
                            && picture.find(DeviceClass.class, "", want.deviceClass)
                                    .isEmpty()) {
                        return Optional.of("request " + want.request + want.alternative + ": device class "
                                + want.deviceClass + " does not exist");
                    }
                }
            }
        }
        return Optional.empty();
    }

    @Override
    public Verdict filter(Picture picture, Pod pod, Node node) {
        boolean elsewhere = claims(picture, pod).stream()
                .filter(DeviceRules::isAllocated)
                .map(claim -> claim.getStatus().getAllocation().getNodeSelector())
                .anyMatch(selector -> !NodeSelectors.matches(selector, Picture.name(node), Picture.labels(node)));
        if (elsewhere) {
            return Verdict.never("resourceclaim not available on the node");
        }
        return allocate(picture, pod, node).isPresent() ? Verdict.FITS : Verdict.never("cannot allocate all claims");
    }

    /// Devices of a node for all claims of a pod that have none, if there is a way.
    static Optional<List<Taken>> allocate(Picture picture, Pod pod, Node node) {
        Set<String> gone = new HashSet<>();
        for (ResourceClaim claim : picture.all(ResourceClaim.class)) {
            if (isAllocated(claim)) {
                claim.getStatus().getAllocation().getDevices().getResults().stream()
                        .filter(result -> result.getPool().equals(Picture.name(node)))
                        .forEach(result -> gone.add(result.getDevice()));
            }
        }
        List<Device> free = picture.all(ResourceSlice.class).stream()
                .filter(slice -> Picture.name(node).equals(slice.getSpec().getNodeName()))
                .flatMap(slice -> slice.getSpec().getDevices().stream())
                .filter(device -> !gone.contains(device.getName()))
                .toList();
        List<ResourceClaim> open = claims(picture, pod).stream()
                .filter(claim -> !isAllocated(claim))
                .toList();
        return next(open, 0, 0, free, List.of());
    }

    private static Optional<List<Taken>> next(
            List<ResourceClaim> claims, int claim, int request, List<Device> free, List<Taken> taken) {
        if (claim == claims.size()) {
            return Optional.of(taken);
        }
        List<DeviceRequest> requests = claims.get(claim).getSpec().getDevices().getRequests();
        if (request == requests.size()) {
            return next(claims, claim + 1, 0, free, taken);
        }
        for (Want want : wants(requests.get(request))) {
            for (List<Device> some : subsets(free.stream().filter(want::suits).toList(), want.count)) {
                List<Taken> more = new ArrayList<>(taken);
                some.forEach(device -> more.add(new Taken(claims.get(claim), want.request, want.rank, device)));
                if (agree(claims.get(claim), more)) {
                    List<Device> left = free.stream()
                            .filter(device -> !some.contains(device))
                            .toList();
                    Optional<List<Taken>> all = next(claims, claim, request + 1, left, more);
                    if (all.isPresent()) {
                        return all;
                    }
                }
            }
        }
        return Optional.empty();
    }

    private static List<List<Device>> subsets(List<Device> of, long size) {
        if (size == 0) {
            return List.of(List.of());
        }
        List<List<Device>> all = new ArrayList<>();
        for (int i = 0; i < of.size(); i++) {
            for (List<Device> rest : subsets(of.subList(i + 1, of.size()), size - 1)) {
                List<Device> some = new ArrayList<>(List.of(of.get(i)));
                some.addAll(rest);
                all.add(some);
            }
        }
        return all;
    }

    /// Whether a claim's devices are as close together as it wants them.
    private static boolean agree(ResourceClaim claim, List<Taken> taken) {
        return claim.getSpec().getDevices().getConstraints().isEmpty()
                || taken.stream()
                                .filter(each -> each.claim.equals(claim))
                                .map(each -> attribute(each.device, NUMA).getInt())
                                .distinct()
                                .count()
                        <= 1;
    }

    @Override
    public List<Long> scores(Picture picture, Pod pod, List<Node> feasible) {
        return Rules.scaled(Rules.each(
                feasible,
                node -> allocate(picture, pod, node).orElseThrow().stream()
                        .filter(taken -> taken.rank >= 0)
                        .map(taken -> Map.entry(Picture.name(taken.claim) + taken.request, 8L - taken.rank))
                        .distinct()
                        .mapToLong(Map.Entry::getValue)
                        .sum()));
    }

    /// Writes the allocation into the claims, and that the pod uses them.
    static void bind(Picture picture, Pod pod, Node node) {
        List<Taken> taken = allocate(picture, pod, node).orElseThrow();
        for (ResourceClaim claim : claims(picture, pod)) {
            var status = claim.edit().editOrNewStatus();
            status.addNewReservedFor()
                    .withResource("pods")
                    .withName(Picture.name(pod))
                    .withUid(pod.getMetadata().getUid())
                    .endReservedFor();
            if (!isAllocated(claim)) {
                var allocation = status.withNewAllocation()
                        .withNodeSelector(new NodeSelectorBuilder()
                                .addNewNodeSelectorTerm()
                                .addToMatchFields(
                                        new NodeSelectorRequirement("metadata.name", "In", List.of(Picture.name(node))))
                                .endNodeSelectorTerm()
                                .build())
                        .withNewDevices();
                for (Taken each : taken) {
                    if (each.claim.equals(claim)) {
                        allocation
                                .addNewResult()
                                .withRequest(each.request)
                                .withDriver(DRIVER)
                                .withPool(Picture.name(node))
                                .withDevice(each.device.getName())
                                .endResult();
                    }
                }
                status = allocation.endDevices().endAllocation();
            }
            picture.objects.put(status.endStatus().build());
        }
    }
}
