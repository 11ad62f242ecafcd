package io.jubernetes.scheduler;

import io.jubernetes.common.component.ComponentLauncher;

/// Runs the scheduler as a service of its own.
public final class SchedulerApplication {
    private SchedulerApplication() {}

    static void main(String[] args) {
        System.exit(ComponentLauncher.run(new SchedulerCommand(), args));
    }
}
