package io.jubernetes.apiserver.flowcontrol;

import io.jubernetes.apiserver.flowcontrol.SeatDemand.Period;

/// A priority level in force: its settings, its seats and its requests. [PriorityLevels] alone changes it, under its
/// lock; everybody reads.
final class LevelState {
    private static final double SMOOTHING = 0.977;
    private static final double MOST_OF_LEVEL = 0.15;

    final String name;
    final QueueSet queues;
    final DroppedRequests dropped = new DroppedRequests();
    private volatile PriorityLevel level;
    /// Its object is gone: only requests that are there already are served.
    private volatile boolean leaving;

    private volatile Seating seating;
    private volatile Demand demand = new Demand(new Period(0, 0, 0), 0);

    /// How many seats the level has.
    ///
    /// @param nominal its share
    /// @param lower what is left when others have borrowed all they may
    /// @param upper what it has when it has borrowed all it may
    /// @param current what it has now
    record Seating(int nominal, int lower, int upper, int current) {
        Seating with(int seats) {
            return new Seating(nominal, lower, upper, seats);
        }
    }

    /// How many seats its requests ask for.
    ///
    /// @param latest in the last period
    /// @param smoothed follows a rise at once and a fall slowly
    record Demand(Period latest, double smoothed) {
        Demand then(Period period) {
            double envelope = period.average() + period.deviation();
            return new Demand(period, Math.max(envelope, SMOOTHING * smoothed + (1 - SMOOTHING) * envelope));
        }
    }

    LevelState(PriorityLevel level, FlowClock clock) {
        name = level.name();
        this.level = level;
        seating = new Seating(0, 0, 0, 0);
        queues = new QueueSet(level, 0, clock);
    }

    PriorityLevel level() {
        return level;
    }

    Seating seating() {
        return seating;
    }

    Demand demand() {
        return demand;
    }

    boolean isLeaving() {
        return leaving;
    }

    void configure(PriorityLevel changed) {
        level = changed;
        leaving = false;
    }

    void leave() {
        leaving = true;
    }

    /// Sets the bounds that its share of the server gives it.
    ///
    /// @param total seats of the server
    void share(int nominal, int total) {
        int lendable = (int) Math.round(nominal * level.lendablePercent() / 100.0);
        Integer borrowing = level.borrowingLimitPercent();
        int upper = borrowing == null || level.exempt()
                ? total
                : nominal + (int) Math.round(nominal * (double) borrowing / 100);
        boolean fresh = seating.upper() == 0;
        seating = new Seating(nominal, nominal - lendable, upper, fresh ? nominal : seating.current());
    }

    /// Ends a period of observing what is asked for.
    void observe() {
        demand = demand.then(queues.nextPeriod());
    }

    /// What it gets at least in the coming period: what it asked for at most in the past one, within its share.
    int claim() {
        return Math.max(
                seating.lower(), Math.min(seating.nominal(), demand.latest().most()));
    }

    /// Gives it its seats for the coming period.
    void seat(int seats) {
        seating = seating.with(seats);
        queues.configure(level, seats);
    }

    /// How many seats one request may take at most: so few that a flow does not fill the level with one hand of
    /// requests; 0 for any number.
    int mostSeatsOfOne() {
        PriorityLevel now = level;
        if (now.exempt()) {
            return 0;
        }
        int nominal = seating.nominal();
        int part = (int) Math.ceil(MOST_OF_LEVEL * nominal);
        PriorityLevel.Queuing queuing = now.queuing();
        return Math.max(1, queuing == null ? part : Math.min(part, nominal / queuing.handSize()));
    }
}
