package io.jubernetes.apiserver.audit;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.audit.AuditPolicy.Decision;
import io.jubernetes.apiserver.audit.AuditPolicy.Level;
import io.jubernetes.apiserver.request.RequestInfo;
import io.jubernetes.apiserver.request.UserInfo;
import io.jubernetes.apiserver.schema.ApiTime;
import io.jubernetes.common.codec.Json;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.InstantSource;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Begins what is written down about each request, and brings it to the backends. Thread-safe.
public final class Auditing implements AutoCloseable {
    private final @Nullable AuditPolicy policy;
    private final List<EventQueue> queues;
    private final MeterRegistry metrics;
    private final InstantSource clock;

    Auditing(@Nullable AuditPolicy policy, List<EventQueue> queues, MeterRegistry metrics, InstantSource clock) {
        this.policy = policy;
        this.queues = List.copyOf(queues);
        this.metrics = metrics;
        this.clock = clock;
        this.queues.forEach(EventQueue::start);
    }

    /// Writes nothing down.
    public static Auditing off(MeterRegistry metrics) {
        return new Auditing(null, List.of(), metrics, InstantSource.system());
    }

    /// What is known of a request when it comes in.
    ///
    /// @param id the `Audit-ID`
    /// @param uri path and query
    /// @param sources the addresses it has come by, the first one first
    public record Incoming(
            String id, String uri, RequestInfo info, UserInfo user, List<String> sources, String userAgent) {}

    /// Begins the record of a request.
    public AuditRecord begin(Incoming request) {
        if (policy == null || queues.isEmpty()) {
            return AuditRecord.NONE;
        }
        Decision decision = policy.decide(request.user(), request.info());
        metrics.counter("apiserver_audit_level_total", "level", decision.level().toString())
                .increment();
        if (decision.level() == Level.NONE) {
            return AuditRecord.NONE;
        }
        return new AuditRecord(event(request, decision), decision, clock, this::deliver);
    }

    private ObjectNode event(Incoming request, Decision decision) {
        RequestInfo info = request.info();
        ObjectNode event = Json.object();
        event.put("kind", "Event").put("apiVersion", "audit.k8s.io/v1");
        event.put("level", decision.level().toString());
        event.put("auditID", request.id());
        event.put("stage", "");
        event.put("requestURI", request.uri());
        event.put("verb", info.verb());
        event.set("user", AuditRecord.user(request.user()));
        if (!request.sources().isEmpty()) {
            request.sources().forEach(event.putArray("sourceIPs")::add);
        }
        if (!request.userAgent().isEmpty()) {
            event.put("userAgent", request.userAgent());
        }
        if (info.resourceRequest()) {
            ObjectNode about = event.putObject("objectRef");
            put(about, "resource", info.resource());
            put(about, "namespace", info.namespace());
            put(about, "name", info.name());
            put(about, "apiGroup", info.group());
            put(about, "apiVersion", info.version());
            put(about, "subresource", info.subresource());
        }
        event.put("requestReceivedTimestamp", ApiTime.micros(clock.instant()));
        return event;
    }

    private static void put(ObjectNode object, String field, String value) {
        if (!value.isEmpty()) {
            object.put(field, value);
        }
    }

    private void deliver(ObjectNode event) {
        metrics.counter("apiserver_audit_event_total").increment();
        queues.forEach(queue -> queue.add(event));
    }

    @Override
    public void close() {
        queues.forEach(EventQueue::close);
    }
}
