package io.jubernetes.apiserver.http;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.request.RequestContext;
import io.jubernetes.apiserver.resource.ApiException;
import io.jubernetes.apiserver.resource.ApiResource;
import io.jubernetes.apiserver.resource.ObjectStorage;
import io.jubernetes.apiserver.storage.StoreException;
import io.jubernetes.common.codec.Json;
import io.netty.channel.ChannelOption;
import io.netty.handler.ssl.SslContext;
import java.net.ConnectException;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.netty.http.client.HttpClient;

/// The deprecated `componentstatuses`: what is not stored but asked each time, of the scheduler and the controller
/// manager on this machine and of the store. Thread-safe.
final class ComponentStatusHandler {
    private static final Duration PATIENCE = Duration.ofSeconds(2);

    /// Where upstream's components say how they are.
    private static final Map<String, String> SERVERS = servers();

    private static final String STORE = "etcd-0";

    private final ObjectStorage storage;
    private final ApiResource stored;
    private final HttpClient client;
    private final Clock clock;

    /// @param stored any resource that is read to see whether the store answers
    /// @param tls trusts any certificate: a component's own is self-signed
    ComponentStatusHandler(ObjectStorage storage, ApiResource stored, SslContext tls, Clock clock) {
        this.storage = storage;
        this.stored = stored;
        this.clock = clock;
        client = HttpClient.create()
                .secure(ssl -> ssl.sslContext(tls).handshakeTimeout(PATIENCE))
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, (int) PATIENCE.toMillis())
                .responseTimeout(PATIENCE);
    }

    private static Map<String, String> servers() {
        Map<String, String> servers = new LinkedHashMap<>();
        servers.put("controller-manager", "https://127.0.0.1:10257/healthz");
        servers.put("scheduler", "https://127.0.0.1:10259/healthz");
        return servers;
    }

    Reply handle(Call call, ApiResource resource) {
        RequestContext context = call.context();
        String name = context.info().name();
        if (!name.isEmpty()) {
            var format = new ObjectFormat(resource, call.format(resource, false), clock);
            return format.one(200, one(name, context), call.query());
        }
        List<ObjectNode> all = Flux.fromIterable(SERVERS.entrySet())
                .flatMapSequential(server -> ask(server.getKey(), server.getValue()))
                .collectList()
                .blockOptional(PATIENCE.multipliedBy(3))
                .map(ArrayList::new)
                .orElseGet(ArrayList::new);
        all.add(store(context));
        return list(call, resource, all);
    }

    private ObjectNode one(String name, RequestContext context) {
        if (name.equals(STORE)) {
            return store(context);
        }
        String server = SERVERS.get(name);
        if (server == null) {
            throw ApiException.notFound("", "componentstatus", name);
        }
        return Optional.ofNullable(ask(name, server).block(PATIENCE.multipliedBy(3)))
                .orElseThrow(() -> ApiException.unavailable("no answer from " + name));
    }

    private Reply list(Call call, ApiResource resource, List<ObjectNode> all) {
        var format = new ObjectFormat(resource, call.format(resource, false), clock);
        if (format.media().form() == MediaFormat.Form.TABLE) {
            ObjectNode table = format.emptyTable();
            table.putObject("metadata");
            all.forEach(status -> format.addRow(table, status, ObjectFormat.includeObject(call.query())));
            return format.encode(200, table);
        }
        ObjectNode list = Json.object().put("kind", resource.listKind()).put("apiVersion", "v1");
        list.putObject("metadata");
        ArrayNode items = list.putArray("items");
        all.forEach(status -> items.add(status.without(List.of("kind", "apiVersion"))));
        return format.encode(200, list);
    }

    private ObjectNode store(RequestContext context) {
        try {
            storage.cache(stored).latest(context.deadline().atMost(PATIENCE));
            return status(STORE, true, "ok", "");
        } catch (StoreException e) {
            return status(STORE, false, String.valueOf(e.getMessage()), "");
        }
    }

    private Mono<ObjectNode> ask(String name, String address) {
        Function<Throwable, ObjectNode> failed = failure -> status(
                name,
                false,
                "Get \"" + address + "\": "
                        + (failure instanceof ConnectException
                                ? "dial tcp " + java.net.URI.create(address).getAuthority()
                                        + ": connect: connection refused"
                                : failure.getMessage()),
                "");
        return client.get()
                .uri(address)
                .responseSingle((response, body) -> body.asString()
                        .defaultIfEmpty("")
                        .map(text -> response.status().code() == 200
                                ? status(name, true, text, "")
                                : status(
                                        name,
                                        false,
                                        text,
                                        "unhealthy http status code: "
                                                + response.status().code())))
                .onErrorResume(Exception.class, failure -> Mono.just(failed.apply(failure)));
    }

    private static ObjectNode status(String name, boolean healthy, String message, String error) {
        ObjectNode status = Json.object().put("kind", "ComponentStatus").put("apiVersion", "v1");
        status.putObject("metadata").put("name", name).putNull("creationTimestamp");
        ObjectNode condition = status.putArray("conditions")
                .addObject()
                .put("type", "Healthy")
                .put("status", healthy ? "True" : "False")
                .put("message", message);
        if (!error.isEmpty()) {
            condition.put("error", error);
        }
        return status;
    }
}
