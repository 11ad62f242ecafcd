package io.jubernetes.kubelet.volume;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/// A part of a volume for a container, safe against whoever can write to the volume: the path is walked by
/// open directory handles that follow no symbolic links, and what the last handle holds is bound to a place
/// that only the kubelet writes to. Renaming things meanwhile changes nothing.
final class SubPath {
    private static final int DIRECTORY_MODE = 0750;
    private static final int AT_FDCWD = -100;
    private static final int HOLD = Native.O_PATH | Native.O_NOFOLLOW | Native.O_CLOEXEC;

    private SubPath() {}

    /// Binds `volume/subPath` to `target`; missing directories are made, with the volume's own owner and
    /// mode.
    ///
    /// @throws IOException when the path leads out of the volume
    static void bind(Path volume, String subPath, Path target) throws IOException {
        Path root = volume.toRealPath();
        Path wanted = root.resolve(subPath).normalize();
        if (subPath.startsWith("/") || Path.of(subPath).normalize().startsWith("..") || !wanted.startsWith(root)) {
            throw new IOException("subPath \"" + subPath + "\" must not leave its volume");
        }
        // Links within the volume are allowed; where they lead now is what is walked without following any.
        Path real = realPath(wanted);
        if (!real.startsWith(root)) {
            throw new IOException("subPath \"" + subPath + "\" leads out of its volume");
        }
        int held = open(root, root.relativize(real));
        try {
            Path source = Path.of("/proc/" + ProcessHandle.current().pid() + "/fd/" + held);
            boolean directory = Files.isDirectory(source);
            Files.createDirectories(target.getParent());
            if (directory) {
                Files.createDirectories(target);
            } else if (!Files.exists(target)) {
                Files.createFile(target);
            }
            if (!Mounts.isMounted(target)) {
                Mounts.bind(source.toString(), target);
            }
        } finally {
            Native.close(held);
        }
    }

    /// The real path of what exists of a path, and the rest after it.
    private static Path realPath(Path path) throws IOException {
        try {
            return path.toRealPath();
        } catch (NoSuchFileException e) {
            Path parent = path.getParent();
            if (parent == null || Files.isSymbolicLink(path)) {
                throw e;
            }
            return realPath(parent).resolve(path.getFileName());
        }
    }

    private static int open(Path root, Path relative) throws IOException {
        int current = Native.openAt(AT_FDCWD, root.toString(), HOLD | Native.O_DIRECTORY);
        for (Path part : relative) {
            if (part.toString().isEmpty()) {
                continue;
            }
            int next;
            try {
                next = openOrMake(current, part.toString());
                Path opened = Path.of("/proc/self/fd/" + next);
                if (Files.isSymbolicLink(Files.readSymbolicLink(opened))) {
                    Native.close(next);
                    throw new IOException("subPath runs into a symbolic link at " + part);
                }
            } finally {
                Native.close(current);
            }
            current = next;
        }
        return current;
    }

    private static int openOrMake(int directory, String name) throws IOException {
        try {
            return Native.openAt(directory, name, HOLD);
        } catch (Native.Failure missing) {
            if (missing.errno() != Native.ENOENT) {
                throw missing;
            }
            try {
                Native.makeDirectoryAt(directory, name, DIRECTORY_MODE);
            } catch (Native.Failure raced) {
                if (raced.errno() != Native.EEXIST) {
                    throw raced;
                }
            }
            int made = Native.openAt(directory, name, HOLD);
            likeParent(Path.of("/proc/self/fd/" + directory), Path.of("/proc/self/fd/" + made));
            return made;
        }
    }

    /// As upstream: a directory made on the way has the permissions of the volume.
    private static void likeParent(Path parent, Path made) throws IOException {
        Files.setAttribute(made, "unix:mode", mode(parent));
        Files.setAttribute(made, "unix:uid", Files.getAttribute(parent, "unix:uid"));
        Files.setAttribute(made, "unix:gid", Files.getAttribute(parent, "unix:gid"));
    }

    private static int mode(Path path) throws IOException {
        return ((Integer) Files.getAttribute(path, "unix:mode")) & 07777;
    }
}
