package io.jubernetes.apiserver.flowcontrol;

import io.jubernetes.apiserver.resource.ApiException;
import io.jubernetes.apiserver.resource.ApiResource;
import io.jubernetes.apiserver.resource.ObjectDeletion;
import io.jubernetes.apiserver.resource.ObjectService;
import io.jubernetes.apiserver.resource.ObjectStorage;
import io.jubernetes.apiserver.resource.ResourceCatalog;
import io.jubernetes.apiserver.storage.StoreException;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Clock;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Puts flow control together, and does what it needs done from time to time: lending seats, and keeping the objects
/// it goes by. The latter is done with priority and fairness switched off, too, for other servers of the cluster.
public final class FlowControlService implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(FlowControlService.class);
    private static final String VERSION = "flowcontrol.apiserver.k8s.io/v1";
    private static final long ROUND_SECONDS = 1;
    /// Upstream's periods, in rounds.
    private static final int LENDING = 10;

    private static final int KEEPING = 60;

    private final ApiResource schemas;
    private final ApiResource levels;
    private final FlowObjects keeper;
    private final BootstrapFlows bootstrap = BootstrapFlows.read();
    private final FlowControl control;
    private final @Nullable Upkeep upkeep;
    private final CountDownLatch closed = new CountDownLatch(1);

    /// @param enabled `--enable-priority-and-fairness`
    /// @param maxReads `--max-requests-inflight`; 0 for no bound
    /// @param maxChanges `--max-mutating-requests-inflight`; likewise
    public record Settings(boolean enabled, int maxReads, int maxChanges) {}

    /// What priority and fairness needs done.
    private record Upkeep(FlowTable table, PriorityLevels levels, LevelMeters meters, DanglingCondition dangling) {}

    /// @param objects writes without asking admission plugins that are the users'
    public FlowControlService(
            Settings settings,
            ResourceCatalog catalog,
            ObjectStorage storage,
            ObjectService objects,
            ObjectDeletion deletion,
            MeterRegistry registry,
            Clock clock) {
        schemas = catalog.require(VERSION, "flowschemas");
        levels = catalog.require(VERSION, "prioritylevelconfigurations");
        keeper = new FlowObjects(storage, objects, deletion);
        if (!settings.enabled()) {
            control = new MaxInFlight(settings.maxReads(), settings.maxChanges(), registry);
            upkeep = null;
            return;
        }
        var states = new PriorityLevels(settings.maxReads() + settings.maxChanges(), FlowClock.SYSTEM);
        var table = new FlowTable(
                storage.cache(schemas), storage.cache(levels), states, new Route.Meters(registry), bootstrap);
        control = new PriorityAndFairness(
                table,
                states,
                new WorkEstimator(new CachedLoad(catalog, storage)),
                new InFlightMeters(registry),
                FlowClock.SYSTEM);
        upkeep = new Upkeep(
                table,
                states,
                new LevelMeters(registry, states),
                new DanglingCondition(schemas, levels, storage, objects, clock));
    }

    /// Whom to ask when a request may be carried out.
    public FlowControl control() {
        return control;
    }

    /// Makes the objects a fresh cluster lacks.
    public void createObjects() {
        keeper.keep(levels, bootstrap);
        keeper.keep(schemas, bootstrap);
    }

    /// Begins the work in the background, until [#close].
    public void start() {
        Thread.ofVirtual().name("flow-control").start(this::run);
    }

    private void run() {
        if (upkeep != null) {
            upkeep.meters().start();
        }
        List<Route> reported = List.of();
        try {
            int round = 0;
            do {
                try {
                    reported = round(round, reported);
                } catch (ApiException | StoreException e) {
                    LOG.info("looking at flow schemas and priority levels again in a while: {}", e.getMessage());
                }
                round++;
            } while (!closed.await(ROUND_SECONDS, TimeUnit.SECONDS));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /// @param reported the routes as they were when the flow schemas were last told whether they dangle
    /// @return the same as they are now
    @SuppressWarnings("ReferenceEquality") // the same list as before says that nothing has changed
    private List<Route> round(int round, List<Route> reported) {
        if (round > 0 && round % KEEPING == 0) {
            createObjects();
        }
        if (upkeep == null) {
            return reported;
        }
        List<Route> routes = upkeep.table().routes();
        if (routes != reported) {
            upkeep.dangling().report();
            upkeep.meters().follow();
        }
        if (round > 0 && round % LENDING == 0) {
            upkeep.levels().adjust();
            upkeep.meters().follow();
        }
        return routes;
    }

    @Override
    public void close() {
        closed.countDown();
    }
}
