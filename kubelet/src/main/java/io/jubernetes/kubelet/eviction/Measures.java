package io.jubernetes.kubelet.eviction;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/// Reads what the eviction signals stand for.
@SuppressWarnings("restricted") // the one system call that tells of inodes, with the types the C library declares
final class Measures {
    private static final MethodHandle STATVFS = Linker.nativeLinker()
            .downcallHandle(
                    Linker.nativeLinker().defaultLookup().find("statvfs").orElseThrow(),
                    FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.ADDRESS));
    /// Of `struct statvfs` on 64-bit Linux, with room to spare.
    private static final int SIZE = 256;

    private final Path nodeDisk;
    private final Path imageDisk;

    /// @param nodeDisk where volumes and logs are
    /// @param imageDisk where images are
    Measures(Path nodeDisk, Path imageDisk) {
        this.nodeDisk = nodeDisk;
        this.imageDisk = imageDisk;
    }

    /// By signal; what cannot be read is left out.
    Map<String, Measure> now() {
        Map<String, Measure> result = new HashMap<>();
        memory().ifPresent(memory -> result.put("memory.available", memory));
        processes().ifPresent(processes -> result.put("pid.available", processes));
        disk(result, "nodefs", nodeDisk);
        disk(result, "imagefs", imageDisk);
        disk(result, "containerfs", imageDisk);
        return result;
    }

    private static Optional<Measure> memory() {
        try {
            long total = 0;
            long available = 0;
            for (String line : Files.readAllLines(Path.of("/proc/meminfo"))) {
                if (line.startsWith("MemTotal:")) {
                    total = number(line) << 10;
                } else if (line.startsWith("MemAvailable:")) {
                    available = number(line) << 10;
                }
            }
            return total == 0 ? Optional.empty() : Optional.of(new Measure(available, total));
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /// In one piece: the kernel gives numbers below `/proc/sys` only to the first read of a file.
    private static String line(String file) throws IOException {
        return Files.readAllLines(Path.of(file)).getFirst();
    }

    private static long number(String line) {
        return Long.parseLong(line.replaceAll("[^0-9]", ""));
    }

    private static Optional<Measure> processes() {
        try {
            long most =
                    Math.min(number(line("/proc/sys/kernel/pid_max")), number(line("/proc/sys/kernel/threads-max")));
            // The fourth word of the load is `running/all`.
            String words = line("/proc/loadavg").split(" ")[3];
            long all = Long.parseLong(words.substring(words.indexOf('/') + 1));
            return Optional.of(new Measure(most - all, most));
        } catch (IOException | RuntimeException e) {
            return Optional.empty();
        }
    }

    private static void disk(Map<String, Measure> result, String name, Path path) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment answer = arena.allocate(SIZE, 8);
            if ((int) STATVFS.invokeExact(arena.allocateFrom(path.toString()), answer) != 0) {
                return;
            }
            long unit = answer.get(ValueLayout.JAVA_LONG, 8);
            long blocks = answer.get(ValueLayout.JAVA_LONG, 16);
            long freeBlocks = answer.get(ValueLayout.JAVA_LONG, 32);
            long inodes = answer.get(ValueLayout.JAVA_LONG, 40);
            long freeInodes = answer.get(ValueLayout.JAVA_LONG, 48);
            result.put(name + ".available", new Measure(freeBlocks * unit, blocks * unit));
            if (inodes > 0) {
                result.put(name + ".inodesFree", new Measure(freeInodes, inodes));
            }
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException("statvfs", e);
        }
    }
}
