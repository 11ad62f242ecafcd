package io.jubernetes.kubelet.node;

import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/// What the machine has, read from the kernel.
public final class Machine {
    private static final Path PROC = Path.of("/proc");
    private static final int CAP_SYS_RESOURCE = 24;

    private Machine() {}

    /// Processors this process may use.
    static int processors() {
        return Runtime.getRuntime().availableProcessors();
    }

    /// Bytes of memory.
    public static long memory() {
        return memInfo("MemTotal");
    }

    /// Bytes that can be had without swapping.
    static long availableMemory() {
        return memInfo("MemAvailable");
    }

    static long freeMemory() {
        return memInfo("MemFree");
    }

    private static long memInfo(String field) {
        try (var lines = Files.lines(PROC.resolve("meminfo"))) {
            return lines.filter(line -> line.startsWith(field + ":"))
                    .map(line -> line.replaceAll("[^0-9]", ""))
                    .mapToLong(Long::parseLong)
                    .map(kibibytes -> kibibytes << 10)
                    .findFirst()
                    .orElse(0);
        } catch (IOException e) {
            return 0;
        }
    }

    /// The file system that holds a path.
    static Optional<Disk> disk(Path path) {
        try {
            Path existing = path.toAbsolutePath();
            while (!Files.exists(existing) && existing.getParent() != null) {
                existing = existing.getParent();
            }
            FileStore store = Files.getFileStore(existing);
            return Optional.of(new Disk(store.getTotalSpace(), store.getUsableSpace()));
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /// @param total bytes
    /// @param available bytes
    record Disk(long total, long available) {}

    /// Huge page sizes and how many pages there are, by resource name.
    static java.util.Map<String, Long> hugePages() {
        var result = new java.util.TreeMap<String, Long>();
        try (var directories = Files.newDirectoryStream(Path.of("/sys/kernel/mm/hugepages"), "hugepages-*")) {
            for (Path directory : directories) {
                long kibibytes =
                        Long.parseLong(directory.getFileName().toString().replaceAll("[^0-9]", ""));
                long count = Long.parseLong(
                        Files.readString(directory.resolve("nr_hugepages")).strip());
                String name = kibibytes >= 1 << 20 ? (kibibytes >> 20) + "Gi" : (kibibytes >> 10) + "Mi";
                result.put("hugepages-" + name, count * kibibytes << 10);
            }
        } catch (IOException | NumberFormatException e) {
            return java.util.Map.of();
        }
        return result;
    }

    static String machineId() {
        return read(Path.of("/etc/machine-id"))
                .or(() -> read(Path.of("/var/lib/dbus/machine-id")))
                .orElse("");
    }

    static String systemUuid() {
        return read(Path.of("/sys/class/dmi/id/product_uuid")).orElseGet(Machine::machineId);
    }

    static String bootId() {
        return read(PROC.resolve("sys/kernel/random/boot_id")).orElse("");
    }

    private static Optional<String> read(Path file) {
        try {
            return Optional.of(Files.readString(file).strip());
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /// The lowest OOM score that this machine lets others have: without the right to lower scores, none below
    /// zero.
    public static int lowestOomScore() {
        try (var lines = Files.lines(PROC.resolve("self/status"))) {
            long effective = lines.filter(line -> line.startsWith("CapEff:"))
                    .map(line -> Long.parseUnsignedLong(line.substring(7).strip(), 16))
                    .findFirst()
                    .orElse(0L);
            return (effective >> CAP_SYS_RESOURCE & 1) == 1 ? -1000 : 0;
        } catch (IOException e) {
            return 0;
        }
    }

    /// Go's name of the processor architecture.
    static String architecture() {
        return switch (System.getProperty("os.arch")) {
            case "amd64", "x86_64" -> "amd64";
            case "aarch64" -> "arm64";
            case String other -> other;
        };
    }
}
