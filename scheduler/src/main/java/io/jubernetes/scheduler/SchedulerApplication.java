package io.jubernetes.scheduler;

/// The service's way in.
public final class SchedulerApplication {
    private SchedulerApplication() {}

    public static void main(String[] args) {
        System.exit(args.length);
    }
}
