package io.jubernetes.kubelet.image;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.api.model.Secret;
import io.jubernetes.common.codec.Json;
import io.jubernetes.kubelet.runtime.RegistryAuth;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;

/// Registry credentials in secrets of the types `kubernetes.io/dockerconfigjson` and
/// `kubernetes.io/dockercfg`.
final class PullSecrets {
    private PullSecrets() {}

    /// The credentials for an image's registry. Damaged secrets hold none.
    static List<RegistryAuth> matching(Secret secret, String image) {
        var result = new ArrayList<RegistryAuth>();
        Map<String, String> data = secret.getData() == null ? Map.of() : secret.getData();
        JsonNode servers = data.containsKey(".dockerconfigjson")
                ? read(data.get(".dockerconfigjson")).path("auths")
                : read(data.getOrDefault(".dockercfg", ""));
        servers.properties().forEach(entry -> {
            if (RegistryPattern.matches(entry.getKey(), image)) {
                result.add(auth(entry.getKey(), entry.getValue()));
            }
        });
        return result;
    }

    private static JsonNode read(String base64) {
        try {
            return Json.read(Base64.getMimeDecoder().decode(base64));
        } catch (IOException | IllegalArgumentException e) {
            return Json.object();
        }
    }

    private static RegistryAuth auth(String server, JsonNode entry) {
        String user = entry.path("username").asText("");
        String password = entry.path("password").asText("");
        String both = entry.path("auth").asText("");
        if (user.isEmpty() && !both.isEmpty()) {
            String decoded = new String(Base64.getMimeDecoder().decode(both), StandardCharsets.UTF_8);
            int colon = decoded.indexOf(':');
            user = colon < 0 ? decoded : decoded.substring(0, colon);
            password = colon < 0 ? "" : decoded.substring(colon + 1);
        }
        return new RegistryAuth(
                server, user, password, entry.path("identitytoken").asText(""));
    }
}
