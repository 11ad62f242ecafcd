package io.jubernetes.kubelet.volume;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// Images as volumes: the layers that the engine keeps are mounted over each other, so nothing is copied. Nobody can
/// write there or run programs from there.
public final class ImageVolumes {
    private static final String PLUGIN = "image";

    private final PodDirectories directories;

    public ImageVolumes(PodDirectories directories) {
        this.directories = directories;
    }

    /// Mounts an image for a pod, unless it is.
    ///
    /// @param layers the image's directories, the uppermost first
    /// @return where it is
    public Path setUp(String podUid, String volume, String imageId, List<Path> layers) throws IOException {
        Path path = directories.volume(podUid, PLUGIN, volume);
        if (Files.exists(path) && Mounts.isMounted(path)) {
            return path;
        }
        if (layers.isEmpty()) {
            throw new IOException("the container engine does not say where it keeps the image's files");
        }
        Files.createDirectories(path);
        Files.createDirectories(ids(podUid));
        Files.writeString(ids(podUid).resolve(volume), imageId, StandardCharsets.UTF_8);
        Mounts.layers(path, layers);
        return path;
    }

    private Path ids(String podUid) {
        return directories.pod(podUid).resolve("image-volumes");
    }

    /// The ids of all images that pods have mounted: they must not be removed.
    public Set<String> images() throws IOException {
        Set<String> images = new HashSet<>();
        for (String podUid : directories.pods()) {
            try (DirectoryStream<Path> all = Files.newDirectoryStream(ids(podUid))) {
                for (Path id : all) {
                    images.add(Files.readString(id));
                }
            } catch (NoSuchFileException e) {
                // The pod has none.
            }
        }
        return images;
    }
}
