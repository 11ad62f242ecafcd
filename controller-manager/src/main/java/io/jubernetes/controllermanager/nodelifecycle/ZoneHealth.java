package io.jubernetes.controllermanager.nodelifecycle;

import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;

/// Limits how fast the pods of failing nodes are driven off, by how much of a zone fails: when all nodes of all
/// zones fail, it is rather the network or this program that fails, and nothing is driven off. Not thread-safe.
final class ZoneHealth {
    enum Mode {
        NORMAL,
        /// More than 55 % fail: slow, and in a small zone not at all.
        PARTIAL,
        /// All fail.
        FULL
    }

    private static final double UNHEALTHY_SHARE = 0.55;
    private static final int LARGE_ZONE = 50;
    private static final Duration RATE = Duration.ofSeconds(10);
    private static final Duration SLOW_RATE = Duration.ofSeconds(100);

    private final Map<String, Instant> nextEviction = new HashMap<>();

    /// @param ready whether each node of the zone is ready
    static Mode modeOf(Collection<Boolean> ready) {
        long failing = ready.stream().filter(each -> !each).count();
        if (!ready.isEmpty() && failing == ready.size()) {
            return Mode.FULL;
        }
        return failing > 2 && (double) failing / ready.size() >= UNHEALTHY_SHARE ? Mode.PARTIAL : Mode.NORMAL;
    }

    /// Whether the pods of one more node of a zone may be driven off now.
    ///
    /// @param zones for each zone whether each of its nodes is ready
    boolean mayEvict(String zone, Map<String, ? extends Collection<Boolean>> zones, Instant now) {
        if (zones.values().stream().allMatch(nodes -> modeOf(nodes) == Mode.FULL)) {
            return false;
        }
        Collection<Boolean> nodes = zones.get(zone);
        if (nodes == null) {
            return false;
        }
        Duration rate = switch (modeOf(nodes)) {
            case NORMAL, FULL -> RATE;
            case PARTIAL -> nodes.size() > LARGE_ZONE ? SLOW_RATE : Duration.ZERO;
        };
        if (rate.isZero() || now.isBefore(nextEviction.getOrDefault(zone, Instant.EPOCH))) {
            return false;
        }
        nextEviction.put(zone, now.plus(rate));
        return true;
    }
}
