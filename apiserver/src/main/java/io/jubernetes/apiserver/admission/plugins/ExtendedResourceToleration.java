package io.jubernetes.apiserver.admission.plugins;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.admission.AdmissionPlugin;
import io.jubernetes.apiserver.admission.AdmissionRequest;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.common.codec.Json;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;

/// Lets pods that ask for an extended resource onto the nodes that are tainted with its name: nodes with costly devices
/// stay free of other pods, and nobody writes tolerations by hand.
public final class ExtendedResourceToleration implements AdmissionPlugin {
    @Override
    public String name() {
        return "ExtendedResourceToleration";
    }

    @Override
    public void mutate(AdmissionRequest request) {
        if (!request.isWriteOf("", "pods")) {
            return;
        }
        ObjectNode spec = Meta.child(Objects.requireNonNull(request.object()), "spec");
        Set<String> resources = new TreeSet<>();
        for (String list : List.of("containers", "initContainers")) {
            for (JsonNode container : spec.path(list)) {
                container.path("resources").path("requests").fieldNames().forEachRemaining(resources::add);
            }
        }
        resources.stream()
                .filter(ExtendedResourceToleration::isExtended)
                .forEach(resource -> Tolerations.add(
                        spec,
                        Json.object()
                                .put("key", resource)
                                .put("operator", "Exists")
                                .put("effect", "NoSchedule")));
    }

    private static boolean isExtended(String resource) {
        int slash = resource.indexOf('/');
        return slash > 0
                && !resource.substring(0, slash).equals("kubernetes.io")
                && !resource.substring(0, slash).endsWith(".kubernetes.io")
                && !resource.startsWith("requests.");
    }
}
