package io.jubernetes.apiserver.admission.quota;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.admission.AdmissionRequest;
import io.jubernetes.common.meta.Quantity;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/// The number of services, of their node ports and of their load balancers.
final class ServiceEvaluator implements Evaluator {
    private static final Set<String> LIMITS =
            Set.of("count/services", "services", "services.nodeports", "services.loadbalancers");

    @Override
    public boolean handles(AdmissionRequest request) {
        return request.isMain() && request.isWrite();
    }

    @Override
    public boolean measures(String limit) {
        return LIMITS.contains(limit);
    }

    @Override
    public Map<String, Quantity> usage(ObjectNode service) {
        Map<String, Quantity> usage = new TreeMap<>();
        usage.put("count/services", Quantity.of(1));
        usage.put("services", Quantity.of(1));
        JsonNode spec = service.path("spec");
        JsonNode ports = spec.path("ports");
        switch (spec.path("type").asText("")) {
            case "NodePort" -> usage.put("services.nodeports", Quantity.of(ports.size()));
            case "LoadBalancer" -> {
                boolean all = spec.path("allocateLoadBalancerNodePorts").asBoolean(true);
                long allocated = 0;
                for (JsonNode port : ports) {
                    allocated += all || port.path("nodePort").asInt(0) != 0 ? 1 : 0;
                }
                usage.put("services.nodeports", Quantity.of(allocated));
                usage.put("services.loadbalancers", Quantity.of(1));
            }
            default -> {}
        }
        return usage;
    }
}
