package io.jubernetes.common.time;

/// The monotonic clock by which waits are measured: steps of the wall clock do not touch it.
@FunctionalInterface
public interface Ticker {
    /// The machine's own.
    Ticker SYSTEM = System::nanoTime;

    /// Nanoseconds since some moment; only differences mean something.
    long nanos();

    /// Has `wake` called whenever this clock was moved by hand, so that those who wait for a time look
    /// again. That never happens to the machine's own.
    default void onMoved(Runnable wake) {}
}
