package io.jubernetes.controllermanager;

import io.jubernetes.common.controller.ControllerRunner;
import java.util.List;

/// A controller of the manager: built first, started once all caches are filled, closed at the end.
public interface Controller extends AutoCloseable {
    void start();

    @Override
    void close();

    /// A controller that consists of these runners.
    static Controller of(ControllerRunner<?>... runners) {
        var all = List.of(runners);
        return new Controller() {
            @Override
            public void start() {
                all.forEach(ControllerRunner::start);
            }

            @Override
            public void close() {
                all.forEach(ControllerRunner::close);
            }
        };
    }
}
