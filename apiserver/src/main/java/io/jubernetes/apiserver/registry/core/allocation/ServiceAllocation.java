package io.jubernetes.apiserver.registry.core.allocation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.admission.AdmissionPlugin;
import io.jubernetes.apiserver.admission.AdmissionRequest;
import io.jubernetes.apiserver.admission.AdmissionRequest.Operation;
import io.jubernetes.apiserver.admission.Reservation;
import io.jubernetes.apiserver.registry.core.ServiceFields;
import io.jubernetes.apiserver.resource.ApiException;
import io.jubernetes.apiserver.resource.ApiException.Cause;
import io.jubernetes.apiserver.resource.ApiResource;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.apiserver.resource.ObjectStorage;
import io.jubernetes.apiserver.resource.ResourceCatalog;
import io.jubernetes.apiserver.validation.IpRange;
import io.jubernetes.common.time.Deadline;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;

/// Gives Services their cluster addresses and node ports, and takes them back when a Service goes or stops to use them.
/// What a failed write has taken goes back at once. Thread-safe, also with other API servers on the same store.
public final class ServiceAllocation implements AdmissionPlugin {
    private static final Duration RELEASE_LIMIT = Duration.ofSeconds(10);

    private final AddressStock addresses;
    private final NodePortStock ports;
    private final AllocationRepair repair;

    /// @param ranges the ranges of the flags, of one or two families
    /// @param storageRoot the start of all keys, such as `/registry`
    public ServiceAllocation(
            ObjectStorage storage,
            ResourceCatalog catalog,
            List<Cidr> ranges,
            PortRange ports,
            String storageRoot,
            Clock clock) {
        String group = "networking.k8s.io/v1";
        addresses = new AddressStock(
                storage,
                catalog.require(group, "ipaddresses"),
                catalog.require(group, "servicecidrs"),
                ranges.stream()
                        .map(range -> IpRange.parse(range.toString()).orElseThrow())
                        .toList(),
                clock);
        this.ports = new NodePortStock(storage, storageRoot, ports.first(), ports.last());
        repair = new AllocationRepair(storage, catalog.require("v1", "services"), addresses, this.ports);
    }

    @Override
    public void start() {
        repair.start();
    }

    @Override
    public void close() {
        repair.close();
    }

    /// The range of `--service-node-port-range`.
    public record PortRange(int first, int last) {}

    @Override
    public String name() {
        return "ServiceAllocation";
    }

    @Override
    public Reservation reserve(AdmissionRequest request) {
        boolean write = request.operation() == Operation.CREATE || request.operation() == Operation.UPDATE;
        if (!write || !request.isFor("", "services") || !request.isMain()) {
            return Reservation.NONE;
        }
        ObjectNode service = Objects.requireNonNull(request.object());
        var taken = new Taken(service, request);
        try {
            allocate(service, request.old(), taken);
        } catch (RuntimeException e) {
            taken.revert();
            throw e;
        }
        return taken;
    }

    private void allocate(ObjectNode service, @org.jspecify.annotations.Nullable ObjectNode old, Taken taken) {
        ObjectNode spec = Meta.child(service, "spec");
        if (old == null) {
            String address = spec.path("clusterIP").asText("");
            if (!address.isEmpty() && spec.path("clusterIPs").isEmpty()) {
                spec.putArray("clusterIPs").add(address);
            }
        } else {
            ServiceFields.keepAllocated(spec, old.path("spec"));
        }
        new ServiceFamilies(addresses.families()).initialize(service, old);
        JsonNode before =
                old == null ? com.fasterxml.jackson.databind.node.MissingNode.getInstance() : old.path("spec");
        addresses(service, spec, before, taken);
        nodePorts(service, spec, before, taken);
        healthPort(spec, before, taken);
    }

    private void addresses(ObjectNode service, ObjectNode spec, JsonNode before, Taken taken) {
        Set<String> had = new HashSet<>();
        before.path("clusterIPs").forEach(ip -> had.add(ip.asText()));
        if (spec.path("type").asText("").equals("ExternalName")) {
            had.forEach(taken::releaseAddress);
            return;
        }
        if (ServiceFields.isHeadless(spec) || !ServiceFields.needsAddress(spec)) {
            return;
        }
        boolean sameFirst = !had.isEmpty()
                && before.path("clusterIPs")
                        .path(0)
                        .equals(spec.path("clusterIPs").path(0));
        if (!had.isEmpty() && !sameFirst) {
            // The first address never changes; validation says so.
            return;
        }
        ArrayNode wanted = spec.path("clusterIPs").deepCopy() instanceof ArrayNode list ? list : null;
        ArrayNode chosen = spec.putArray("clusterIPs");
        for (int i = 0; i < spec.path("ipFamilies").size(); i++) {
            String ip = wanted == null ? "" : wanted.path(i).asText("");
            chosen.add(
                    had.contains(ip)
                            ? ip
                            : address(
                                    service,
                                    spec,
                                    wanted,
                                    ip,
                                    spec.path("ipFamilies").path(i).asText(),
                                    taken));
        }
        if (spec.path("clusterIP").asText("").isEmpty()) {
            boolean asked = wanted != null && !wanted.isEmpty();
            if (!asked) {
                spec.put("clusterIP", chosen.path(0).asText());
            }
        }
        chosen.forEach(ip -> had.remove(ip.asText()));
        had.forEach(taken::releaseAddress);
    }

    private String address(
            ObjectNode service,
            ObjectNode spec,
            @org.jspecify.annotations.Nullable ArrayNode wanted,
            String ip,
            String family,
            Taken taken) {
        if (ip.isEmpty()) {
            String free = addresses
                    .takeAny(family, service, taken.dryRun, taken.deadline)
                    .orElseThrow(() -> ApiException.internal("failed to allocate a serviceIP: range is full"));
            taken.address(free);
            return free;
        }
        addresses.take(ip, service, taken.dryRun, taken.deadline).ifPresent(problem -> {
            spec.set("clusterIPs", wanted);
            throw invalid(
                    service,
                    Cause.invalid(
                            "spec.clusterIPs",
                            wanted == null ? ip : wanted,
                            "failed to allocate IP " + ip + ": " + problem));
        });
        taken.address(ip);
        return ip;
    }

    private void nodePorts(ObjectNode service, ObjectNode spec, JsonNode before, Taken taken) {
        Set<Integer> had = ServiceFields.needsNodePorts(before) ? ServiceFields.nodePorts(before) : new TreeSet<>();
        if (!ServiceFields.needsNodePorts(spec)) {
            had.forEach(taken::releasePort);
            return;
        }
        Map<Integer, Integer> byPort = new HashMap<>();
        Set<Integer> used = new HashSet<>();
        List<ObjectNode> items = Meta.items(spec, "ports");
        for (int i = 0; i < items.size(); i++) {
            ObjectNode port = items.get(i);
            int number = port.path("port").asInt(0);
            int wanted = port.path("nodePort").asInt(0);
            if (wanted == 0 && byPort.containsKey(number)) {
                // The same port in another protocol has the same number on the nodes.
                port.put("nodePort", byPort.get(number));
            } else if (wanted == 0 && !ServiceFields.wantsNodePorts(spec)) {
                continue;
            } else if (wanted == 0) {
                int requested = requested(items, number);
                port.put("nodePort", requested != 0 ? requested : anyPort("nodePort", taken));
                if (requested != 0 && !had.contains(requested)) {
                    takePort(service, i, requested, taken);
                }
            } else if (!had.contains(wanted) && !(used.contains(wanted) && byPort.getOrDefault(number, 0) == wanted)) {
                takePort(service, i, wanted, taken);
            }
            int given = port.path("nodePort").asInt();
            byPort.putIfAbsent(number, given);
            used.add(given);
        }
        had.removeAll(used);
        had.forEach(taken::releasePort);
    }

    private static int requested(List<ObjectNode> items, int port) {
        for (ObjectNode item : items) {
            if (item.path("port").asInt(0) == port && item.path("nodePort").asInt(0) != 0) {
                return item.path("nodePort").asInt();
            }
        }
        return 0;
    }

    private int anyPort(String what, Taken taken) {
        int port = ports.takeAny(taken.deadline)
                .orElseThrow(() -> ApiException.internal("failed to allocate a " + what + ": range is full"));
        taken.port(port);
        return port;
    }

    private void takePort(ObjectNode service, int index, int port, Taken taken) {
        String problem = portProblem(port, taken);
        if (!problem.isEmpty()) {
            throw invalid(service, Cause.invalid("spec.ports[" + index + "].nodePort", port, problem));
        }
    }

    private String portProblem(int port, Taken taken) {
        if (!ports.contains(port)) {
            return "provided port is not in the valid range. The range of valid ports is " + ports.range();
        }
        if (!ports.take(port, taken.deadline)) {
            return "provided port is already allocated";
        }
        taken.port(port);
        return "";
    }

    private void healthPort(ObjectNode spec, JsonNode before, Taken taken) {
        boolean had = ServiceFields.needsHealthPort(before);
        boolean needs = ServiceFields.needsHealthPort(spec);
        int number = spec.path("healthCheckNodePort").asInt(0);
        if (had && !needs) {
            taken.releasePort(before.path("healthCheckNodePort").asInt(0));
        } else if (!had && needs && number == 0) {
            spec.put("healthCheckNodePort", anyPort("HealthCheck NodePort", taken));
        } else if (!had && needs) {
            String problem = portProblem(number, taken);
            if (!problem.isEmpty()) {
                throw ApiException.internal(
                        "failed to allocate requested HealthCheck NodePort " + number + ": " + problem);
            }
        }
    }

    private static ApiException invalid(ObjectNode service, Cause cause) {
        return ApiException.invalid("", "Service", Meta.name(service), List.of(cause));
    }

    @Override
    public void deleted(ApiResource resource, ObjectNode object) {
        if (!resource.qualifiedName().equals("services")) {
            return;
        }
        Deadline deadline = Deadline.in(RELEASE_LIMIT);
        JsonNode spec = object.path("spec");
        spec.path("clusterIPs").forEach(ip -> addresses.release(ip.asText(), object, deadline));
        if (ServiceFields.needsNodePorts(spec)) {
            ServiceFields.nodePorts(spec).forEach(port -> ports.release(port, deadline));
        }
        if (ServiceFields.needsHealthPort(spec)) {
            ports.release(spec.path("healthCheckNodePort").asInt(0), deadline);
        }
    }

    /// What one write has taken and what it will give back. Used by one thread.
    private final class Taken implements Reservation {
        private final ObjectNode service;
        private final boolean dryRun;
        private final Deadline deadline;
        private final List<String> newAddresses = new ArrayList<>();
        private final List<Integer> newPorts = new ArrayList<>();
        private final List<String> oldAddresses = new ArrayList<>();
        private final List<Integer> oldPorts = new ArrayList<>();

        Taken(ObjectNode service, AdmissionRequest request) {
            this.service = service;
            dryRun = request.dryRun();
            deadline = request.context().deadline();
        }

        void address(String ip) {
            if (!dryRun) {
                newAddresses.add(ip);
            }
        }

        void port(int port) {
            newPorts.add(port);
        }

        void releaseAddress(String ip) {
            oldAddresses.add(ip);
        }

        void releasePort(int port) {
            oldPorts.add(port);
        }

        @Override
        public void commit() {
            giveBack(oldAddresses, oldPorts);
        }

        @Override
        public void revert() {
            giveBack(newAddresses, newPorts);
        }

        private void giveBack(List<String> ips, List<Integer> numbers) {
            Deadline limit = Deadline.in(RELEASE_LIMIT);
            ips.forEach(ip -> addresses.release(ip, service, limit));
            numbers.forEach(port -> ports.release(port, limit));
        }
    }
}
