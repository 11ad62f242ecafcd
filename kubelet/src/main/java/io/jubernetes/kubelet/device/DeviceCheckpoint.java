package io.jubernetes.kubelet.device;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.common.codec.Json;
import io.jubernetes.common.pki.Pem;
import io.jubernetes.kubelet.runtime.ContainerSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Which devices containers have, in memory and in a file. Not thread-safe.
final class DeviceCheckpoint {
    private static final Logger LOG = LoggerFactory.getLogger(DeviceCheckpoint.class);

    private final Path file;
    /// By pod uid, then container.
    private final Map<String, Map<String, DeviceGrant>> grants = new HashMap<>();

    DeviceCheckpoint(Path file) {
        this.file = file;
    }

    DeviceGrant grant(String podUid, String container) {
        return grants.getOrDefault(podUid, Map.of()).getOrDefault(container, DeviceGrant.NOTHING);
    }

    /// The devices of a resource that somebody has.
    Set<String> taken(String resource) {
        Set<String> taken = new HashSet<>();
        grants.values()
                .forEach(pod ->
                        pod.values().forEach(grant -> taken.addAll(grant.ids().getOrDefault(resource, List.of()))));
        return taken;
    }

    void add(String podUid, String container, DeviceGrant grant) {
        grants.computeIfAbsent(podUid, _ -> new HashMap<>()).merge(container, grant, DeviceGrant::and);
    }

    /// Whether the pod had anything.
    boolean remove(String podUid) {
        return grants.remove(podUid) != null;
    }

    /// Reads what an earlier kubelet wrote. A damaged file is as good as none: its pods' devices are asked for again.
    void read() {
        if (!Files.exists(file)) {
            return;
        }
        try {
            Json.read(Files.readAllBytes(file))
                    .properties()
                    .forEach(pod -> pod.getValue()
                            .properties()
                            .forEach(container -> add(pod.getKey(), container.getKey(), grant(container.getValue()))));
        } catch (IOException | RuntimeException e) {
            LOG.warn("{} is damaged and forgotten: {}", file, e.getMessage());
            grants.clear();
        }
    }

    private static DeviceGrant grant(JsonNode tree) {
        Map<String, List<String>> ids = new LinkedHashMap<>();
        tree.path("ids").properties().forEach(entry -> {
            var list = new ArrayList<String>();
            entry.getValue().forEach(id -> list.add(id.asText()));
            ids.put(entry.getKey(), list);
        });
        Map<String, String> env = new LinkedHashMap<>();
        tree.path("env")
                .properties()
                .forEach(entry -> env.put(entry.getKey(), entry.getValue().asText()));
        var mounts = new ArrayList<ContainerSpec.Mount>();
        tree.path("mounts")
                .forEach(mount -> mounts.add(new ContainerSpec.Mount(
                        mount.path("host").asText(),
                        mount.path("container").asText(),
                        mount.path("readOnly").asBoolean(),
                        "private")));
        var devices = new ArrayList<ContainerSpec.Device>();
        tree.path("devices")
                .forEach(device -> devices.add(new ContainerSpec.Device(
                        device.path("host").asText(),
                        device.path("container").asText(),
                        device.path("permissions").asText())));
        return new DeviceGrant(ids, env, mounts, devices);
    }

    void write() throws IOException {
        ObjectNode tree = Json.object();
        grants.forEach((uid, containers) -> {
            ObjectNode pod = tree.putObject(uid);
            containers.forEach((name, grant) -> put(pod.putObject(name), grant));
        });
        Files.createDirectories(file.toAbsolutePath().getParent());
        Pem.writeSecret(file, Json.text(tree));
    }

    private static void put(ObjectNode to, DeviceGrant grant) {
        ObjectNode ids = to.putObject("ids");
        grant.ids().forEach((resource, list) -> list.forEach(ids.putArray(resource)::add));
        ObjectNode env = to.putObject("env");
        grant.env().forEach(env::put);
        ArrayNode mounts = to.putArray("mounts");
        grant.mounts()
                .forEach(mount -> mounts.addObject()
                        .put("host", mount.hostPath())
                        .put("container", mount.containerPath())
                        .put("readOnly", mount.readOnly()));
        ArrayNode devices = to.putArray("devices");
        grant.devices()
                .forEach(device -> devices.addObject()
                        .put("host", device.hostPath())
                        .put("container", device.containerPath())
                        .put("permissions", device.permissions()));
    }
}
