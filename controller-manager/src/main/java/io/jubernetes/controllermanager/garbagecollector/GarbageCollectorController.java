package io.jubernetes.controllermanager.garbagecollector;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.jubernetes.common.controller.ControllerRunner;
import io.jubernetes.common.controller.KeyedReconciler.Result;
import io.jubernetes.common.controller.WorkQueue;
import io.jubernetes.controllermanager.Controller;
import io.jubernetes.controllermanager.ControllerContext;
import io.jubernetes.controllermanager.discovery.ApiResources;
import io.jubernetes.controllermanager.discovery.ApiResources.ApiResource;
import io.jubernetes.controllermanager.discovery.MetadataWatch;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Watches every deletable resource and runs the collector. The set of watched resources follows
/// discovery: it is read again when a custom resource definition or an API service changes, and every
/// half minute.
public final class GarbageCollectorController implements Controller, MetadataWatch.Listener {
    private static final Logger log = LoggerFactory.getLogger(GarbageCollectorController.class);
    private static final Duration DISCOVERY_PERIOD = Duration.ofSeconds(30);
    private static final Duration DISCOVERY_RETRY = Duration.ofSeconds(2);
    private static final Duration DISCOVERY_DELAY = Duration.ofSeconds(1);
    private static final Duration FIRST_LISTS = Duration.ofSeconds(30);
    /// Servers that are not ours take as few as 100 streams a connection, and other requests need some.
    private static final int WATCHES_A_CONNECTION = 80;
    /// Events come and go by themselves, in great numbers.
    private static final Set<String> IGNORED = Set.of("events");

    private final ControllerContext context;
    private final WorkQueue<String> deletions;
    private final WorkQueue<String> orphans;
    private final WorkQueue<String> discovery;
    private final OwnerGraph graph;
    private final List<ControllerRunner<?>> runners;
    private final Map<ApiResource, MetadataWatch> watches = new HashMap<>(); // only the discovery worker, and close
    private final List<KubernetesClient> moreClients = new ArrayList<>(); // likewise
    private volatile ApiResources resources = new ApiResources(List.of(), List.of());
    private boolean collecting; // only the discovery worker

    private GarbageCollectorController(String name, ControllerContext context) {
        this.context = context;
        this.deletions = context.queue("garbage_collector_attempt_to_delete");
        this.orphans = context.queue("garbage_collector_attempt_to_orphan");
        this.discovery = context.queue("garbage_collector_discovery");
        this.graph = new OwnerGraph(deletions::add, orphans::add);
        var collector = new Collector(context.raw(), graph, () -> resources);
        this.runners = List.of(
                context.runner(name, deletions, (uid, _) -> collector.attemptToDelete(uid)),
                context.runner(name, orphans, (uid, _) -> collector.attemptToOrphan(uid)),
                context.runner(name + "-discovery", discovery, (_, _) -> syncWatches(), 1));
    }

    public static Controller create(String name, ControllerContext context) {
        return new GarbageCollectorController(name, context);
    }

    @Override
    public void start() {
        discovery.add("");
        runners.getLast().start();
    }

    @Override
    public void close() {
        runners.reversed().forEach(ControllerRunner::close);
        watches.values().forEach(MetadataWatch::close);
    }

    @Override
    public void present(ApiResource resource, JsonNode metadata) {
        graph.put(Metadata.entry(resource, metadata));
        if (changesDiscovery(resource)) {
            discovery.addAfter("", DISCOVERY_DELAY);
        }
    }

    @Override
    public void gone(ApiResource resource, String uid) {
        graph.remove(uid);
        if (changesDiscovery(resource)) {
            discovery.addAfter("", DISCOVERY_DELAY);
        }
    }

    private static boolean changesDiscovery(ApiResource resource) {
        return resource.name().equals("customresourcedefinitions")
                || resource.name().equals("apiservices");
    }

    private Result syncWatches() throws InterruptedException {
        ApiResources discovered;
        try {
            discovered = ApiResources.discover(context.raw());
        } catch (KubernetesClientException e) {
            log.debug("discovery failed: {}", e.getMessage());
            return Result.again(DISCOVERY_RETRY);
        }
        Set<ApiResource> wanted = discovered.resources().stream()
                .filter(resource -> resource.can("delete", "list", "watch") && !IGNORED.contains(resource.name()))
                .collect(Collectors.toSet());
        resources = discovered;
        for (ApiResource resource : List.copyOf(watches.keySet())) {
            // What an unreachable group holds is not gone.
            if (!wanted.contains(resource) && !discovered.unreadable().contains(resource.groupVersion())) {
                MetadataWatch watch = watches.remove(resource);
                if (watch != null) {
                    watch.closeAndForget();
                }
            }
        }
        for (ApiResource resource : wanted) {
            if (!watches.containsKey(resource)) {
                var watch = new MetadataWatch(clientFor(watches.size()), context.raw(), resource, this);
                watches.put(resource, watch);
                watch.start();
            }
        }
        return collect();
    }

    /// Nothing is judged before every resource was listed once, or had its chance: a missing owner may
    /// just be unlisted.
    private Result collect() {
        if (!collecting) {
            long unlisted =
                    watches.values().stream().filter(watch -> !watch.isListed()).count();
            if (unlisted > 0 && waited.compareTo(FIRST_LISTS) < 0) {
                waited = waited.plusMillis(200);
                return Result.again(Duration.ofMillis(200));
            }
            if (unlisted > 0) {
                log.info("{} resources could not be listed yet, collecting without them", unlisted);
            }
            collecting = true;
            runners.get(0).start();
            runners.get(1).start();
            log.info("collecting garbage of {} resources, {} objects", watches.size(), graph.size());
        }
        return Result.again(DISCOVERY_PERIOD);
    }

    private Duration waited = Duration.ZERO; // only the discovery worker

    private KubernetesClient clientFor(int number) {
        int index = number / WATCHES_A_CONNECTION;
        if (index == 0) {
            return context.client();
        }
        while (moreClients.size() < index) {
            moreClients.add(context.newConnection());
        }
        return moreClients.get(index - 1);
    }
}
