package io.jubernetes.apiserver.registry.core;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.registry.CheckedStrategy;
import io.jubernetes.apiserver.registry.Columns;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.apiserver.resource.Table;
import io.jubernetes.apiserver.validation.Field;
import io.jubernetes.apiserver.validation.GoShape;
import io.jubernetes.apiserver.validation.IpRange;
import io.jubernetes.apiserver.validation.IpRules;
import io.jubernetes.apiserver.validation.QuantityRules;
import io.jubernetes.apiserver.validation.TaintRules;
import io.jubernetes.common.codec.Json;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/// Nodes. A create may set the status, as the kubelet does when it registers.
public final class NodeStrategy extends CheckedStrategy {
    private static final Table TABLE = Columns.named()
            .text("Status", NodeStrategy::status)
            .text("Roles", NodeStrategy::roles)
            .age()
            .text(
                    "Version",
                    node -> node.path("status")
                            .path("nodeInfo")
                            .path("kubeletVersion")
                            .asText(""))
            .wide("Internal-IP", node -> address(node, "InternalIP"))
            .wide("External-IP", node -> address(node, "ExternalIP"))
            .wide("OS-Image", node -> info(node, "osImage"))
            .wide("Kernel-Version", NodeStrategy::kernel)
            .wide("Container-Runtime", node -> info(node, "containerRuntimeVersion"));

    @Override
    public boolean hasStatus() {
        return true;
    }

    @Override
    public void prepareForCreate(ObjectNode node) {
        // What a node says of itself when it registers is kept; configuration by ConfigMap is no more.
        Meta.child(node, "spec").remove("configSource");
    }

    @Override
    public void prepareForUpdate(ObjectNode node, ObjectNode old) {
        super.prepareForUpdate(node, old);
        if (!old.path("spec").has("configSource")) {
            Meta.child(node, "spec").remove("configSource");
        }
    }

    @Override
    public void applyDefaults(ObjectNode node) {
        if (node.get("status") instanceof ObjectNode status && status.has("capacity") && !status.has("allocatable")) {
            status.set("allocatable", status.get("capacity").deepCopy());
        }
        ObjectNode spec = Meta.child(node, "spec");
        String cidr = spec.path("podCIDR").asText("");
        JsonNode first = spec.path("podCIDRs").path(0);
        if (!cidr.isEmpty() && !first.asText("").equals(cidr)) {
            spec.putArray("podCIDRs").add(cidr);
        } else if (cidr.isEmpty() && first.isTextual()) {
            spec.put("podCIDR", first.asText());
        }
    }

    @Override
    protected void check(Field node) {
        checkTaints(node);
        checkAmounts(node.get("status").get("capacity"));
        checkAmounts(node.get("status").get("allocatable"));
        Field cidrs = node.get("spec").get("podCIDRs");
        List<IpRange> ranges = new ArrayList<>();
        cidrs.items().forEach(cidr -> IpRules.range(cidr).ifPresent(ranges::add));
        int count = cidrs.items().size();
        boolean oneEach = count < 2
                || count == 2
                        && ranges.size() == 2
                        && ranges.get(0).isIpv6() != ranges.get(1).isIpv6();
        if (!oneEach) {
            cidrs.invalid("may specify no more than one CIDR for each IP family");
        }
    }

    /// Messages say that taints are metadata.
    private static void checkTaints(Field node) {
        Field shown = Field.root(Json.object().set("metadata", node.get("spec").value()));
        TaintRules.checkTaints(shown.get("metadata").get("taints"));
        shown.causes().forEach(node::report);
    }

    private static void checkAmounts(Field amounts) {
        for (String resource : amounts.entries().keySet()) {
            QuantityRules.checkAmount(resource, amounts.get(resource));
        }
    }

    @Override
    protected void checkUpdate(Field node, Field old) {
        // An update says once more what is wrong with taints, as upstream does.
        checkTaints(node);
        Set<JsonNode> seen = new HashSet<>();
        for (Field address : node.get("status").get("addresses").items()) {
            if (!seen.add(address.value())) {
                address.duplicate(GoShape.of("core.v1.NodeAddress", address.value()));
            }
        }
        Field cidrs = node.get("spec").get("podCIDRs");
        Field before = old.get("spec").get("podCIDRs");
        if (!before.isEmpty() && !Meta.same(cidrs.value(), before.value())) {
            cidrs.forbidden("node updates may not change podCIDR except from \"\" to valid");
        }
        Field provider = node.get("spec").get("providerID");
        Field providerBefore = old.get("spec").get("providerID");
        if (!providerBefore.isEmpty() && !provider.text().equals(providerBefore.text())) {
            provider.forbidden("node updates may not change providerID except from \"\" to valid");
        }
    }

    @Override
    protected void checkStatusUpdate(Field node, Field old) {
        check(node);
        checkUpdate(node, old);
    }

    @Override
    public List<String> warnings(ObjectNode node) {
        return node.path("spec").path("externalID").asText("").isEmpty()
                ? List.of()
                : List.of("spec.externalID: this field is deprecated, and is unused by Kubernetes");
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

    private static String kernel(JsonNode node) {
        String architecture =
                node.path("status").path("nodeInfo").path("architecture").asText("");
        String version =
                node.path("status").path("nodeInfo").path("kernelVersion").asText("");
        if (version.isEmpty()) {
            return "<unknown>";
        }
        return architecture.isEmpty() ? version : version + " (" + architecture + ")";
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
