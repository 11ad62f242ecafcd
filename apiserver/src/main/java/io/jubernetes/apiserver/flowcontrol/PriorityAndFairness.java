package io.jubernetes.apiserver.flowcontrol;

import io.jubernetes.apiserver.flowcontrol.Ticket.State;
import java.util.Optional;

/// Serves requests by the flow schemas and priority levels of the cluster. Thread-safe.
final class PriorityAndFairness implements FlowControl {
    private final FlowTable table;
    private final PriorityLevels levels;
    private final WorkEstimator estimator;
    private final InFlightMeters inFlight;
    private final FlowClock clock;

    PriorityAndFairness(
            FlowTable table, PriorityLevels levels, WorkEstimator estimator, InFlightMeters inFlight, FlowClock clock) {
        this.table = table;
        this.levels = levels;
        this.estimator = estimator;
        this.inFlight = inFlight;
        this.clock = clock;
    }

    @Override
    public Turn admit(Arrival arrival) throws InterruptedException {
        // Watches have a seat until they have begun; the others that last have none at all.
        if (arrival.info().isLongRunning() && !arrival.isWatch()) {
            return new Turn.Granted(null, Seats.NONE);
        }
        Route route = Route.of(table.routes(), arrival);
        LevelState level = route.level;
        FlowMeters meters = route.meters();
        WorkEstimate work = estimator.estimate(arrival, level.mostSeatsOfOne(), meters);
        String distinguisher = route.schema.distinguish(arrival);
        var ticket = new Ticket(level.queues, arrival, meters, distinguisher, work);
        long flow = level.level().queues() > 0 ? FlowHash.of(route.schema.name(), distinguisher) : 0;
        State state = level.queues.arrive(ticket, flow);
        boolean granted = state == State.WAITING ? ticket.await(arrival.patience()) : state == State.EXECUTING;
        if (granted) {
            return new Turn.Granted(route.flow, ticket);
        }
        inFlight.dropped(arrival);
        return new Turn.Refused(route.flow, level.dropped.refused(clock.now().getEpochSecond()));
    }

    @Override
    public Optional<String> dump(String page, boolean details) {
        return FlowDump.page(page, levels.all(), details, clock);
    }
}
