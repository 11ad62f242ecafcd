package io.jubernetes.common.controller;

import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.EventBuilder;
import io.fabric8.kubernetes.api.model.ObjectReference;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.jubernetes.common.codec.Json;
import io.jubernetes.common.controller.EventCorrelator.Decision;
import io.jubernetes.common.controller.EventCorrelator.Occurrence;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Writes events to the API server, one after the other on one virtual thread. What does not fit into its
/// queue of 1,000 is dropped and counted.
public final class ApiEventRecorder implements EventRecorder, AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(ApiEventRecorder.class);
    private static final int CAPACITY = 1000;
    private static final int MAX_TRIES = 4;
    private static final int MAX_MESSAGE = 1024;
    private static final PatchContext MERGE = PatchContext.of(PatchType.JSON_MERGE);

    private final KubernetesClient client;
    private final String component;
    private final String host;
    private final Clock clock;
    private final BlockingQueue<Occurrence> queue = new ArrayBlockingQueue<>(CAPACITY);
    private final EventCorrelator correlator = new EventCorrelator(); // only the writer thread
    private final Counter dropped;
    private final Thread writer;

    private ApiEventRecorder(
            KubernetesClient client, String component, String host, Clock clock, MeterRegistry meters) {
        this.client = client;
        this.component = component;
        this.host = host;
        this.clock = clock;
        this.dropped = Counter.builder("event.recorder.dropped")
                .description("Events that were not written: too many at once, or refused by the API server")
                .tag("component", component)
                .register(meters);
        this.writer = Thread.ofVirtual().name("events-" + component).unstarted(this::run);
    }

    /// A recorder that is at work until closed.
    ///
    /// @param component who the events are from, such as `deployment-controller`
    /// @param host the node it runs on, or empty
    public static ApiEventRecorder start(
            KubernetesClient client, String component, String host, Clock clock, MeterRegistry meters) {
        var recorder = new ApiEventRecorder(client, component, host, clock, meters);
        recorder.writer.start();
        return recorder;
    }

    @Override
    public void record(
            ObjectReference regarding,
            @Nullable ObjectReference related,
            String type,
            String reason,
            String action,
            String message) {
        String shortMessage = message.length() > MAX_MESSAGE ? message.substring(0, MAX_MESSAGE) : message;
        if (!queue.offer(new Occurrence(regarding, related, type, reason, action, shortMessage, clock.instant()))) {
            dropped.increment();
        }
    }

    @Override
    public void close() {
        writer.interrupt();
    }

    private void run() {
        try {
            while (true) {
                write(queue.take());
            }
        } catch (InterruptedException _) {
            // close() was called
        }
    }

    private void write(Occurrence event) throws InterruptedException {
        Decision decision = correlator.decide(event);
        for (int tries = 1; ; tries++) {
            try {
                switch (decision) {
                    case Decision.Drop _ -> dropped.increment();
                    case Decision.Create create -> create(event, create.name(), create.message(), 1);
                    case Decision.Count count -> count(event, count);
                }
                return;
            } catch (KubernetesClientException | IllegalStateException e) {
                // The client library's word for a client that was closed meanwhile is the second.
                boolean refused = !(e instanceof KubernetesClientException answer)
                        || (answer.getCode() >= 400 && answer.getCode() < 500 && answer.getCode() != 429);
                if (refused || tries == MAX_TRIES || Thread.currentThread().isInterrupted()) {
                    log.debug("event {} about {} not written: {}", event.reason(), event.regarding(), e.getMessage());
                    dropped.increment();
                    forget(decision);
                    return;
                }
                Thread.sleep(Duration.ofMillis(
                        (500L << tries) + ThreadLocalRandom.current().nextInt(500)));
            }
        }
    }

    private void forget(Decision decision) {
        switch (decision) {
            case Decision.Create create -> correlator.forget(create.slot());
            case Decision.Count count -> correlator.forget(count.slot());
            case Decision.Drop _ -> {}
        }
    }

    private void count(Occurrence event, Decision.Count count) {
        var change = Json.object()
                .put("count", count.count())
                .put("message", count.message())
                .put("lastTimestamp", timestamp(event.at()));
        try {
            at(event, count.name()).patch(MERGE, Json.text(change));
        } catch (KubernetesClientException e) {
            if (e.getCode() != 404) {
                throw e;
            }
            // It has expired: the count goes on in a new one.
            create(event, count.name(), count.message(), count.count());
        }
    }

    private void create(Occurrence event, String name, String message, int count) {
        String namespace = namespace(event);
        Event object = new EventBuilder()
                .withNewMetadata()
                .withName(name)
                .withNamespace(namespace)
                .endMetadata()
                .withInvolvedObject(event.regarding())
                .withRelated(event.related())
                .withType(event.type())
                .withReason(event.reason())
                .withAction(event.action().isEmpty() ? null : event.action())
                .withMessage(message)
                .withNewSource(component, host.isEmpty() ? null : host)
                .withReportingComponent(component)
                .withReportingInstance(host)
                .withFirstTimestamp(timestamp(event.at()))
                .withLastTimestamp(timestamp(event.at()))
                .withCount(count)
                .build();
        client.v1().events().inNamespace(namespace).resource(object).create();
    }

    private Resource<Event> at(Occurrence event, String name) {
        return client.v1().events().inNamespace(namespace(event)).withName(name);
    }

    private static String namespace(Occurrence event) {
        String namespace = event.regarding().getNamespace();
        return namespace == null || namespace.isEmpty() ? "default" : namespace;
    }

    private static String timestamp(Instant at) {
        return at.truncatedTo(ChronoUnit.SECONDS).toString();
    }
}
