package io.jubernetes.apiserver.aggregation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.aggregation.ApiServices.Entry;
import io.jubernetes.apiserver.aggregation.Routes.Condition;
import io.jubernetes.apiserver.request.RequestContext;
import io.jubernetes.apiserver.resource.ApiException;
import io.jubernetes.apiserver.resource.ApiResource;
import io.jubernetes.apiserver.resource.DeleteOptions;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.apiserver.resource.ObjectDeletion;
import io.jubernetes.apiserver.resource.ObjectService;
import io.jubernetes.apiserver.resource.ResourceCatalog;
import io.jubernetes.apiserver.resource.WriteOptions;
import io.jubernetes.apiserver.resource.WriteOptions.FieldValidation;
import io.jubernetes.apiserver.schema.ApiTime;
import io.jubernetes.apiserver.storage.StoreException;
import io.jubernetes.common.codec.Json;
import io.jubernetes.common.time.Deadline;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Registers the API versions of custom resources, and says of those that other servers answer for whether they do.
/// Every API server does this for itself; they come to the same results, and only changes are written.
///
/// One virtual thread looks at everything once a second, which costs next to nothing as long as no other server is to
/// be asked; one that answers is asked twice a minute.
public final class ApiServiceController implements AutoCloseable {
    static final String MANAGED = "kube-aggregator.kubernetes.io/automanaged";

    private static final Logger LOG = LoggerFactory.getLogger(ApiServiceController.class);
    private static final Duration ROUND = Duration.ofSeconds(1);
    private static final Duration WHEN_WELL = Duration.ofSeconds(30);
    private static final Duration WHEN_FAILING = Duration.ofSeconds(3);
    private static final Duration LIMIT = Duration.ofSeconds(20);
    private static final int CUSTOM_GROUP_PRIORITY = 1000;
    private static final int CUSTOM_VERSION_PRIORITY = 100;
    private static final WriteOptions OPTIONS = new WriteOptions(false, "kube-aggregator", FieldValidation.IGNORE);

    private final ApiServices services;
    private final ResourceCatalog catalog;
    private final ObjectService objects;
    private final ObjectDeletion deletion;
    private final Routes routes;
    private final RemoteDocuments documents;
    private final MeterRegistry metrics;
    private final Clock clock;
    private final CountDownLatch closed = new CountDownLatch(1);
    /// When each server was asked last, and what came of it; of the one thread only.
    private final Map<String, Asked> asked = new HashMap<>();

    private final Set<String> measured = new HashSet<>();

    private record Asked(long atMillis, Entry entry, Condition condition) {}

    public ApiServiceController(
            ApiServices services,
            ResourceCatalog catalog,
            ObjectService objects,
            ObjectDeletion deletion,
            Routes routes,
            RemoteDocuments documents,
            MeterRegistry metrics,
            Clock clock) {
        this.services = services;
        this.catalog = catalog;
        this.objects = objects;
        this.deletion = deletion;
        this.routes = routes;
        this.documents = documents;
        this.metrics = metrics;
        this.clock = clock;
    }

    public void start() {
        Thread.ofVirtual().name("api-services").start(this::run);
    }

    private void run() {
        try {
            do {
                try {
                    round();
                } catch (ApiException | StoreException e) {
                    LOG.info("looking at the API services again in a while: {}", e.getMessage());
                }
            } while (!closed.await(ROUND.toMillis(), TimeUnit.MILLISECONDS));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /// Brings registrations and conditions in line with what there is now.
    void round() {
        register();
        List<Entry> remote = services.remote();
        asked.keySet().retainAll(remote.stream().map(Entry::uid).toList());
        documents.retain(remote);
        for (Entry entry : remote) {
            report(entry, condition(entry));
        }
    }

    private void register() {
        Map<String, Entry> known = services.all();
        for (String apiVersion : catalog.groupVersions()) {
            String group = ResourceCatalog.groupOf(apiVersion);
            if (!known.containsKey(apiVersion) && !catalog.isBuiltinGroup(group)) {
                create(group, apiVersion.substring(apiVersion.indexOf('/') + 1));
            }
        }
        for (Entry entry : known.values()) {
            if (entry.managed() && entry.backend() == null && !catalog.serves(entry.apiVersion())) {
                delete(entry);
            }
        }
    }

    private void create(String group, String version) {
        ApiResource resource = services.resource();
        ObjectNode service = Json.object();
        service.put("kind", resource.kind()).put("apiVersion", resource.apiVersion());
        ObjectNode meta = service.putObject("metadata").put("name", version + "." + group);
        meta.putObject("labels").put(MANAGED, "true");
        service.putObject("spec")
                .put("group", group)
                .put("version", version)
                .put("groupPriorityMinimum", CUSTOM_GROUP_PRIORITY)
                .put("versionPriority", CUSTOM_VERSION_PRIORITY);
        try {
            objects.create(context("create", Meta.name(service)), resource, "", service, OPTIONS);
        } catch (ApiException e) {
            if (e.code() != 409) {
                throw e;
            }
        }
    }

    private void delete(Entry entry) {
        try {
            var options = new DeleteOptions(null, entry.uid(), null, null, false);
            var _ = deletion.delete(context("delete", entry.name()), services.resource(), "", entry.name(), options)
                    .gone();
        } catch (ApiException e) {
            if (e.code() != 404 && e.code() != 409) {
                throw e;
            }
        }
    }

    private RequestContext context(String verb, String name) {
        return services.resource().ownRequest(verb, "", name, Deadline.in(LIMIT));
    }

    private Condition condition(Entry entry) {
        var obstacle = routes.obstacle(java.util.Objects.requireNonNull(entry.backend()));
        if (obstacle.isPresent()) {
            asked.remove(entry.uid());
            return obstacle.get();
        }
        Asked before = asked.get(entry.uid());
        if (before != null && isSameServer(before.entry(), entry)) {
            Duration rest = before.condition().available() ? WHEN_WELL : WHEN_FAILING;
            if (clock.millis() - before.atMillis() < rest.toMillis()) {
                return before.condition();
            }
        }
        Condition condition = documents.refresh(entry);
        asked.put(entry.uid(), new Asked(clock.millis(), entry, condition));
        return condition;
    }

    private static boolean isSameServer(Entry one, Entry other) {
        return java.util.Objects.equals(one.backend(), other.backend());
    }

    private void report(Entry entry, Condition condition) {
        if (measured.add(entry.name())) {
            measure(entry.name());
        }
        try {
            objects.update(
                    context("update", entry.name()),
                    services.resource(),
                    "",
                    entry.name(),
                    "status",
                    present -> withCondition(present, condition),
                    OPTIONS);
        } catch (ApiException e) {
            // Gone or changed meanwhile: the next round sees it as it is then.
            if (e.code() != 404 && e.code() != 409) {
                throw e;
            }
        }
    }

    private void measure(String name) {
        Gauge.builder(
                        "aggregator_unavailable_apiservice",
                        services,
                        all -> all.remote().stream()
                                .filter(each -> each.name().equals(name) && !each.available())
                                .count())
                .description("API versions whose server does not answer.")
                .tag("name", name)
                .register(metrics);
    }

    private ObjectNode withCondition(ObjectNode present, Condition condition) {
        ObjectNode status = Meta.child(present, "status");
        ArrayNode all = status.get("conditions") instanceof ArrayNode list ? list : status.putArray("conditions");
        ObjectNode found = null;
        for (JsonNode each : all) {
            if (each.path("type").asText("").equals("Available") && each instanceof ObjectNode node) {
                found = node;
            }
        }
        ObjectNode now = found == null ? all.addObject().put("type", "Available") : found;
        String value = condition.available() ? "True" : "False";
        if (!now.path("status").asText("").equals(value)) {
            now.put("status", value).put("lastTransitionTime", ApiTime.seconds(clock.instant()));
        }
        now.put("reason", condition.reason()).put("message", condition.message());
        return present;
    }

    @Override
    public void close() {
        closed.countDown();
    }
}
