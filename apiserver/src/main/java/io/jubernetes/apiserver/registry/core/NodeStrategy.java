package io.jubernetes.apiserver.registry.core;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.registry.Columns;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.apiserver.resource.Strategy;
import io.jubernetes.apiserver.resource.Table;
import java.util.Map;
import java.util.TreeSet;

/// Nodes. A create may set the status, as the kubelet does when it registers.
public final class NodeStrategy implements Strategy {
    private static final Table TABLE = Columns.named()
            .text("Status", NodeStrategy::status)
            .text("Roles", NodeStrategy::roles)
            .age()
            .text("Version", node -> info(node, "kubeletVersion"))
            .wide("Internal-IP", node -> address(node, "InternalIP"))
            .wide("External-IP", node -> address(node, "ExternalIP"))
            .wide("OS-Image", node -> info(node, "osImage"))
            .wide("Kernel-Version", node -> info(node, "kernelVersion"))
            .wide("Container-Runtime", node -> info(node, "containerRuntimeVersion"));

    @Override
    public boolean hasStatus() {
        return true;
    }

    @Override
    public void prepareForCreate(ObjectNode node) {
        // What a node says of itself when it registers is kept.
    }

    @Override
    public void applyDefaults(ObjectNode node) {
        if (node.get("status") instanceof ObjectNode status && status.has("capacity") && !status.has("allocatable")) {
            status.set("allocatable", status.get("capacity").deepCopy());
        }
        ObjectNode spec = Meta.child(node, "spec");
        String cidr = spec.path("podCIDR").asText("");
        if (!cidr.isEmpty() && !spec.has("podCIDRs")) {
            spec.putArray("podCIDRs").add(cidr);
        }
    }

    @Override
    public Map<String, String> selectableFields(JsonNode node) {
        return Map.of(
                "spec.unschedulable",
                Boolean.toString(node.path("spec").path("unschedulable").asBoolean(false)));
    }

    @Override
    public Table table() {
        return TABLE;
    }

    private static String status(JsonNode node) {
        String ready = "Unknown";
        for (JsonNode condition : node.path("status").path("conditions")) {
            if (condition.path("type").asText().equals("Ready")) {
                ready = condition.path("status").asText().equals("True") ? "Ready" : "NotReady";
            }
        }
        return node.path("spec").path("unschedulable").asBoolean(false) ? ready + ",SchedulingDisabled" : ready;
    }

    private static String roles(JsonNode node) {
        var roles = new TreeSet<String>();
        String prefix = "node-role.kubernetes.io/";
        Meta.labels(node).forEach((key, value) -> {
            if (key.startsWith(prefix) && key.length() > prefix.length()) {
                roles.add(key.substring(prefix.length()));
            } else if (key.equals("kubernetes.io/role") && !value.isEmpty()) {
                roles.add(value);
            }
        });
        return roles.isEmpty() ? "<none>" : String.join(",", roles);
    }

    private static String info(JsonNode node, String field) {
        String value = node.path("status").path("nodeInfo").path(field).asText("");
        return value.isEmpty() ? "<unknown>" : value;
    }

    private static String address(JsonNode node, String type) {
        for (JsonNode address : node.path("status").path("addresses")) {
            if (address.path("type").asText().equals(type)) {
                return address.path("address").asText();
            }
        }
        return "<none>";
    }
}
