package io.jubernetes.kubelet.volume;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/// Mounting through the C library: a program for each mount would cost several milliseconds on every pod's
/// way.
final class Mounts {
    private static final long MS_RDONLY = 1;
    private static final long MS_NOEXEC = 8;
    private static final long MS_REMOUNT = 32;
    private static final long MS_BIND = 4096;
    private static final int MNT_DETACH = 2;

    private Mounts() {}

    /// Mounts a file system in memory.
    ///
    /// @param bytes its limit; 0 for the kernel's own, half of the memory
    static void tmpfs(Path target, long bytes) throws IOException {
        Native.mount("tmpfs", target.toString(), "tmpfs", 0, bytes > 0 ? "size=" + bytes : "");
    }

    /// Shows a file or directory at another place.
    static void bind(String source, Path target) throws IOException {
        Native.mount(source, target.toString(), "", MS_BIND, "");
    }

    static void remountReadOnly(Path target) throws IOException {
        Native.mount("", target.toString(), "", MS_BIND | MS_REMOUNT | MS_RDONLY, "");
    }

    /// Shows directories laid over each other, to be read only and not to be run from.
    ///
    /// @param layers the uppermost first
    static void layers(Path target, List<Path> layers) throws IOException {
        if (layers.size() == 1) {
            bind(layers.getFirst().toString(), target);
            Native.mount("", target.toString(), "", MS_BIND | MS_REMOUNT | MS_RDONLY | MS_NOEXEC, "");
        } else {
            String all = String.join(":", layers.stream().map(Path::toString).toList());
            Native.mount("overlay", target.toString(), "overlay", MS_RDONLY | MS_NOEXEC, "lowerdir=" + all);
        }
    }

    /// Takes away everything mounted at or below a directory, the innermost first.
    static void unmountAll(Path directory) throws IOException {
        List<Path> mounted = below(directory);
        Collections.reverse(mounted);
        for (Path target : mounted) {
            Native.unmount(target.toString(), MNT_DETACH);
        }
    }

    static boolean isMounted(Path directory) throws IOException {
        return below(directory).contains(directory.toAbsolutePath());
    }

    /// Mount points at or below a directory in the order they were made.
    static List<Path> below(Path directory) throws IOException {
        Path absolute = directory.toAbsolutePath();
        var result = new ArrayList<Path>();
        try (var lines = Files.lines(Path.of("/proc/self/mountinfo"), StandardCharsets.UTF_8)) {
            lines.forEach(line -> {
                String[] fields = line.split(" ", 6);
                if (fields.length > 4) {
                    Path point = Path.of(unescape(fields[4]));
                    if (point.startsWith(absolute)) {
                        result.add(point);
                    }
                }
            });
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
        return result;
    }

    /// The kernel writes blanks and the like as `\040`.
    private static String unescape(String text) {
        if (text.indexOf('\\') < 0) {
            return text;
        }
        var out = new StringBuilder();
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) == '\\' && i + 3 < text.length()) {
                out.append((char) Integer.parseInt(text.substring(i + 1, i + 4), 8));
                i += 3;
            } else {
                out.append(text.charAt(i));
            }
        }
        return out.toString();
    }
}
