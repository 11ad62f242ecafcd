package io.jubernetes.common.component;

import io.jubernetes.common.logging.LogLevels;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// The command line of one service: picocli fills its option fields (upstream's flag names), [#start]
/// starts the service with them.
@Command(
        mixinStandardHelpOptions = true,
        versionProvider = ComponentVersion.class,
        sortOptions = false,
        usageHelpWidth = 120,
        abbreviateSynopsis = true)
public abstract class ComponentCommand implements Callable<Integer> {
    @Option(
            names = {"-v", "--v"},
            paramLabel = "LEVEL",
            defaultValue = "0",
            description = "Number for the log level verbosity: 0 to 3 are INFO, 4 and 5 DEBUG, above that TRACE.")
    private int verbosity;

    /// Starts the service and returns as soon as it serves or works; everything it needs runs on its own
    /// threads.
    ///
    /// @throws StartupException when the operator can mend the cause; nothing is left behind then
    public abstract RunningComponent start() throws StartupException;

    /// Runs the service in the foreground until the process is asked to stop.
    @Override
    public final Integer call() throws StartupException, InterruptedException {
        LogLevels.verbosity(verbosity);
        RunningComponent running = start();
        ServiceManager manager = ServiceManager.ready(System.getenv());
        var stopped = new CountDownLatch(1);
        Runtime.getRuntime()
                .addShutdownHook(Thread.ofPlatform().name("shutdown").unstarted(() -> {
                    manager.close();
                    running.close();
                    stopped.countDown();
                }));
        stopped.await();
        return 0;
    }
}
