package io.jubernetes.apiserver.admission.plugins;

import com.fasterxml.jackson.databind.JsonNode;
import io.jubernetes.apiserver.admission.AdmissionRequest;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.common.codec.Json;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;

/// Confines the pods of a service account that says so by an annotation to the secrets it lists. Pure.
final class MountableSecrets {
    private static final String ANNOTATION = "kubernetes.io/enforce-mountable-secrets";
    private static final Map<String, String> CONTAINERS = containers();

    private MountableSecrets() {}

    private static Map<String, String> containers() {
        Map<String, String> lists = new LinkedHashMap<>();
        lists.put("initContainers", "init container ");
        lists.put("containers", "container ");
        lists.put("ephemeralContainers", "ephemeral container ");
        return lists;
    }

    /// @throws io.jubernetes.apiserver.resource.ApiException 403 when the pod uses another secret
    static void check(AdmissionRequest request, JsonNode account, JsonNode spec) {
        if (!"true".equals(Meta.annotations(account).get(ANNOTATION))) {
            return;
        }
        Set<String> listed = names(account.path("secrets"));
        for (JsonNode volume : spec.path("volumes")) {
            if (volume.path("secret").isObject()) {
                refuseUnlisted(
                        request,
                        account,
                        listed,
                        "volume with ",
                        volume.path("secret").path("secretName"));
            }
        }
        CONTAINERS.forEach((list, what) -> {
            for (JsonNode container : spec.path(list)) {
                String who = what + container.path("name").asText("");
                for (JsonNode env : container.path("env")) {
                    JsonNode name = env.path("valueFrom").path("secretKeyRef").path("name");
                    String how = who + " with envVar " + env.path("name").asText("") + " referencing ";
                    refuseUnlisted(request, account, listed, how, name);
                }
                for (JsonNode from : container.path("envFrom")) {
                    JsonNode name = from.path("secretRef").path("name");
                    refuseUnlisted(request, account, listed, who + " with envFrom referencing ", name);
                }
            }
        });
        Set<String> pullable = names(account.path("imagePullSecrets"));
        for (int i = 0; i < spec.path("imagePullSecrets").size(); i++) {
            String name = spec.path("imagePullSecrets").path(i).path("name").asText("");
            if (!pullable.contains(name)) {
                throw request.forbidden("imagePullSecrets[" + i + "].name=" + Json.text(name)
                        + " is not allowed because service account " + Meta.name(account)
                        + " does not reference that imagePullSecret");
            }
        }
    }

    private static Set<String> names(JsonNode references) {
        return StreamSupport.stream(references.spliterator(), false)
                .map(reference -> reference.path("name").asText(""))
                .collect(Collectors.toSet());
    }

    private static void refuseUnlisted(
            AdmissionRequest request, JsonNode account, Set<String> listed, String how, JsonNode name) {
        if (name.isTextual() && !listed.contains(name.asText())) {
            throw request.forbidden(how + "secret.secretName=" + Json.text(name.asText())
                    + " is not allowed because service account " + Meta.name(account)
                    + " does not reference that secret");
        }
    }
}
