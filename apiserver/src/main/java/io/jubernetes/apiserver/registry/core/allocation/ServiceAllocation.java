package io.jubernetes.apiserver.registry.core.allocation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.admission.AdmissionPlugin;
import io.jubernetes.apiserver.admission.AdmissionRequest;
import io.jubernetes.apiserver.admission.AdmissionRequest.Operation;
import io.jubernetes.apiserver.resource.ApiException;
import io.jubernetes.apiserver.resource.ApiException.Cause;
import io.jubernetes.apiserver.resource.ApiResource;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.apiserver.resource.ObjectStorage;
import io.jubernetes.apiserver.watchcache.CachedObject;
import io.jubernetes.common.codec.Json;
import java.io.IOException;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;

/// Fills in a Service's cluster address and node ports. Within one API server a lock keeps two Services from taking the
/// same; the
/// Services themselves are the record of what is taken.
public final class ServiceAllocation implements AdmissionPlugin {
    /// The range of `--service-node-port-range`.
    public record PortRange(int first, int last) {}

    private final ObjectStorage storage;
    private final ApiResource services;
    private final List<Cidr> ranges;
    private final PortRange ports;
    /// What was given out lately and may not be in the cache yet.
    private final Set<String> recent =
            java.util.Collections.newSetFromMap(new java.util.LinkedHashMap<String, Boolean>() {
                @java.io.Serial
                private static final long serialVersionUID = 1L;

                @Override
                protected boolean removeEldestEntry(java.util.Map.Entry<String, Boolean> eldest) {
                    return size() > 256;
                }
            });

    public ServiceAllocation(ObjectStorage storage, ApiResource services, List<Cidr> ranges, PortRange ports) {
        this.storage = storage;
        this.services = services;
        this.ranges = List.copyOf(ranges);
        this.ports = ports;
    }

    @Override
    public String name() {
        return "ServiceAllocation";
    }

    @Override
    public void mutate(AdmissionRequest request) {
        boolean write = request.operation() == Operation.CREATE || request.operation() == Operation.UPDATE;
        if (!write || !request.isFor("", "services") || !request.isMain()) {
            return;
        }
        ObjectNode service = Objects.requireNonNull(request.object());
        ObjectNode spec = Meta.child(service, "spec");
        if (request.old() != null) {
            keepAllocated(spec, request.old().path("spec"));
        }
        if (spec.path("type").asText("").equals("ExternalName")) {
            List.of("clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy").forEach(spec::remove);
            return;
        }
        synchronized (this) {
            Taken taken = taken(service);
            families(spec);
            addresses(request, service, spec, taken);
            nodePorts(request, service, spec, taken);
        }
    }

    /// An update that leaves out what was given out keeps it.
    private static void keepAllocated(ObjectNode spec, JsonNode old) {
        if (spec.path("type").asText("").equals("ExternalName")
                || old.path("type").asText("").equals("ExternalName")) {
            return;
        }
        if (spec.path("clusterIP").asText("").isEmpty() && old.has("clusterIP")) {
            spec.set("clusterIP", old.get("clusterIP"));
            if (!spec.has("clusterIPs")) {
                spec.set("clusterIPs", old.get("clusterIPs"));
            }
        }
        for (String field : List.of("ipFamilies", "ipFamilyPolicy")) {
            if (!spec.has(field) && old.has(field)) {
                spec.set(field, old.get(field));
            }
        }
        boolean external = usesNodePorts(spec);
        for (ObjectNode port : Meta.items(spec, "ports")) {
            for (JsonNode before : old.path("ports")) {
                boolean same = before.path("port").equals(port.path("port"))
                        && before.path("protocol").equals(port.path("protocol"));
                if (external && same && port.path("nodePort").asInt(0) == 0 && before.has("nodePort")) {
                    port.set("nodePort", before.get("nodePort"));
                }
            }
            if (!external) {
                port.remove("nodePort");
            }
        }
    }

    private static boolean usesNodePorts(JsonNode spec) {
        String type = spec.path("type").asText("");
        return type.equals("NodePort")
                || type.equals("LoadBalancer")
                        && spec.path("allocateLoadBalancerNodePorts").asBoolean(true);
    }

    private record Taken(Set<String> addresses, Set<String> ports) {}

    private Taken taken(ObjectNode own) {
        Set<String> addresses = new HashSet<>(recent);
        Set<String> nodePorts = new HashSet<>(recent);
        Iterator<CachedObject> all = storage.cache(services).snapshot().range(services.keyPrefix(""), null);
        while (all.hasNext()) {
            CachedObject other = all.next();
            if (other.namespace().equals(Meta.namespace(own)) && other.name().equals(Meta.name(own))) {
                continue;
            }
            JsonNode spec = spec(other);
            spec.path("clusterIPs").forEach(ip -> addresses.add(ip.asText()));
            for (JsonNode port : spec.path("ports")) {
                nodePorts.add(portKey(port));
            }
            if (spec.has("healthCheckNodePort")) {
                nodePorts.add(spec.get("healthCheckNodePort").asInt() + "/TCP");
            }
        }
        return new Taken(addresses, nodePorts);
    }

    private static String portKey(JsonNode port) {
        return port.path("nodePort").asInt(0) + "/" + port.path("protocol").asText("TCP");
    }

    private static JsonNode spec(CachedObject service) {
        try {
            return Json.read(service.storedJson()).path("spec");
        } catch (IOException e) {
            throw ApiException.internal("unreadable service " + service.name());
        }
    }

    private void families(ObjectNode spec) {
        Meta.defaultTo(spec, "ipFamilyPolicy", "SingleStack");
        if (spec.path("ipFamilies").isEmpty()) {
            ArrayNode families = spec.putArray("ipFamilies");
            boolean dual = !spec.path("ipFamilyPolicy").asText().equals("SingleStack");
            for (Cidr range : ranges) {
                if (families.isEmpty() || dual) {
                    families.add(range.isIpv6() ? "IPv6" : "IPv4");
                }
            }
        }
    }

    private void addresses(AdmissionRequest request, ObjectNode service, ObjectNode spec, Taken taken) {
        String asked = spec.path("clusterIP").asText("");
        if (asked.isEmpty() && spec.path("clusterIPs").size() > 0) {
            asked = spec.path("clusterIPs").path(0).asText();
        }
        if (asked.equals("None")) {
            spec.put("clusterIP", "None").putArray("clusterIPs").add("None");
            return;
        }
        ArrayNode chosen = Json.MAPPER.createArrayNode();
        int index = 0;
        for (JsonNode family : spec.path("ipFamilies")) {
            Cidr range = rangeOf(family.asText());
            String wanted =
                    index == 0 ? asked : spec.path("clusterIPs").path(index).asText("");
            if (range == null) {
                throw ApiException.invalid(
                        "",
                        "Service",
                        Meta.name(service),
                        List.of(Cause.invalid(
                                "spec.ipFamilies[" + index + "]", family.asText(), "not configured on this cluster")));
            }
            chosen.add(wanted.isEmpty() ? free(range, taken) : claimed(request, service, range, wanted, taken));
            index++;
        }
        spec.set("clusterIPs", chosen);
        spec.put("clusterIP", chosen.path(0).asText());
        chosen.forEach(ip -> recent.add(ip.asText()));
    }

    private @org.jspecify.annotations.Nullable Cidr rangeOf(String family) {
        return ranges.stream()
                .filter(range -> range.isIpv6() == family.equals("IPv6"))
                .findFirst()
                .orElse(null);
    }

    private static String claimed(
            AdmissionRequest request, ObjectNode service, Cidr range, String wanted, Taken taken) {
        ObjectNode old = request.old();
        if (old != null) {
            for (JsonNode ip : old.path("spec").path("clusterIPs")) {
                if (ip.asText().equals(wanted)) {
                    return wanted;
                }
            }
        }
        String problem = !range.contains(wanted)
                ? "failed to allocate IP " + wanted + ": the provided network does not match the current range"
                : taken.addresses().contains(wanted)
                        ? "failed to allocate IP " + wanted + ": provided IP is already allocated"
                        : "";
        if (!problem.isEmpty()) {
            throw ApiException.invalid(
                    "",
                    "Service",
                    Meta.name(service),
                    List.of(Cause.invalid(
                            "spec.clusterIPs",
                            service.path("spec").path("clusterIPs").isEmpty()
                                    ? Json.MAPPER.valueToTree(List.of(wanted))
                                    : service.path("spec").path("clusterIPs"),
                            problem)));
        }
        return wanted;
    }

    /// Like upstream, addresses given out freely come from the upper part of the range, so that the lower part stays
    /// free for
    /// those that are asked for by number.
    private static String free(Cidr range, Taken taken) {
        long size = range.size();
        long reserved = Math.min(Math.max(16, size / 16), 256);
        long first = size > reserved + 2 ? reserved + 1 : 1;
        long count = size - 1 - first;
        long start = count <= 0 ? 0 : ThreadLocalRandom.current().nextLong(count);
        for (long i = 0; i < count && i < 100_000; i++) {
            String ip = range.at(first + (start + i) % count);
            if (!taken.addresses().contains(ip)) {
                return ip;
            }
        }
        for (long offset = 1; offset < first; offset++) {
            String ip = range.at(offset);
            if (!taken.addresses().contains(ip)) {
                return ip;
            }
        }
        throw ApiException.internal("failed to allocate a serviceIP: range is full");
    }

    private void nodePorts(AdmissionRequest request, ObjectNode service, ObjectNode spec, Taken taken) {
        if (!usesNodePorts(spec)) {
            return;
        }
        Set<String> own = new HashSet<>();
        int index = 0;
        for (ObjectNode port : Meta.items(spec, "ports")) {
            int wanted = port.path("nodePort").asInt(0);
            if (wanted == 0) {
                port.put("nodePort", freePort(port.path("protocol").asText("TCP"), taken, own));
            } else if (!wasOwn(request, port)) {
                checkPort(service, port, wanted, taken, index);
            }
            own.add(portKey(port));
            recent.add(portKey(port));
            index++;
        }
        boolean local = spec.path("externalTrafficPolicy").asText("").equals("Local")
                && spec.path("type").asText("").equals("LoadBalancer");
        if (local && spec.path("healthCheckNodePort").asInt(0) == 0) {
            int port = freePort("TCP", taken, own);
            spec.put("healthCheckNodePort", port);
            recent.add(port + "/TCP");
        }
    }

    private static boolean wasOwn(AdmissionRequest request, JsonNode port) {
        ObjectNode old = request.old();
        if (old == null) {
            return false;
        }
        for (JsonNode before : old.path("spec").path("ports")) {
            if (portKey(before).equals(portKey(port))) {
                return true;
            }
        }
        return false;
    }

    private void checkPort(ObjectNode service, JsonNode port, int wanted, Taken taken, int index) {
        String problem = wanted < ports.first() || wanted > ports.last()
                ? "provided port is not in the valid range. The range of valid ports is " + ports.first() + "-"
                        + ports.last()
                : taken.ports().contains(portKey(port)) ? "provided port is already allocated" : "";
        if (!problem.isEmpty()) {
            throw ApiException.invalid(
                    "",
                    "Service",
                    Meta.name(service),
                    List.of(Cause.invalid("spec.ports[" + index + "].nodePort", wanted, problem)));
        }
    }

    private int freePort(String protocol, Taken taken, Set<String> own) {
        int count = ports.last() - ports.first() + 1;
        int start = ThreadLocalRandom.current().nextInt(count);
        for (int i = 0; i < count; i++) {
            int port = ports.first() + (start + i) % count;
            String key = port + "/" + protocol;
            if (!taken.ports().contains(key) && !own.contains(key)) {
                return port;
            }
        }
        throw ApiException.internal("failed to allocate a nodePort: range is full");
    }
}
