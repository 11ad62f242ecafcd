package io.jubernetes.apiserver.admission.plugins;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.admission.AdmissionPlugin;
import io.jubernetes.apiserver.admission.AdmissionRequest;
import io.jubernetes.apiserver.admission.AdmissionRequest.Operation;
import io.jubernetes.apiserver.resource.ApiException;
import io.jubernetes.apiserver.resource.ApiResource;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.apiserver.resource.ObjectStorage;
import io.jubernetes.common.codec.Json;
import io.jubernetes.common.meta.Quantity;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.ToLongFunction;

/// A running pod is not made larger than its node.
public final class PodResizeValidator implements AdmissionPlugin {
    private final Stored nodes;

    public PodResizeValidator(ObjectStorage storage, ApiResource nodes) {
        this.nodes = new Stored(storage, nodes);
    }

    @Override
    public String name() {
        return "PodResizeValidator";
    }

    @Override
    public void validate(AdmissionRequest request) {
        if (request.operation() != Operation.UPDATE
                || !request.isFor("", "pods")
                || !request.subresource().equals("resize")) {
            return;
        }
        ObjectNode pod = Objects.requireNonNull(request.object());
        JsonNode before = Objects.requireNonNull(request.old()).path("spec");
        String name = pod.path("spec").path("nodeName").asText("");
        if (name.isEmpty() || Meta.same(before, pod.path("spec"))) {
            return;
        }
        ObjectNode node = nodes.find("", name, request.context().deadline())
                .orElseThrow(() -> request.forbidden("node " + Json.text(name) + " not found"));
        List<String> lacking = lacking(pod.path("spec"), node.path("status").path("allocatable"));
        if (!lacking.isEmpty()) {
            throw refusal(
                    request,
                    "Node didn't have enough allocatable resources: " + String.join("; ", lacking),
                    "NodeCapacity");
        }
        String system = Meta.labels(node).getOrDefault("kubernetes.io/os", "");
        if (!system.equals("linux")) {
            throw refusal(
                    request,
                    "pod resize is only supported on linux nodes, node " + Json.text(name) + " is " + Json.text(system),
                    "UnsupportedPlatform");
        }
    }

    private static List<String> lacking(JsonNode spec, JsonNode allocatable) {
        Map<String, Quantity> asked = PodAmounts.ofPod(spec, "requests");
        Map<String, Quantity> there = PodAmounts.amounts(allocatable);
        List<String> lacking = new ArrayList<>();
        compare("cpu", Quantity::toMilli, asked, there, lacking);
        compare("memory", Quantity::toLong, asked, there, lacking);
        return lacking;
    }

    private static void compare(
            String resource,
            ToLongFunction<Quantity> unit,
            Map<String, Quantity> asked,
            Map<String, Quantity> there,
            List<String> lacking) {
        long wanted = unit.applyAsLong(asked.getOrDefault(resource, Quantity.ZERO));
        long most = unit.applyAsLong(there.getOrDefault(resource, Quantity.ZERO));
        if (wanted > most) {
            lacking.add(resource + ", requested: " + wanted + ", allocatable: " + most);
        }
    }

    private static ApiException refusal(AdmissionRequest request, String why, String reason) {
        ApiException refusal = request.forbidden(why);
        if (refusal.status().get("details") instanceof ObjectNode details) {
            details.putArray("causes").addObject().put("reason", reason);
        }
        return refusal;
    }
}
