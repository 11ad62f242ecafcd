package io.jubernetes.kubelet.volume;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;

/// Gives a volume to a pod's `fsGroup`.
final class Ownership {
    /// Owner and group may read.
    static final int READ_ONLY = 0440;

    private static final int READ_WRITE = 0660;
    /// New files in a directory get its group.
    private static final int SET_GROUP = 02000;

    private static final int ENTER = 0110;
    /// What a directory that was given to a group has.
    static final int DIRECTORY = READ_WRITE | SET_GROUP | ENTER;

    private Ownership() {}

    /// Sets the group of everything below a directory, and lets it in.
    static void apply(Path root, long group, boolean readOnly) throws IOException {
        int mask = readOnly ? READ_ONLY : READ_WRITE;
        try (var walk = Files.walk(root)) {
            for (Path path : (Iterable<Path>) walk::iterator) {
                Files.setAttribute(path, "unix:gid", (int) group, LinkOption.NOFOLLOW_LINKS);
                if (Files.isSymbolicLink(path)) {
                    continue;
                }
                int mode = (Integer) Files.getAttribute(path, "unix:mode") & 07777;
                int extra = Files.isDirectory(path) ? mask | SET_GROUP | ENTER : mask;
                Files.setAttribute(path, "unix:mode", mode | extra);
            }
        }
    }
}
