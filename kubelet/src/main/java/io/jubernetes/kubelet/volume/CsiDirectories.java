package io.jubernetes.kubelet.volume;

import io.jubernetes.common.codec.Sha256;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// Where drivers of storage mount volumes, below the kubelet's root directory and as upstream has it.
record CsiDirectories(PodDirectories pods) {
    private static final String PLUGIN = "kubernetes.io~csi";

    private Path plugin() {
        return pods.root().resolve("plugins").resolve("kubernetes.io").resolve("csi");
    }

    private Path devices() {
        return plugin().resolve("volumeDevices");
    }

    /// A volume that is on this node: its data; what is mounted for all its pods is in `globalmount`.
    Path global(CsiVolumeData volume) {
        return plugin().resolve(volume.driver()).resolve(Sha256.hex(volume.handle(), 32));
    }

    Path staging(CsiVolumeData volume, boolean block) {
        return block
                ? devices().resolve("staging").resolve(volume.name())
                : global(volume).resolve("globalmount");
    }

    /// Everything of a block volume but the devices.
    Path block(CsiVolumeData volume) {
        return devices().resolve(volume.name());
    }

    Path blockData(CsiVolumeData volume) {
        return block(volume).resolve("data");
    }

    /// The device of a block volume for a pod.
    Path device(CsiVolumeData volume, String podUid) {
        return devices().resolve("publish").resolve(volume.name()).resolve(podUid);
    }

    /// The pod's own directory of a volume, with its data; mounted is `mount` in it.
    Path pod(String podUid, String volume) {
        return pods.pod(podUid).resolve("volumes").resolve(PLUGIN).resolve(volume);
    }

    /// The same of a block volume.
    Path podDevice(String podUid, String volume) {
        return pods.pod(podUid).resolve("volumeDevices").resolve(PLUGIN).resolve(volume);
    }

    /// The directories of a pod's volumes.
    List<Path> ofPod(String podUid) throws IOException {
        return children(pods.pod(podUid).resolve("volumes").resolve(PLUGIN));
    }

    /// The directories of a pod's block volumes.
    List<Path> devicesOfPod(String podUid) throws IOException {
        return children(pods.pod(podUid).resolve("volumeDevices").resolve(PLUGIN));
    }

    /// The data directories of all volumes that are on this node.
    List<Path> globals() throws IOException {
        var result = new ArrayList<Path>();
        for (Path driver : children(plugin())) {
            for (Path volume : children(driver)) {
                result.add(driver.equals(devices()) ? volume.resolve("data") : volume);
            }
        }
        return result;
    }

    private static List<Path> children(Path directory) throws IOException {
        var result = new ArrayList<Path>();
        try (DirectoryStream<Path> all = Files.newDirectoryStream(directory)) {
            all.forEach(result::add);
        } catch (NoSuchFileException | NotDirectoryException e) {
            return List.of();
        }
        result.sort(null);
        return result;
    }
}
