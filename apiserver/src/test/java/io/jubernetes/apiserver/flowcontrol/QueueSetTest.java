package io.jubernetes.apiserver.flowcontrol;

import static org.assertj.core.api.Assertions.assertThat;

import io.jubernetes.apiserver.flowcontrol.PriorityLevel.Queuing;
import io.jubernetes.apiserver.flowcontrol.Ticket.State;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/// Whose turn it is on one level, with time that the test moves.
class QueueSetTest {
    private static final Duration SHORT = Duration.ofMillis(10);

    private final HandMovedClock clock = new HandMovedClock();
    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    private final FlowMeters meters = new FlowMeters(registry, "schema", "level");

    private static PriorityLevel level(@Nullable Queuing queuing) {
        return new PriorityLevel("level", "", false, 30, 0, null, queuing);
    }

    private QueueSet queues(int seats, int queues, int handSize, int lengthLimit) {
        return new QueueSet(level(new Queuing(queues, handSize, lengthLimit)), seats, clock);
    }

    private Ticket arrive(QueueSet set, String flow, WorkEstimate work) {
        return arrive(set, flow, work, FlowHash.of("schema", flow));
    }

    private Ticket arrive(QueueSet set, String flow, WorkEstimate work, long hash) {
        Arrival arrival = Arrivals.of(flow, "GET", "/api/v1/pods");
        var ticket = new Ticket(set, arrival, meters, flow, work);
        set.arrive(ticket, hash);
        return ticket;
    }

    private Ticket arrive(QueueSet set, String flow) {
        return arrive(set, flow, WorkEstimate.ONE_SEAT);
    }

    private static long executing(List<Ticket> tickets) {
        return tickets.stream()
                .filter(ticket -> ticket.state == State.EXECUTING)
                .count();
    }

    @Test
    void requestsAreCarriedOutAsLongAsThereAreSeatsAndThenInTheirOrder() {
        QueueSet set = queues(2, 8, 2, 50);
        Ticket first = arrive(set, "a");
        Ticket second = arrive(set, "a");
        Ticket third = arrive(set, "a");
        Ticket fourth = arrive(set, "a");
        assertThat(List.of(first, second)).allMatch(ticket -> ticket.state == State.EXECUTING);
        assertThat(List.of(third, fourth)).allMatch(ticket -> ticket.state == State.WAITING);
        clock.advance(SHORT);
        second.release();
        second.release();
        assertThat(executing(List.of(third, fourth))).isEqualTo(1);
        first.release();
        assertThat(executing(List.of(third, fourth))).isEqualTo(2);
        assertThat(set.isIdle()).isFalse();
        third.release();
        fourth.release();
        assertThat(set.isIdle()).isTrue();
    }

    @Test
    void aFlowThatFloodsItsQueuesKeepsNoOtherFromItsTurn() {
        QueueSet set = queues(4, 64, 6, 1000);
        List<Ticket> flood = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            flood.add(arrive(set, "elephant"));
        }
        Ticket mouse = arrive(set, "mouse");
        assertThat(mouse.state).isEqualTo(State.WAITING);
        // It waits for one turn of the flood's queues, not for the whole flood.
        int rounds = 0;
        while (mouse.state == State.WAITING) {
            clock.advance(SHORT);
            flood.stream()
                    .filter(ticket -> ticket.state == State.EXECUTING)
                    .toList()
                    .forEach(Ticket::release);
            rounds++;
        }
        assertThat(rounds).isLessThanOrEqualTo(3);
    }

    @Test
    void flowsThatAlwaysWantMoreGetTheSameSeats() {
        Map<String, Integer> served = served(6, Map.of("one", 10, "other", 100), Map.of());
        int one = served.getOrDefault("one", 0);
        assertThat(served.get("other")).isBetween(one * 9 / 10, one * 11 / 10);
    }

    @Test
    void aFlowOfWideRequestsGetsItsShareOfSeatsAndNoMore() {
        Map<String, Integer> served = served(8, Map.of("wide", 20, "narrow", 20), Map.of("wide", 4));
        int narrow = served.getOrDefault("narrow", 0);
        assertThat(served.getOrDefault("wide", 0) * 4).isBetween(narrow * 9 / 10, narrow * 11 / 10);
    }

    /// How many requests of each flow are served when each has a queue of its own and keeps so many in it.
    private Map<String, Integer> served(int seats, Map<String, Integer> kept, Map<String, Integer> widths) {
        QueueSet set = queues(seats, kept.size(), 1, 1000);
        List<String> flows = List.copyOf(kept.keySet());
        Map<String, Integer> served = new HashMap<>();
        List<Ticket> present = new ArrayList<>();
        for (String flow : flows) {
            for (int i = 0; i < kept.getOrDefault(flow, 0); i++) {
                WorkEstimate work = WorkEstimate.ofSeats(widths.getOrDefault(flow, 1));
                present.add(arrive(set, flow, work, flows.indexOf(flow)));
            }
        }
        for (int round = 0; round < 500; round++) {
            clock.advance(SHORT);
            for (Ticket ticket : List.copyOf(present)) {
                if (ticket.state == State.EXECUTING && clock.nanos() > ticket.startedAt) {
                    String flow = ticket.distinguisher;
                    present.remove(ticket);
                    served.merge(flow, 1, Integer::sum);
                    present.add(arrive(set, flow, ticket.work, flows.indexOf(flow)));
                    ticket.release();
                }
            }
        }
        return served;
    }

    @Test
    void aRequestWiderThanTheLevelHasItForItself() {
        QueueSet set = queues(2, 8, 2, 50);
        Ticket before = arrive(set, "a");
        Ticket wide = arrive(set, "b", WorkEstimate.ofSeats(5));
        assertThat(wide.state).isEqualTo(State.WAITING);
        before.release();
        assertThat(wide.state).isEqualTo(State.EXECUTING);
        Ticket after = arrive(set, "c");
        assertThat(after.state).isEqualTo(State.WAITING);
        wide.release();
        assertThat(after.state).isEqualTo(State.EXECUTING);
    }

    @Test
    void seatsStayTakenForTheAdditionalLatency() {
        QueueSet set = queues(2, 8, 2, 50);
        Ticket change = arrive(set, "a", new WorkEstimate(1, 2, Duration.ofMillis(50)));
        Ticket next = arrive(set, "b");
        change.release();
        clock.advance(Duration.ofMillis(49));
        assertThat(next.state).isEqualTo(State.WAITING);
        clock.advance(Duration.ofMillis(2));
        assertThat(next.state).isEqualTo(State.EXECUTING);
    }

    @Test
    void whatAFullQueueCannotTakeIsRefused() {
        QueueSet set = queues(1, 1, 1, 2);
        List<Ticket> tickets = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            tickets.add(arrive(set, "a"));
        }
        assertThat(tickets)
                .extracting(ticket -> ticket.state)
                .containsExactly(State.EXECUTING, State.WAITING, State.WAITING, State.REFUSED, State.REFUSED);
        assertThat(refused("queue-full")).isEqualTo(2);
    }

    @Test
    void aLevelWithoutQueuesRefusesWhatIsTooMuch() {
        QueueSet set = new QueueSet(level(null), 1, clock);
        Ticket first = arrive(set, "a");
        assertThat(arrive(set, "b").state).isEqualTo(State.REFUSED);
        assertThat(refused("concurrency-limit")).isEqualTo(1);
        first.release();
        assertThat(arrive(set, "b").state).isEqualTo(State.EXECUTING);
    }

    @Test
    void anExemptLevelTakesEverything() {
        QueueSet set = new QueueSet(new PriorityLevel("exempt", "", true, 0, 0, null, null), 0, clock);
        for (int i = 0; i < 100; i++) {
            assertThat(arrive(set, "a", WorkEstimate.ofSeats(10)).state).isEqualTo(State.EXECUTING);
        }
        assertThat(set.nextPeriod().most()).isEqualTo(1000);
    }

    @Test
    void whoeverGivesUpLeavesHisPlaceToTheNext() throws InterruptedException {
        QueueSet set = queues(2, 1, 1, 50);
        Ticket first = arrive(set, "a");
        Ticket wide = arrive(set, "b", WorkEstimate.ofSeats(2));
        Ticket narrow = arrive(set, "c");
        assertThat(narrow.state).isEqualTo(State.WAITING);
        assertThat(wide.await(Duration.ZERO)).isFalse();
        assertThat(narrow.await(Duration.ZERO)).isTrue();
        assertThat(refused("time-out")).isEqualTo(1);
        first.release();
        narrow.release();
        assertThat(set.isIdle()).isTrue();
    }

    @Test
    void moreSeatsLetMoreRequestsInAtOnce() {
        QueueSet set = queues(1, 8, 2, 50);
        List<Ticket> tickets = List.of(arrive(set, "a"), arrive(set, "b"), arrive(set, "c"));
        assertThat(executing(tickets)).isEqualTo(1);
        set.configure(level(new Queuing(8, 2, 50)), 3);
        assertThat(executing(tickets)).isEqualTo(3);
    }

    @Test
    void requestsInQueuesThatALevelHasNoMoreAreServedAllTheSame() {
        QueueSet set = queues(1, 64, 1, 50);
        List<Ticket> tickets = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            tickets.add(arrive(set, "flow " + i));
        }
        set.configure(level(null), 1);
        assertThat(arrive(set, "late").state).isEqualTo(State.REFUSED);
        for (int i = 0; i < 20; i++) {
            assertThat(executing(tickets)).isEqualTo(1);
            tickets.stream()
                    .filter(ticket -> ticket.state == State.EXECUTING)
                    .toList()
                    .forEach(Ticket::release);
        }
        assertThat(set.isIdle()).isTrue();
        set.inspect(view -> assertThat(view.queues()).isEmpty());
    }

    @Test
    void aQueueThatWasIdleHasSavedUpNothing() {
        QueueSet set = queues(1, 128, 6, 1000);
        List<Ticket> busy = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            busy.add(arrive(set, "busy"));
        }
        clock.advance(Duration.ofMinutes(10));
        List<Ticket> fresh = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            fresh.add(arrive(set, "fresh"));
        }
        for (int i = 0; i < 20; i++) {
            List.of(busy, fresh)
                    .forEach(tickets -> tickets.stream()
                            .filter(ticket -> ticket.state == State.EXECUTING)
                            .toList()
                            .forEach(Ticket::release));
            clock.advance(SHORT);
        }
        assertThat(busy.stream().filter(ticket -> ticket.state == State.DONE)).hasSizeGreaterThan(5);
    }

    private double refused(String reason) {
        return registry.get("apiserver_flowcontrol_rejected_requests_total")
                .tag("reason", reason)
                .counter()
                .count();
    }
}
