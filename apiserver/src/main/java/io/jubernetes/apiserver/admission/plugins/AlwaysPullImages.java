package io.jubernetes.apiserver.admission.plugins;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.admission.AdmissionPlugin;
import io.jubernetes.apiserver.admission.AdmissionRequest;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.common.codec.Json;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/// Has nodes pull every image anew, so that nobody runs a private image without the credentials for it just because the
/// node has it already.
public final class AlwaysPullImages implements AdmissionPlugin {
    private static final String ALWAYS = "Always";
    private static final List<String> LISTS = List.of("initContainers", "containers", "ephemeralContainers");

    @Override
    public String name() {
        return "AlwaysPullImages";
    }

    @Override
    public void mutate(AdmissionRequest request) {
        if (!concerns(request)) {
            return;
        }
        ObjectNode spec = Meta.child(Objects.requireNonNull(request.object()), "spec");
        for (String list : LISTS) {
            Meta.items(spec, list).forEach(container -> container.put("imagePullPolicy", ALWAYS));
        }
        for (ObjectNode volume : Meta.items(spec, "volumes")) {
            if (volume.get("image") instanceof ObjectNode image) {
                image.put("pullPolicy", ALWAYS);
            }
        }
    }

    @Override
    public void validate(AdmissionRequest request) {
        if (!concerns(request)) {
            return;
        }
        JsonNode spec = Objects.requireNonNull(request.object()).path("spec");
        for (String list : LISTS) {
            for (int i = 0; i < spec.path(list).size(); i++) {
                String field = "spec." + list + "[" + i + "].imagePullPolicy";
                check(request, field, spec.path(list).path(i).path("imagePullPolicy"));
            }
        }
        for (int i = 0; i < spec.path("volumes").size(); i++) {
            JsonNode image = spec.path("volumes").path(i).path("image");
            if (image.isObject()) {
                check(request, "spec.volumes[" + i + "].image.pullPolicy", image.path("pullPolicy"));
            }
        }
    }

    private static void check(AdmissionRequest request, String field, JsonNode policy) {
        if (!policy.asText("").equals(ALWAYS)) {
            throw request.forbidden(field + ": Unsupported value: " + Json.text(policy.asText(""))
                    + ": supported values: " + Json.text(ALWAYS));
        }
    }

    /// Whether the write brings images to a pod.
    private static boolean concerns(AdmissionRequest request) {
        if (!request.isWrite() || !request.isFor("", "pods")) {
            return false;
        }
        ObjectNode old = request.old();
        if (old == null) {
            return request.isMain();
        }
        return (request.isMain() || request.subresource().equals("ephemeralcontainers"))
                && !images(old).containsAll(images(Objects.requireNonNull(request.object())));
    }

    private static Set<String> images(JsonNode pod) {
        Set<String> images = new HashSet<>();
        for (String list : LISTS) {
            pod.path("spec")
                    .path(list)
                    .forEach(each -> images.add(each.path("image").asText("")));
        }
        return images;
    }
}
