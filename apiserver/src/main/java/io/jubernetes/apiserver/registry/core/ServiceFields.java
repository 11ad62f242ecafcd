package io.jubernetes.apiserver.registry.core;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.resource.Meta;
import java.util.List;

/// Which fields a Service uses, which depends on its type, and what happens to the others when the type changes.
public final class ServiceFields {
    private ServiceFields() {}

    static String type(JsonNode spec) {
        return spec.path("type").asText("");
    }

    public static boolean needsAddress(JsonNode spec) {
        return spec.isObject() && !type(spec).equals("ExternalName");
    }

    public static boolean isHeadless(JsonNode spec) {
        return spec.path("clusterIPs").size() == 1
                        && spec.path("clusterIPs").path(0).asText("").equals("None")
                || spec.path("clusterIPs").isEmpty()
                        && spec.path("clusterIP").asText("").equals("None");
    }

    public static boolean needsNodePorts(JsonNode spec) {
        return type(spec).equals("NodePort") || type(spec).equals("LoadBalancer");
    }

    /// Whether ports without a number on the nodes get one.
    public static boolean wantsNodePorts(JsonNode spec) {
        return type(spec).equals("NodePort")
                || type(spec).equals("LoadBalancer")
                        && spec.path("allocateLoadBalancerNodePorts").asBoolean(true);
    }

    public static boolean needsHealthPort(JsonNode spec) {
        return type(spec).equals("LoadBalancer")
                && spec.path("externalTrafficPolicy").asText("").equals("Local");
    }

    static boolean isExternallyAccessible(JsonNode spec) {
        return List.of("NodePort", "LoadBalancer").contains(type(spec))
                || type(spec).equals("ClusterIP") && !spec.path("externalIPs").isEmpty();
    }

    /// Puts what was given out before into an update that leaves it out, and makes the two forms of the address agree.
    public static void keepAllocated(ObjectNode spec, JsonNode old) {
        if (needsAddress(old) && needsAddress(spec)) {
            if (spec.path("clusterIP").asText("").isEmpty()) {
                copy(spec, old, "clusterIP");
            }
            if (spec.path("clusterIPs").isEmpty() && same(spec, old, "clusterIP")) {
                copy(spec, old, "clusterIPs");
            }
        }
        if (needsNodePorts(old) && needsNodePorts(spec)) {
            keepNodePorts(spec, old);
        }
        if (needsHealthPort(old)
                && needsHealthPort(spec)
                && spec.path("healthCheckNodePort").asInt(0) == 0) {
            copy(spec, old, "healthCheckNodePort");
        }
        normalizeUpdate(spec, old);
    }

    private static void keepNodePorts(ObjectNode spec, JsonNode old) {
        var used = new java.util.HashSet<Integer>();
        spec.path("ports").forEach(port -> used.add(port.path("nodePort").asInt(0)));
        for (ObjectNode port : Meta.items(spec, "ports")) {
            if (port.path("nodePort").asInt(0) != 0) {
                continue;
            }
            for (JsonNode before : old.path("ports")) {
                int number = before.path("nodePort").asInt(0);
                boolean named =
                        before.path("name").asText("").equals(port.path("name").asText(""));
                if (named && number != 0 && !used.contains(number)) {
                    port.put("nodePort", number);
                }
            }
        }
    }

    private static void normalizeUpdate(ObjectNode spec, JsonNode old) {
        if (spec.path("clusterIPs").isEmpty() && !old.path("clusterIPs").isEmpty() && same(spec, old, "clusterIP")) {
            copy(spec, old, "clusterIPs");
        }
        boolean unset = spec.path("clusterIPs").isEmpty() && needsAddress(spec) && needsAddress(old);
        if (same(spec, old, "clusterIP") || !unset && !same(spec, old, "clusterIPs")) {
            return;
        }
        // A client that knows only the older field has changed it.
        String address = spec.path("clusterIP").asText("");
        if (address.isEmpty()) {
            spec.remove("clusterIPs");
        } else {
            spec.putArray("clusterIPs").add(address);
        }
    }

    /// Clears the fields that the new type does not have, unless the user has changed them too: then they are refused.
    static void dropUnused(ObjectNode spec, JsonNode old) {
        if (needsAddress(old) && !needsAddress(spec)) {
            if (same(spec, old, "clusterIPs") && same(spec, old, "clusterIP")) {
                spec.remove(List.of("clusterIP", "clusterIPs"));
            }
            drop(spec, old, "ipFamilies", "ipFamilyPolicy", "internalTrafficPolicy");
        }
        if (needsNodePorts(old) && !needsNodePorts(spec) && sameNodePorts(spec, old)) {
            Meta.items(spec, "ports").forEach(port -> port.remove("nodePort"));
        }
        if (needsHealthPort(old) && !needsHealthPort(spec)) {
            drop(spec, old, "healthCheckNodePort");
        }
        if (type(old).equals("LoadBalancer") && !type(spec).equals("LoadBalancer")) {
            drop(spec, old, "allocateLoadBalancerNodePorts", "loadBalancerClass");
        }
        if (isExternallyAccessible(old) && !isExternallyAccessible(spec)) {
            drop(spec, old, "externalTrafficPolicy");
        }
    }

    private static boolean sameNodePorts(JsonNode spec, JsonNode old) {
        return nodePorts(spec).equals(nodePorts(old));
    }

    /// The numbers a Service has on every node.
    public static java.util.Set<Integer> nodePorts(JsonNode spec) {
        var numbers = new java.util.TreeSet<Integer>();
        for (JsonNode port : spec.path("ports")) {
            if (port.path("nodePort").asInt(0) != 0) {
                numbers.add(port.path("nodePort").asInt());
            }
        }
        return numbers;
    }

    private static void drop(ObjectNode spec, JsonNode old, String... fields) {
        for (String field : fields) {
            if (same(spec, old, field)) {
                spec.remove(field);
            }
        }
    }

    private static boolean same(JsonNode spec, JsonNode old, String field) {
        JsonNode now = spec.path(field);
        JsonNode before = old.path(field);
        return Meta.same(now, before)
                || now.asText("").isEmpty()
                        && now.isEmpty()
                        && before.asText("").isEmpty()
                        && before.isEmpty();
    }

    private static void copy(ObjectNode spec, JsonNode old, String field) {
        if (old.has(field)) {
            spec.set(field, old.get(field).deepCopy());
        }
    }
}
