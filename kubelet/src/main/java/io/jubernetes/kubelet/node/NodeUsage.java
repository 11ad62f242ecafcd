package io.jubernetes.kubelet.node;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;

/// What the whole machine uses.
///
/// @param at when it was read
/// @param cpuNanos processor time since the machine started
/// @param memoryUsage bytes that are not free
/// @param workingSet bytes that cannot be had
public record NodeUsage(Instant at, Instant bootTime, long cpuNanos, long memoryUsage, long workingSet) {
    private static final long NANOS_PER_TICK = 10_000_000;
    private static final int IDLE = 4;
    private static final int IO_WAIT = 5;

    /// Reads the kernel's counters.
    public static NodeUsage now(Instant now) {
        long ticks = 0;
        Instant boot = now;
        try {
            for (String line : Files.readAllLines(Path.of("/proc/stat"))) {
                String[] words = line.split(" +");
                if (words[0].equals("cpu")) {
                    for (int i = 1; i < Math.min(words.length, 9); i++) {
                        ticks += i == IDLE || i == IO_WAIT ? 0 : Long.parseLong(words[i]);
                    }
                } else if (words[0].equals("btime")) {
                    boot = Instant.ofEpochSecond(Long.parseLong(words[1]));
                }
            }
        } catch (IOException | NumberFormatException e) {
            ticks = 0;
        }
        long total = Machine.memory();
        long available = Machine.availableMemory();
        return new NodeUsage(now, boot, ticks * NANOS_PER_TICK, total - Machine.freeMemory(), total - available);
    }
}
