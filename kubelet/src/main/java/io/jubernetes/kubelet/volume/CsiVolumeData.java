package io.jubernetes.kubelet.volume;

import com.fasterxml.jackson.databind.JsonNode;
import io.jubernetes.common.codec.Json;
import io.jubernetes.common.pki.Pem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;

/// What is kept beside a mounted volume, in `vol_data.json` under upstream's names: enough to unmount it by a kubelet
/// that knows nothing else.
///
/// @param name the persistent volume's or, of an inline one, the pod's volume's
/// @param attachment the VolumeAttachment; empty when the driver needs none
/// @param lifecycle `Persistent` or `Ephemeral`
record CsiVolumeData(String driver, String handle, String name, String node, String attachment, String lifecycle) {
    static final String FILE = "vol_data.json";
    static final String PERSISTENT = "Persistent";
    static final String EPHEMERAL = "Ephemeral";

    /// Reads what lies in a directory; empty when there is nothing.
    ///
    /// @throws IOException when it is damaged
    static Optional<CsiVolumeData> read(Path directory) throws IOException {
        try {
            JsonNode tree = Json.read(Files.readAllBytes(directory.resolve(FILE)));
            return Optional.of(new CsiVolumeData(
                    tree.path("driverName").asText(),
                    tree.path("volumeHandle").asText(),
                    tree.path("specVolID").asText(),
                    tree.path("nodeName").asText(),
                    tree.path("attachmentID").asText(),
                    tree.path("volumeLifecycleMode").asText(PERSISTENT)));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
    }

    void write(Path directory) throws IOException {
        Files.createDirectories(directory);
        Pem.writeSecret(
                directory.resolve(FILE),
                Json.text(Json.object()
                        .put("driverName", driver)
                        .put("volumeHandle", handle)
                        .put("specVolID", name)
                        .put("nodeName", node)
                        .put("attachmentID", attachment)
                        .put("volumeLifecycleMode", lifecycle)));
    }

    boolean isSameVolume(CsiVolumeData other) {
        return driver.equals(other.driver) && handle.equals(other.handle);
    }
}
