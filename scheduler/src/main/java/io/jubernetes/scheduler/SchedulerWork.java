package io.jubernetes.scheduler;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import io.jubernetes.common.controller.ApiEventRecorder;
import io.jubernetes.common.controller.ElectedService.Context;
import io.jubernetes.common.controller.Informed;
import io.jubernetes.common.controller.Informers;
import io.jubernetes.common.time.Deadline;
import io.jubernetes.scheduler.cycle.Profile;
import io.jubernetes.scheduler.cycle.SchedulingLoop;
import io.jubernetes.scheduler.framework.Resources;
import io.jubernetes.scheduler.plugins.Registry;
import io.jubernetes.scheduler.snapshot.NodeTable;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeoutException;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Wires the scheduler: informers feed the loop, the loop schedules.
final class SchedulerWork {
    static final String DEFAULT_NAME = "default-scheduler";

    private static final Logger log = LoggerFactory.getLogger(SchedulerWork.class);
    private static final Duration SYNC_ROUND = Duration.ofSeconds(30);

    private SchedulerWork() {}

    static AutoCloseable start(Context context) throws InterruptedException {
        var informers = new Informers(context.client());
        var events = ApiEventRecorder.start(context.client(), DEFAULT_NAME, "", context.clock(), context.meters());
        var nodes = new NodeTable(new Resources());
        var environment = new Registry.Environment(context.client(), nodes);
        var loop = new SchedulingLoop(
                context.client(),
                nodes,
                Map.of(DEFAULT_NAME, Profile.of(DEFAULT_NAME, Registry.DEFAULT, environment)),
                events,
                context.meters(),
                context.clock(),
                RandomGenerator.getDefault());
        AutoCloseable everything = () -> {
            informers.close();
            loop.close();
            events.close();
        };
        try {
            Informed<Node> nodeCache = informers.of(Node.class);
            // Finished pods take no room, and a cluster may keep many of them.
            Informed<Pod> pods = informers.of(
                    Pod.class,
                    "unfinished",
                    client -> client.pods()
                            .inAnyNamespace()
                            .withoutField("status.phase", "Succeeded")
                            .withoutField("status.phase", "Failed"));
            nodeCache.listen(loop::onNode);
            pods.listen(loop::onPod);
            loop.start();
            sync(informers);
            // The informers' handlers may still be on their way.
            nodeCache.all().forEach(node -> loop.onNode(null, node));
            pods.all().forEach(pod -> loop.onPod(null, pod));
            loop.open();
            log.info("scheduling");
            return everything;
        } catch (InterruptedException e) {
            close(everything);
            throw e;
        }
    }

    /// Decisions need the whole picture, so nothing is scheduled before it is there, however long that takes.
    private static void sync(Informers informers) throws InterruptedException {
        while (true) {
            try {
                informers.start(Deadline.in(SYNC_ROUND));
                return;
            } catch (TimeoutException e) {
                log.info("waiting for the API server: {}", e.getMessage());
            }
        }
    }

    private static void close(AutoCloseable everything) {
        try {
            everything.close();
        } catch (Exception e) {
            log.warn("stopping failed", e);
        }
    }
}
