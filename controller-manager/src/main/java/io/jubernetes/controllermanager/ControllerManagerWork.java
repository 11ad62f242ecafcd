package io.jubernetes.controllermanager;

import io.jubernetes.common.controller.ElectedService.Context;
import io.jubernetes.common.time.Deadline;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Starts the enabled controllers, all on one set of caches, and ends them.
final class ControllerManagerWork implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(ControllerManagerWork.class);
    private static final Duration SYNC_ROUND = Duration.ofSeconds(30);

    private final ControllerContext context;
    private final List<Controller> controllers = new ArrayList<>();

    private ControllerManagerWork(ControllerContext context) {
        this.context = context;
    }

    static AutoCloseable start(Context service, ControllerSettings settings) throws InterruptedException {
        var work = new ControllerManagerWork(
                new ControllerContext(service.client(), service.meters(), service.clock(), settings));
        boolean complete = false;
        try {
            for (ControllerList.Entry entry : ControllerList.ALL) {
                if (entry.isEnabled(settings)) {
                    entry.maker().make(entry.name(), work.context).ifPresent(work.controllers::add);
                }
            }
            work.fillCaches();
            work.controllers.forEach(Controller::start);
            log.info("{} controllers are at work", work.controllers.size());
            complete = true;
            return work;
        } finally {
            if (!complete) {
                work.close();
            }
        }
    }

    private void fillCaches() throws InterruptedException {
        while (true) {
            try {
                context.informers().start(Deadline.in(SYNC_ROUND));
                return;
            } catch (TimeoutException e) {
                log.info("waiting for the API server: {}", e.getMessage());
            }
        }
    }

    @Override
    public void close() {
        // Sources first, so that nothing new comes while the workers end.
        context.close();
        controllers.reversed().forEach(Controller::close);
    }
}
