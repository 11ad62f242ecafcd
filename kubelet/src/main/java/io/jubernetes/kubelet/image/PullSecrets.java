package io.jubernetes.kubelet.image;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.api.model.Secret;
import io.jubernetes.common.codec.Json;
import io.jubernetes.kubelet.runtime.RegistryAuth;
import java.io.IOException;
import java.net.URI;
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
            if (fits(entry.getKey(), image)) {
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

    /// Whether a server entry, a host with an optional path, covers an image.
    static boolean fits(String server, String image) {
        String bare = server.contains("://") ? withoutScheme(server) : server;
        String trimmed = bare.replaceAll("/v[12]/?$", "").replaceAll("/$", "");
        String registry = ImageReference.registry(image);
        if (trimmed.equals("index.docker.io") || trimmed.equals("registry-1.docker.io")) {
            trimmed = "docker.io";
        }
        int slash = trimmed.indexOf('/');
        String host = slash < 0 ? trimmed : trimmed.substring(0, slash);
        if (host.startsWith("*.")) {
            int dot = registry.indexOf('.');
            return dot >= 0 && registry.substring(dot).equals(host.substring(1));
        }
        return host.equals(registry) && (slash < 0 || image.startsWith(trimmed));
    }

    private static String withoutScheme(String url) {
        try {
            URI uri = URI.create(url);
            return uri.getRawAuthority() + (uri.getRawPath() == null ? "" : uri.getRawPath());
        } catch (IllegalArgumentException e) {
            return url;
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
