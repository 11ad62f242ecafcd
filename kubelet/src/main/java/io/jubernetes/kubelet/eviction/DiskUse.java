package io.jubernetes.kubelet.eviction;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;

/// How long a directory's files are together.
final class DiskUse {
    private DiskUse() {}

    /// Bytes of everything below a directory; what vanishes meanwhile does not count.
    static long of(Path directory) {
        var counter = new Counter();
        try {
            var _ = Files.walkFileTree(directory, counter);
        } catch (IOException e) {
            return counter.bytes;
        }
        return counter.bytes;
    }

    private static final class Counter extends SimpleFileVisitor<Path> {
        private long bytes;

        @Override
        public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
            bytes += attributes.isRegularFile() ? attributes.size() : 0;
            return FileVisitResult.CONTINUE;
        }

        @Override
        public FileVisitResult visitFileFailed(Path file, IOException failure) {
            return FileVisitResult.CONTINUE;
        }

        @Override
        public FileVisitResult postVisitDirectory(Path directory, IOException failure) {
            return FileVisitResult.CONTINUE;
        }
    }
}
