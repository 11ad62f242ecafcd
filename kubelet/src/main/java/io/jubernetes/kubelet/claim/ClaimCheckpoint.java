package io.jubernetes.kubelet.claim;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.common.codec.Json;
import io.jubernetes.common.meta.ObjectKey;
import io.jubernetes.common.pki.Pem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The claims of this node's pods, in memory and in a file. Not thread-safe.
final class ClaimCheckpoint {
    private static final Logger LOG = LoggerFactory.getLogger(ClaimCheckpoint.class);

    private final Path file;
    private final Map<ObjectKey, PreparedClaim> claims = new HashMap<>();

    ClaimCheckpoint(Path file) {
        this.file = file;
    }

    Optional<PreparedClaim> find(ObjectKey claim) {
        return Optional.ofNullable(claims.get(claim));
    }

    List<PreparedClaim> all() {
        return List.copyOf(claims.values());
    }

    /// The claims that a pod uses.
    List<PreparedClaim> of(String podUid) {
        return claims.values().stream()
                .filter(claim -> claim.pods().contains(podUid))
                .toList();
    }

    void put(PreparedClaim claim) {
        claims.put(new ObjectKey(claim.namespace(), claim.name()), claim);
    }

    void remove(PreparedClaim claim) {
        claims.remove(new ObjectKey(claim.namespace(), claim.name()));
    }

    /// Reads what an earlier kubelet wrote. A damaged file is as good as none: drivers are asked again.
    void read() {
        if (!Files.exists(file)) {
            return;
        }
        try {
            for (JsonNode claim : Json.read(Files.readAllBytes(file)).path("claims")) {
                put(claim(claim));
            }
        } catch (IOException | RuntimeException e) {
            LOG.warn("{} is damaged and forgotten: {}", file, e.getMessage());
            claims.clear();
        }
    }

    private static PreparedClaim claim(JsonNode tree) {
        var devices = new ArrayList<PreparedClaim.Device>();
        tree.path("devices")
                .forEach(device -> devices.add(new PreparedClaim.Device(
                        device.path("driver").asText(),
                        texts(device.path("requests")),
                        device.path("pool").asText(),
                        device.path("name").asText(),
                        texts(device.path("cdiIds")))));
        return new PreparedClaim(
                tree.path("namespace").asText(),
                tree.path("name").asText(),
                tree.path("uid").asText(),
                java.util.Set.copyOf(texts(tree.path("drivers"))),
                java.util.Set.copyOf(texts(tree.path("pods"))),
                tree.path("prepared").asBoolean(),
                devices);
    }

    private static List<String> texts(JsonNode list) {
        var texts = new ArrayList<String>();
        list.forEach(text -> texts.add(text.asText()));
        return texts;
    }

    void write() throws IOException {
        ObjectNode tree = Json.object();
        var list = tree.putArray("claims");
        claims.values().forEach(claim -> list.add(Json.tree(claim)));
        Pem.writeSecret(file, Json.text(tree));
    }
}
