package io.jubernetes.apiserver.flowcontrol;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// How the server's seats are divided, lent and given back.
class PriorityLevelsTest {
    private static final Duration PERIOD = Duration.ofSeconds(10);

    private final HandMovedClock clock = new HandMovedClock();
    private final FlowMeters meters = new FlowMeters(new SimpleMeterRegistry(), "schema", "level");

    private static PriorityLevel limited(String name, int shares, int lendable, @Nullable Integer borrowing) {
        return new PriorityLevel(name, "", false, shares, lendable, borrowing, new PriorityLevel.Queuing(128, 6, 50));
    }

    private static LevelState level(Map<String, LevelState> states, String name) {
        return Objects.requireNonNull(states.get(name), name);
    }

    private void ask(LevelState level, int requests) {
        for (int i = 0; i < requests; i++) {
            String user = "user " + i;
            var ticket = new Ticket(
                    level.queues, Arrivals.of(user, "GET", "/api/v1/pods"), meters, user, WorkEstimate.ONE_SEAT);
            level.queues.arrive(ticket, FlowHash.of("schema", user));
        }
    }

    @ParameterizedTest
    @CsvSource({
        "exempt, 0, 0, 600",
        "catch-all, 13, 13, 600",
        "global-default, 49, 24, 600",
        "leader-election, 25, 25, 600",
        "node-high, 98, 73, 600",
        "system, 74, 50, 600",
        "workload-high, 98, 49, 600",
        "workload-low, 245, 24, 600",
    })
    void theLevelsOfTheStartHaveUpstreamsSeats(String name, int nominal, int lower, int upper) {
        var levels = new PriorityLevels(600, clock);
        Map<String, LevelState> states = levels.update(BootstrapFlows.read().of("PriorityLevelConfiguration").stream()
                .map(PriorityLevel::of)
                .toList());
        LevelState.Seating seating = level(states, name).seating();
        assertThat(List.of(seating.nominal(), seating.lower(), seating.upper())).containsExactly(nominal, lower, upper);
    }

    @Test
    void aBusyLevelBorrowsWhatAnIdleOneDoesNotUseAndGivesItBack() {
        var levels = new PriorityLevels(100, clock);
        Map<String, LevelState> states =
                levels.update(List.of(limited("busy", 50, 0, null), limited("idle", 50, 80, null)));
        LevelState busy = level(states, "busy");
        LevelState idle = level(states, "idle");
        ask(busy, 200);
        clock.advance(PERIOD);
        levels.adjust();
        assertThat(busy.seating().current()).isBetween(80, 90);
        assertThat(idle.seating().current()).isEqualTo(100 - busy.seating().current());

        ask(idle, 200);
        clock.advance(PERIOD);
        levels.adjust();
        assertThat(idle.seating().current()).isEqualTo(50);
        assertThat(busy.seating().current()).isEqualTo(50);
    }

    @Test
    void aLevelBorrowsNoMoreThanItsLimit() {
        var levels = new PriorityLevels(100, clock);
        Map<String, LevelState> states =
                levels.update(List.of(limited("busy", 50, 0, 20), limited("idle", 50, 100, null)));
        ask(level(states, "busy"), 200);
        clock.advance(PERIOD);
        levels.adjust();
        assertThat(level(states, "busy").seating()).isEqualTo(new LevelState.Seating(50, 50, 60, 60));
    }

    @Test
    void whatAnExemptLevelUsesTheOthersDoNotHave() {
        var levels = new PriorityLevels(100, clock);
        Map<String, LevelState> states = levels.update(
                List.of(new PriorityLevel("exempt", "", true, 50, 100, null, null), limited("other", 50, 0, null)));
        LevelState exempt = level(states, "exempt");
        LevelState other = level(states, "other");
        assertThat(other.seating().current()).isEqualTo(100);
        ask(exempt, 30);
        clock.advance(PERIOD);
        levels.adjust();
        assertThat(exempt.seating().current()).isEqualTo(30);
        assertThat(other.seating().current()).isEqualTo(70);
    }

    @Test
    void aLevelThatIsGoneServesItsLastRequests() {
        var levels = new PriorityLevels(10, clock);
        LevelState old = level(levels.update(List.of(limited("old", 10, 0, 0))), "old");
        List<Ticket> tickets = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            var ticket = new Ticket(old.queues, Arrivals.of("a", "GET", "/api"), meters, "a", WorkEstimate.ofSeats(10));
            old.queues.arrive(ticket, 1);
            tickets.add(ticket);
        }
        assertThat(levels.update(List.of(limited("new", 10, 0, 0)))).containsOnlyKeys("new");
        levels.adjust();
        assertThat(levels.all()).extracting(level -> level.name).containsExactly("new", "old");
        tickets.getFirst().release();
        assertThat(tickets.getLast().state).isEqualTo(Ticket.State.EXECUTING);
        tickets.getLast().release();
        levels.adjust();
        assertThat(levels.all()).extracting(level -> level.name).containsExactly("new");
        assertThat(levels.all().getFirst().seating().nominal()).isEqualTo(10);
    }

    @ParameterizedTest
    @CsvSource({
        "5, 6, 1",
        "10, 6, 1",
        "15, 6, 2",
        "20, 6, 3",
        "35, 6, 5",
        "100, 6, 15",
        "200, 6, 30",
        "10, 1, 2",
        "100, 20, 5"
    })
    void oneRequestTakesNoMoreThanAPartOfItsLevel(int nominal, int handSize, int most) {
        var levels = new PriorityLevels(nominal, clock);
        var level = new PriorityLevel("a", "", false, 100, 0, null, new PriorityLevel.Queuing(128, handSize, 50));
        assertThat(level(levels.update(List.of(level)), "a").mostSeatsOfOne()).isEqualTo(most);
    }
}
