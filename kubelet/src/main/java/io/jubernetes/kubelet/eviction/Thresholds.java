package io.jubernetes.kubelet.eviction;

import io.jubernetes.common.meta.Quantity;
import io.jubernetes.kubelet.config.NodePolicies;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/// Which thresholds are crossed, since when, and which conditions the node has for it. Not thread-safe; told of each
/// look at the machine in turn.
final class Thresholds {
    static final String MEMORY_PRESSURE = "MemoryPressure";
    static final String DISK_PRESSURE = "DiskPressure";
    static final String PID_PRESSURE = "PIDPressure";

    private final NodePolicies.Eviction policy;
    private final List<Threshold> all = new ArrayList<>();
    private final Map<Threshold, Instant> since = new HashMap<>();
    private final Map<String, Instant> lastSeen = new HashMap<>();

    /// @param amount such as `100Mi` or `10%`
    /// @param grace how long it may be crossed; zero at a hard one
    record Threshold(String signal, String amount, Duration grace, boolean hard) {
        /// How much there must be.
        long floor(Measure measure) {
            return bytes(amount, measure.capacity());
        }
    }

    Thresholds(NodePolicies.Eviction policy) {
        this.policy = policy;
        policy.hard().forEach((signal, amount) -> all.add(new Threshold(signal, amount, Duration.ZERO, true)));
        policy.soft()
                .forEach((signal, amount) -> all.add(
                        new Threshold(signal, amount, policy.softGrace().getOrDefault(signal, Duration.ZERO), false)));
    }

    /// An amount, or a part of a capacity.
    ///
    /// @throws IllegalArgumentException when it is neither
    static long bytes(String amount, long capacity) {
        return amount.endsWith("%")
                ? new BigDecimal(amount.substring(0, amount.length() - 1))
                        .multiply(BigDecimal.valueOf(capacity))
                        .movePointLeft(2)
                        .longValue()
                : Quantity.parse(amount).toLong();
    }

    static String condition(String signal) {
        return signal.startsWith("memory.")
                ? MEMORY_PRESSURE
                : signal.startsWith("pid.") ? PID_PRESSURE : DISK_PRESSURE;
    }

    /// The resource that a signal is about, as messages call it.
    static String resource(String signal) {
        return switch (condition(signal)) {
            case MEMORY_PRESSURE -> "memory";
            case PID_PRESSURE -> "pids";
            default -> signal.endsWith("inodesFree") ? "inodes" : "ephemeral-storage";
        };
    }

    /// Takes a look at the machine into account.
    ///
    /// @return the thresholds that call for action, hard ones first
    List<Threshold> look(Map<String, Measure> measures, Instant now) {
        List<Threshold> due = new ArrayList<>();
        for (Threshold threshold : all) {
            Measure measure = measures.get(threshold.signal());
            if (measure == null) {
                continue;
            }
            long floor = threshold.floor(measure);
            // Once crossed, a threshold is left behind only with something to spare.
            boolean crossed = measure.available() < floor
                    || since.containsKey(threshold) && measure.available() < floor + reclaim(threshold, measure);
            if (!crossed) {
                since.remove(threshold);
                continue;
            }
            lastSeen.put(condition(threshold.signal()), now);
            Instant first = since.computeIfAbsent(threshold, _ -> now);
            if (Duration.between(first, now).compareTo(threshold.grace()) >= 0) {
                due.add(threshold);
            }
        }
        due.sort((a, b) -> Boolean.compare(b.hard(), a.hard()));
        return due;
    }

    private long reclaim(Threshold threshold, Measure measure) {
        String more = policy.minimumReclaim().get(threshold.signal());
        return more == null ? 0 : bytes(more, measure.capacity());
    }

    /// The conditions that hold, or did until lately.
    Set<String> conditions(Instant now) {
        Set<String> result = new TreeSet<>();
        lastSeen.forEach((condition, seen) -> {
            boolean holds = since.keySet().stream()
                    .anyMatch(threshold -> condition(threshold.signal()).equals(condition));
            if (holds || Duration.between(seen, now).compareTo(policy.transition()) < 0) {
                result.add(condition);
            }
        });
        return result;
    }
}
