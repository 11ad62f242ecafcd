package io.jubernetes.apiserver.admission.plugins;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.admission.AdmissionPlugin;
import io.jubernetes.apiserver.admission.AdmissionRequest;
import io.jubernetes.apiserver.resource.Meta;
import java.util.Objects;

/// A new node starts as not ready: nothing is scheduled to it until its conditions have been seen.
public final class TaintNodesByCondition implements AdmissionPlugin {
    private static final String NOT_READY = "node.kubernetes.io/not-ready";

    @Override
    public String name() {
        return "TaintNodesByCondition";
    }

    @Override
    public void mutate(AdmissionRequest request) {
        if (!request.isNew("", "nodes")) {
            return;
        }
        ObjectNode spec = Meta.child(Objects.requireNonNull(request.object()), "spec");
        for (JsonNode taint : spec.path("taints")) {
            if (taint.path("key").asText("").equals(NOT_READY)
                    && taint.path("effect").asText("").equals("NoSchedule")) {
                return;
            }
        }
        ArrayNode taints = spec.get("taints") instanceof ArrayNode present ? present : spec.putArray("taints");
        taints.addObject().put("key", NOT_READY).put("effect", "NoSchedule");
    }
}
