package io.jubernetes.kubelet.volume;

import io.fabric8.kubernetes.api.model.HostPathVolumeSource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;

/// Directories and files of the node as volumes.
final class HostPaths {
    private static final int TYPE = 0170000;
    private static final int SOCKET = 0140000;
    private static final int CHARACTER = 0020000;
    private static final int BLOCK = 0060000;

    private HostPaths() {}

    /// Checks that the path is of the wanted type, or makes it.
    static Path prepare(HostPathVolumeSource source) throws IOException {
        Path path = Path.of(source.getPath());
        String type = source.getType() == null ? "" : source.getType();
        switch (type) {
            case "" -> {
                // As the engine would: what is missing is made a directory.
                if (!Files.exists(path)) {
                    Files.createDirectories(path);
                }
            }
            case "DirectoryOrCreate" -> {
                if (!Files.exists(path)) {
                    Files.createDirectories(path);
                    Files.setAttribute(path, "unix:mode", 0755);
                }
                check(Files.isDirectory(path), path, "a directory");
            }
            case "Directory" -> check(Files.isDirectory(path), path, "a directory");
            case "FileOrCreate" -> {
                if (!Files.exists(path)) {
                    Files.createFile(path);
                    Files.setAttribute(path, "unix:mode", 0644);
                }
                check(Files.isRegularFile(path), path, "a file");
            }
            case "File" -> check(Files.isRegularFile(path), path, "a file");
            case "Socket" -> check(type(path) == SOCKET, path, "a socket");
            case "CharDevice" -> check(type(path) == CHARACTER, path, "a character device");
            case "BlockDevice" -> check(type(path) == BLOCK, path, "a block device");
            default -> throw new IOException("invalid hostPath type \"" + type + "\"");
        }
        return path;
    }

    private static int type(Path path) throws IOException {
        return Files.exists(path) ? ((Integer) Files.getAttribute(path, "unix:mode", new LinkOption[0])) & TYPE : 0;
    }

    private static void check(boolean right, Path path, String what) throws IOException {
        if (!right) {
            throw new IOException("hostPath type check failed: " + path + " is not " + what);
        }
    }
}
