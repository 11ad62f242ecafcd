package io.jubernetes.kubelet.shutdown;

import java.io.IOException;
import java.time.Duration;
import java.util.function.Consumer;

/// What the machine says about its end.
interface ShutdownSignals extends AutoCloseable {
    /// Asks the machine not to end before the lock is closed, or the time is over.
    ///
    /// @throws IOException when the machine does not take such wishes
    AutoCloseable delay(Duration most) throws IOException;

    /// Begins to tell `listener` when the machine is about to end (true) or has thought better of it (false).
    ///
    /// @throws IOException when the machine does not say
    void listen(Consumer<Boolean> listener) throws IOException;

    @Override
    void close();
}
