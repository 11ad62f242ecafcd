package io.jubernetes.kubelet.volume;

import java.io.IOException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Clock;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/// Writes a set of files into a directory so that readers see all of the old set or all of the new one. The
/// files lie in a directory named by the time, `..data` is a link to it, and what users see are links through
/// `..data`; one rename of that link changes the whole set. Only one writer a directory.
final class AtomicWriter {
    private static final String DATA = "..data";
    private static final String DATA_NEXT = "..data_tmp";
    private static final DateTimeFormatter STAMP =
            DateTimeFormatter.ofPattern("'..'uuuu_MM_dd_HH_mm_ss").withZone(ZoneOffset.UTC);

    private final Path directory;
    private final Clock clock;

    AtomicWriter(Path directory, Clock clock) {
        this.directory = directory;
        this.clock = clock;
    }

    /// A file to be.
    ///
    /// @param mode permission bits
    /// @param owner user id; null for the kubelet's own
    record Projection(byte[] content, int mode, @Nullable Integer owner) {
        @Override
        public boolean equals(Object other) {
            return other instanceof Projection that
                    && mode == that.mode
                    && Arrays.equals(content, that.content)
                    && java.util.Objects.equals(owner, that.owner);
        }

        @Override
        public int hashCode() {
            return Arrays.hashCode(content) * 31 + mode;
        }
    }

    /// Makes the directory hold exactly `files`; keys are relative paths.
    ///
    /// @param group set as the files' group, which may then read them; null to leave it
    /// @return whether anything changed
    boolean write(Map<String, Projection> files, @Nullable Long group) throws IOException {
        for (String path : files.keySet()) {
            check(path);
        }
        Path data = directory.resolve(DATA);
        @Nullable Path old = Files.isSymbolicLink(data) ? directory.resolve(Files.readSymbolicLink(data)) : null;
        if (old != null && same(old, files, group)) {
            link(files.keySet());
            return false;
        }
        Path fresh = directory.resolve(STAMP.format(clock.instant()) + "."
                + Integer.toUnsignedString(ThreadLocalRandom.current().nextInt()));
        Files.createDirectory(fresh);
        Files.setAttribute(fresh, "unix:mode", 0755);
        for (var file : files.entrySet()) {
            write(fresh.resolve(file.getKey()), file.getValue());
        }
        if (group != null) {
            Ownership.apply(fresh, group, true);
        }
        Path next = directory.resolve(DATA_NEXT);
        Files.deleteIfExists(next);
        Files.createSymbolicLink(next, fresh.getFileName());
        try {
            Files.move(next, data, StandardCopyOption.ATOMIC_MOVE);
        } catch (AtomicMoveNotSupportedException e) {
            throw new IOException("cannot replace " + data, e);
        }
        link(files.keySet());
        unlinkStale(files.keySet());
        if (old != null && !old.equals(fresh)) {
            Trees.delete(old);
        }
        return true;
    }

    private static void check(String path) throws IOException {
        if (path.isEmpty()
                || path.startsWith("/")
                || path.startsWith("..")
                || Arrays.asList(path.split("/")).contains("..")) {
            throw new IOException("invalid path in a volume: " + path);
        }
    }

    private static boolean same(Path old, Map<String, Projection> files, @Nullable Long group) throws IOException {
        if (!Files.isDirectory(old)) {
            return false;
        }
        Set<String> there = new HashSet<>();
        try (var walk = Files.walk(old)) {
            for (Path path : (Iterable<Path>) walk::iterator) {
                if (Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS)) {
                    there.add(old.relativize(path).toString());
                }
            }
        }
        if (!there.equals(files.keySet())) {
            return false;
        }
        for (var file : files.entrySet()) {
            Path path = old.resolve(file.getKey());
            int mode = (Integer) Files.getAttribute(path, "unix:mode") & 0777;
            int wanted =
                    group == null ? file.getValue().mode() : file.getValue().mode() | Ownership.READ_ONLY;
            if (mode != wanted
                    || !Arrays.equals(Files.readAllBytes(path), file.getValue().content())) {
                return false;
            }
        }
        return true;
    }

    private static void write(Path path, Projection file) throws IOException {
        Files.createDirectories(path.getParent());
        Files.write(path, file.content());
        Files.setAttribute(path, "unix:mode", file.mode());
        if (file.owner() != null) {
            Files.setAttribute(path, "unix:uid", file.owner());
        }
    }

    /// What users see: the first part of each path, linked through `..data`.
    private void link(Set<String> paths) throws IOException {
        for (String name : tops(paths)) {
            Path link = directory.resolve(name);
            if (!Files.isSymbolicLink(link)) {
                Files.createSymbolicLink(link, Path.of(DATA, name));
            }
        }
    }

    private void unlinkStale(Set<String> paths) throws IOException {
        Set<String> wanted = tops(paths);
        try (DirectoryStream<Path> all = Files.newDirectoryStream(directory)) {
            for (Path path : all) {
                String name = path.getFileName().toString();
                if (!name.startsWith("..") && !wanted.contains(name)) {
                    Files.deleteIfExists(path);
                }
            }
        }
    }

    private static Set<String> tops(Set<String> paths) {
        var tops = new TreeSet<String>();
        paths.forEach(path -> tops.add(path.indexOf('/') < 0 ? path : path.substring(0, path.indexOf('/'))));
        return tops;
    }
}
