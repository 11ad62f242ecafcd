package io.jubernetes.apiserver.registry.core;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.registry.Columns;
import io.jubernetes.apiserver.resource.ApiException.Cause;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.apiserver.resource.Strategy;
import io.jubernetes.apiserver.resource.Table;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Services. Their addresses and node ports are given out by admission, before the object is stored.
public final class ServiceStrategy implements Strategy {
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
        boolean external = type.equals("NodePort") || type.equals("LoadBalancer");
        if (external) {
            Meta.defaultTo(spec, "externalTrafficPolicy", "Cluster");
        }
        if (!type.equals("ExternalName")) {
            Meta.defaultTo(spec, "internalTrafficPolicy", "Cluster");
        }
        if (type.equals("LoadBalancer")) {
            Meta.defaultTo(spec, "allocateLoadBalancerNodePorts", true);
        }
    }

    @Override
    public List<Cause> validate(ObjectNode service) {
        List<Cause> causes = new ArrayList<>();
        JsonNode spec = service.path("spec");
        String type = spec.path("type").asText("");
        if (!List.of("ClusterIP", "ExternalName", "LoadBalancer", "NodePort").contains(type)) {
            causes.add(Cause.notSupported(
                    "spec.type", type, List.of("ClusterIP", "ExternalName", "LoadBalancer", "NodePort")));
        }
        boolean headless = spec.path("clusterIP").asText("").equals("None");
        if (spec.path("ports").isEmpty() && !headless && !type.equals("ExternalName")) {
            causes.add(Cause.required("spec.ports", ""));
        }
        int index = 0;
        for (JsonNode port : spec.path("ports")) {
            long number = port.path("port").asLong(0);
            if (number < 1 || number > 65535) {
                causes.add(Cause.invalid(
                        "spec.ports[" + index + "].port", number, "must be between 1 and 65535, inclusive"));
            }
            if (spec.path("ports").size() > 1 && port.path("name").asText("").isEmpty()) {
                causes.add(Cause.required("spec.ports[" + index + "].name", ""));
            }
            index++;
        }
        return causes;
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
