package io.jubernetes.apiserver.admission.quota;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.admission.AdmissionRequest;
import io.jubernetes.common.meta.Quantity;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;

/// The number of resource claims, and of the devices of each class they ask for.
final class DeviceClaimEvaluator implements Evaluator {
    private static final String COUNT = "count/resourceclaims.resource.k8s.io";
    private static final String DEVICES = ".deviceclass.resource.k8s.io/devices";
    /// What a request for all devices counts for: so many can be given to one claim at most.
    private static final long ALL_DEVICES = 32;

    @Override
    public boolean handles(AdmissionRequest request) {
        return request.isMain() && request.isWrite();
    }

    @Override
    public boolean measures(String limit) {
        return limit.equals(COUNT) || limit.endsWith(DEVICES);
    }

    @Override
    public Map<String, Quantity> usage(ObjectNode claim) {
        Map<String, Long> devices = new HashMap<>();
        for (JsonNode request : claim.path("spec").path("devices").path("requests")) {
            JsonNode exact = request.path("exactly").isObject() ? request.path("exactly") : request;
            devices.merge(exact.path("deviceClassName").asText(""), number(exact), Long::sum);
            // Only one of several alternatives is taken: the largest of each class is what may be used.
            Map<String, Long> largest = new HashMap<>();
            for (JsonNode each : request.path("firstAvailable")) {
                largest.merge(each.path("deviceClassName").asText(""), number(each), Math::max);
            }
            largest.forEach((name, number) -> devices.merge(name, number, Long::sum));
        }
        Map<String, Quantity> usage = new TreeMap<>();
        usage.put(COUNT, Quantity.of(1));
        devices.forEach((name, number) -> {
            if (!name.isEmpty()) {
                usage.put(name + DEVICES, Quantity.of(number));
            }
        });
        return usage;
    }

    private static long number(JsonNode request) {
        return request.path("allocationMode").asText("").equals("All")
                ? ALL_DEVICES
                : request.path("count").asLong(1);
    }
}
