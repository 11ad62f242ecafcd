package io.jubernetes.common.logging;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import org.slf4j.LoggerFactory;

/// Sets the level of the suite's own loggers.
public final class LogLevels {
    private LogLevels() {}

    /// Maps upstream's `-v` number to a level: up to 3 INFO, 4 and 5 DEBUG, above that TRACE.
    public static void verbosity(int level) {
        if (LoggerFactory.getLogger("io.jubernetes") instanceof Logger logger) {
            logger.setLevel(level > 5 ? Level.TRACE : level > 3 ? Level.DEBUG : Level.INFO);
        }
    }
}
