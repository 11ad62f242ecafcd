package io.jubernetes.kubelet.claim;

import com.fasterxml.jackson.databind.JsonNode;
import io.jubernetes.common.codec.Yaml;
import io.jubernetes.kubelet.device.DeviceGrant;
import io.jubernetes.kubelet.runtime.ContainerSpec;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The machine's CDI files (Container Device Interface): what a container gets with a device. The kubelet reads them
/// itself, as the Docker Engine does so from version 25 on only. Of the edits it carries out variables, devices and
/// mounts; programs to be run beside the container are not offered by the engine.
public final class CdiSpecs {
    private static final Logger LOG = LoggerFactory.getLogger(CdiSpecs.class);

    private final List<Path> directories;

    /// @param directories the later ones win
    public CdiSpecs(List<Path> directories) {
        this.directories = List.copyOf(directories);
    }

    /// The directories of the standard.
    public static CdiSpecs ofMachine() {
        return new CdiSpecs(List.of(Path.of("/etc/cdi"), Path.of("/var/run/cdi")));
    }

    /// What a container gets with some devices.
    ///
    /// @param ids `vendor/class=name` each
    /// @throws IOException naming the devices that no file describes
    DeviceGrant grant(Collection<String> ids) throws IOException {
        DeviceGrant all = DeviceGrant.NOTHING;
        if (ids.isEmpty()) {
            return all;
        }
        Map<String, JsonNode> kinds = new HashMap<>();
        Map<String, JsonNode> devices = new HashMap<>();
        for (JsonNode file : files()) {
            String kind = file.path("kind").asText();
            for (JsonNode device : file.path("devices")) {
                String id = kind + "=" + device.path("name").asText();
                devices.put(id, device.path("containerEdits"));
                kinds.put(id, file.path("containerEdits"));
            }
        }
        Set<String> missing = new LinkedHashSet<>(ids);
        missing.removeAll(devices.keySet());
        if (!missing.isEmpty()) {
            throw new IOException(
                    "CDI device injection failed: unresolvable CDI devices " + String.join(", ", missing));
        }
        Set<JsonNode> edits = new LinkedHashSet<>();
        Set<String> distinct = new LinkedHashSet<>(ids);
        distinct.forEach(id -> edits.add(kinds.get(id)));
        distinct.forEach(id -> edits.add(devices.get(id)));
        for (JsonNode edit : edits) {
            all = all.and(grant(edit));
        }
        return all;
    }

    private List<JsonNode> files() throws IOException {
        var result = new ArrayList<JsonNode>();
        for (Path directory : directories) {
            try (DirectoryStream<Path> files = Files.newDirectoryStream(directory, "*.{json,yaml}")) {
                for (Path file : files) {
                    try {
                        result.add(Yaml.read(Files.readAllBytes(file)));
                    } catch (NoSuchFileException e) {
                        // Removed meanwhile.
                    } catch (IOException e) {
                        LOG.warn("{} is no CDI file: {}", file, e.getMessage());
                    }
                }
            } catch (NoSuchFileException | NotDirectoryException e) {
                // Nothing is described there.
            }
        }
        return result;
    }

    private static DeviceGrant grant(JsonNode edits) {
        if (!edits.path("hooks").isEmpty()) {
            LOG.warn("hooks of a CDI device are left out: the Docker Engine runs none");
        }
        Map<String, String> env = new LinkedHashMap<>();
        edits.path("env").forEach(variable -> {
            String[] parts = variable.asText().split("=", 2);
            env.put(parts[0], parts.length > 1 ? parts[1] : "");
        });
        var mounts = new ArrayList<ContainerSpec.Mount>();
        edits.path("mounts").forEach(mount -> mounts.add(mount(mount)));
        var devices = new ArrayList<ContainerSpec.Device>();
        edits.path("deviceNodes").forEach(device -> {
            String path = device.path("path").asText();
            devices.add(new ContainerSpec.Device(
                    device.path("hostPath").asText(path),
                    path,
                    device.path("permissions").asText("rwm")));
        });
        return new DeviceGrant(Map.of(), env, mounts, devices);
    }

    private static ContainerSpec.Mount mount(JsonNode mount) {
        boolean readOnly = false;
        String propagation = "private";
        for (JsonNode option : mount.path("options")) {
            switch (option.asText()) {
                case "ro" -> readOnly = true;
                case "rslave", "slave" -> propagation = "rslave";
                case "rshared", "shared" -> propagation = "rshared";
                default -> {
                    // Bind mounts have the other options of their file system.
                }
            }
        }
        return new ContainerSpec.Mount(
                mount.path("hostPath").asText(), mount.path("containerPath").asText(), readOnly, propagation);
    }
}
