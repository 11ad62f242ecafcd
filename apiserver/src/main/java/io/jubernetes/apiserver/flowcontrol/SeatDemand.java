package io.jubernetes.apiserver.flowcontrol;

/// How many seats the requests of a level ask for, those that have them and those that wait, averaged over time. Not
/// thread-safe.
final class SeatDemand {
    private static final double NANOS = 1e9;

    private long since;
    private long changedAt;
    private int seats;
    private int most;
    private double sum;
    private double sumOfSquares;

    SeatDemand(long now) {
        since = now;
        changedAt = now;
    }

    /// What was asked for during a period.
    ///
    /// @param most at one time
    record Period(double average, double deviation, int most) {}

    /// Takes note of what is asked for from now on.
    void set(long now, int wanted) {
        integrate(now);
        seats = wanted;
        most = Math.max(most, wanted);
    }

    private void integrate(long now) {
        double elapsed = (now - changedAt) / NANOS;
        changedAt = now;
        sum += elapsed * seats;
        sumOfSquares += elapsed * seats * seats;
    }

    /// Ends a period and begins the next.
    Period next(long now) {
        integrate(now);
        double elapsed = (now - since) / NANOS;
        double average = elapsed > 0 ? sum / elapsed : seats;
        double variance = elapsed > 0 ? sumOfSquares / elapsed - average * average : 0;
        var period = new Period(average, Math.sqrt(Math.max(0, variance)), most);
        since = now;
        sum = 0;
        sumOfSquares = 0;
        most = seats;
        return period;
    }
}
