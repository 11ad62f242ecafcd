package io.jubernetes.apiserver.flowcontrol;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.jubernetes.apiserver.flowcontrol.SeatAllocation.Claim;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// The priority levels in force, and how the server's seats are divided among them. Thread-safe.
final class PriorityLevels {
    private final int total;
    private final FlowClock clock;

    @GuardedBy("this")
    private final Map<String, LevelState> byName = new TreeMap<>();

    private volatile double fairFraction;

    /// @param total seats of the server
    PriorityLevels(int total, FlowClock clock) {
        this.total = total;
        this.clock = clock;
    }

    /// Puts other settings in force. Requests that wait on a level that is gone are served all the same.
    ///
    /// @return the levels that take requests, by name
    synchronized Map<String, LevelState> update(Collection<PriorityLevel> levels) {
        Map<String, LevelState> present = new LinkedHashMap<>();
        for (PriorityLevel level : levels) {
            LevelState state = byName.computeIfAbsent(level.name(), _ -> new LevelState(level, clock));
            state.configure(level);
            present.put(level.name(), state);
        }
        for (LevelState state : byName.values()) {
            if (!present.containsKey(state.name)) {
                state.leave();
            }
        }
        share();
        return present;
    }

    /// Ends a period: levels whose last requests are through go, and seats are lent and given back by what the levels
    /// asked for.
    synchronized void adjust() {
        byName.values().forEach(LevelState::observe);
        if (byName.values().removeIf(state -> state.isLeaving() && state.queues.isIdle())) {
            share();
        } else {
            allocate();
        }
    }

    @GuardedBy("this")
    private void share() {
        int shares = 0;
        for (LevelState state : byName.values()) {
            shares += state.level().shares();
        }
        for (LevelState state : byName.values()) {
            state.share((int) Math.ceil((double) total * state.level().shares() / Math.max(1, shares)), total);
        }
        allocate();
    }

    @GuardedBy("this")
    private void allocate() {
        List<LevelState> limited = new ArrayList<>();
        int left = 0;
        int lower = 0;
        int claimed = 0;
        for (LevelState state : byName.values()) {
            left += state.seating().nominal();
            if (state.level().exempt()) {
                state.seat(state.claim());
            } else {
                limited.add(state);
                lower += state.seating().lower();
                claimed += state.claim();
            }
        }
        // The exempt level takes what it needs, and what it does not the others have.
        for (LevelState state : byName.values()) {
            if (state.level().exempt()) {
                left -= state.seating().current();
            }
        }
        if (left <= claimed) {
            fairFraction = 0;
            double way = left <= lower ? 0 : (left - lower) / (double) (claimed - lower);
            for (LevelState state : limited) {
                int least = state.seating().lower();
                state.seat(least + (int) Math.round((state.claim() - least) * way));
            }
            return;
        }
        SeatAllocation allocation = SeatAllocation.of(
                left,
                limited.stream()
                        .map(state -> Claim.of(
                                state.claim(),
                                Math.max(state.claim(), state.seating().upper()),
                                Math.max(state.claim(), state.demand().smoothed())))
                        .toList());
        fairFraction = allocation.fraction();
        for (int i = 0; i < limited.size(); i++) {
            limited.get(i).seat((int) Math.round(allocation.seats().get(i)));
        }
    }

    /// All levels, those too that only serve their last requests.
    synchronized List<LevelState> all() {
        return List.copyOf(byName.values());
    }

    /// What part of the seats they aim at the levels have.
    double fairFraction() {
        return fairFraction;
    }
}
