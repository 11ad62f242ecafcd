package io.jubernetes.apiserver.registry.core;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.registry.CheckedStrategy;
import io.jubernetes.apiserver.registry.Columns;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.apiserver.resource.Table;
import io.jubernetes.apiserver.validation.Field;
import io.jubernetes.apiserver.validation.IpRules;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Services. Their addresses and node ports are given out by admission, before the object is stored.
public final class ServiceStrategy extends CheckedStrategy {
    private static final Table TABLE = Columns.named()
            .text("Type", service -> service.path("spec").path("type").asText(""))
            .text(
                    "Cluster-IP",
                    service -> orNone(service.path("spec").path("clusterIP").asText("")))
            .text("External-IP", ServiceStrategy::externalIp)
            .text("Port(s)", ServiceStrategy::ports)
            .age()
            .wide("Selector", ServiceStrategy::selector);

    @Override
    public Names names() {
        return Names.LABEL;
    }

    @Override
    public boolean hasStatus() {
        return true;
    }

    @Override
    public boolean returnsDeletedObject() {
        return true;
    }

    @Override
    public void prepareForCreate(ObjectNode service) {
        service.putObject("status").putObject("loadBalancer");
    }

    @Override
    public void applyDefaults(ObjectNode service) {
        ObjectNode spec = Meta.child(service, "spec");
        Meta.defaultTo(spec, "sessionAffinity", "None");
        if (spec.path("sessionAffinity").asText().equals("ClientIP")) {
            Meta.defaultTo(Meta.child(Meta.child(spec, "sessionAffinityConfig"), "clientIP"), "timeoutSeconds", 10800);
        } else if (spec.path("sessionAffinity").asText().equals("None")) {
            spec.remove("sessionAffinityConfig");
        }
        Meta.defaultTo(spec, "type", "ClusterIP");
        for (ObjectNode port : Meta.items(spec, "ports")) {
            Meta.defaultTo(port, "protocol", "TCP");
            JsonNode target = port.path("targetPort");
            if (target.isMissingNode()
                    || target.asText("").isEmpty()
                    || target.asText().equals("0")) {
                port.set("targetPort", port.path("port"));
            }
        }
        String type = spec.path("type").asText();
        if (ServiceFields.isExternallyAccessible(spec)) {
            Meta.defaultTo(spec, "externalTrafficPolicy", "Cluster");
        }
        if (!type.equals("ExternalName")) {
            Meta.defaultTo(spec, "internalTrafficPolicy", "Cluster");
        }
        if (type.equals("LoadBalancer")) {
            Meta.defaultTo(spec, "allocateLoadBalancerNodePorts", true);
            for (ObjectNode point : Meta.items(service.path("status").path("loadBalancer"), "ingress")) {
                if (!point.path("ip").asText("").isEmpty()) {
                    Meta.defaultTo(point, "ipMode", "VIP");
                }
            }
        }
    }

    @Override
    public boolean createsOnUpdate() {
        return true;
    }

    @Override
    public void prepareForUpdate(ObjectNode service, ObjectNode old) {
        super.prepareForUpdate(service, old);
        ObjectNode spec = Meta.child(service, "spec");
        ServiceFields.dropUnused(spec, old.path("spec"));
        if (!ServiceFields.type(spec).equals("LoadBalancer")) {
            Meta.child(service, "status").putObject("loadBalancer");
        }
    }

    @Override
    protected void check(Field service) {
        ServiceRules.check(service);
    }

    @Override
    protected void checkUpdate(Field service, Field old) {
        ServiceRules.checkUpdate(service, old);
    }

    @Override
    protected void checkStatusUpdate(Field service, Field old) {
        ServiceRules.checkStatus(service);
    }

    @Override
    public List<String> warnings(ObjectNode service) {
        List<String> warnings = new ArrayList<>();
        Field spec = Field.root(service).get("spec");
        String type = spec.get("type").text();
        if (!type.equals("ExternalName")) {
            if (!ServiceFields.isHeadless(spec.value())) {
                spec.get("clusterIPs").items().forEach(ip -> warnings.addAll(IpRules.addressWarnings(ip)));
            }
            spec.get("externalIPs").items().forEach(ip -> warnings.addAll(IpRules.addressWarnings(ip)));
            if (!spec.get("externalName").isEmpty()) {
                warnings.add("spec.externalName is ignored when spec.type is not \"ExternalName\"");
            }
        }
        if (type.equals("LoadBalancer")) {
            spec.get("loadBalancerSourceRanges")
                    .items()
                    .forEach(range -> warnings.addAll(IpRules.rangeWarnings(range)));
        }
        if (!spec.get("externalIPs").isEmpty()) {
            warnings.add("spec.externalIPs is deprecated and may no longer be implemented in some clusters");
        }
        if (spec.get("trafficDistribution").text().equals("PreferClose")) {
            warnings.add("spec.trafficDistribution: \"PreferClose\" is deprecated; use \"PreferSameZone\"");
        }
        if (ServiceFields.isHeadless(spec.value())
                && !spec.get("loadBalancerIP").isEmpty()) {
            warnings.add("spec.loadBalancerIP is ignored for headless services");
        }
        if (ServiceFields.isHeadless(spec.value())
                && spec.get("sessionAffinity").text().equals("ClientIP")) {
            warnings.add("spec.SessionAffinity is ignored for headless services");
        }
        return warnings;
    }

    @Override
    public Map<String, String> selectableFields(JsonNode service) {
        Map<String, String> fields = new LinkedHashMap<>();
        fields.put("spec.clusterIP", service.path("spec").path("clusterIP").asText(""));
        fields.put("spec.type", service.path("spec").path("type").asText(""));
        return fields;
    }

    @Override
    public Table table() {
        return TABLE;
    }

    private static String orNone(String text) {
        return text.isEmpty() ? "<none>" : text;
    }

    private static String externalIp(JsonNode service) {
        JsonNode spec = service.path("spec");
        String type = spec.path("type").asText("");
        List<String> external = new ArrayList<>();
        spec.path("externalIPs").forEach(ip -> external.add(ip.asText()));
        return switch (type) {
            case "ExternalName" -> orNone(spec.path("externalName").asText(""));
            case "LoadBalancer" -> {
                List<String> all = new ArrayList<>();
                for (JsonNode ingress :
                        service.path("status").path("loadBalancer").path("ingress")) {
                    all.add(ingress.path("ip").asText(ingress.path("hostname").asText("")));
                }
                all.addAll(external);
                yield all.isEmpty() ? "<pending>" : String.join(",", all);
            }
            default -> orNone(String.join(",", external));
        };
    }

    private static String ports(JsonNode service) {
        List<String> shown = new ArrayList<>();
        for (JsonNode port : service.path("spec").path("ports")) {
            long node = port.path("nodePort").asLong(0);
            shown.add(port.path("port").asLong() + (node > 0 ? ":" + node : "") + "/"
                    + port.path("protocol").asText("TCP"));
        }
        return orNone(String.join(",", shown));
    }

    private static String selector(JsonNode service) {
        List<String> terms = new ArrayList<>();
        Meta.strings(service.path("spec").path("selector")).forEach((key, value) -> terms.add(key + "=" + value));
        java.util.Collections.sort(terms);
        return orNone(String.join(",", terms));
    }
}
