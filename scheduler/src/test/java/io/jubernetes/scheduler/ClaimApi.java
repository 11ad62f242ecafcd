package io.jubernetes.scheduler;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceClaim;
import io.jubernetes.common.codec.Json;
import io.jubernetes.common.meta.ObjectKey;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.UnaryOperator;

/// As much of an API server as the writing of resource claims needs: reads, updates that must be of the newest version,
/// and the patch that takes one reservation away.
public final class ClaimApi implements AutoCloseable {
    private final HttpServer server;
    private final Map<String, ObjectNode> claims = new ConcurrentHashMap<>();
    private final Map<String, UnaryOperator<ResourceClaim>> reactions = new ConcurrentHashMap<>();
    private int version = 100;

    public ClaimApi() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", this::handle);
        server.start();
    }

    public String url() {
        return "http://127.0.0.1:" + server.getAddress().getPort();
    }

    /// Stores a claim as somebody else would.
    public synchronized ResourceClaim put(ResourceClaim claim) {
        ObjectNode tree = Json.tree(claim);
        store(ObjectKey.of(claim).name(), tree);
        return Json.as(tree, ResourceClaim.class);
    }

    public ResourceClaim claim(String name) {
        return Json.as(Objects.requireNonNull(claims.get(name)), ResourceClaim.class);
    }

    /// Has a driver react at once to the next allocation of a claim.
    public void onAllocation(String name, UnaryOperator<ResourceClaim> reaction) {
        reactions.put(name, reaction);
    }

    private void store(String name, ObjectNode tree) {
        tree.withObject("/metadata").put("resourceVersion", Integer.toString(++version));
        claims.put(name, tree);
    }

    private synchronized void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            String rest = exchange.getRequestURI().getPath().replaceFirst(".*/resourceclaims/", "");
            String name = rest.replace("/status", "");
            JsonNode body = Json.MAPPER.readTree(exchange.getRequestBody().readAllBytes());
            ObjectNode there = claims.get(name);
            int code = 200;
            if (there == null) {
                code = 404;
            } else if (exchange.getRequestMethod().equals("PUT")) {
                code = update(name, there, (ObjectNode) body, rest.endsWith("/status"));
            } else if (exchange.getRequestMethod().equals("PATCH")) {
                release(name, there, body);
            }
            JsonNode answer = code == 200
                    ? claims.get(name)
                    : Json.object().put("kind", "Status").put("code", code).put("message", "refused");
            byte[] bytes = Json.bytes(Objects.requireNonNull(answer));
            exchange.getResponseHeaders().set("Content-Type", "application/json");
            exchange.sendResponseHeaders(code, bytes.length);
            exchange.getResponseBody().write(bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private int update(String name, ObjectNode there, ObjectNode body, boolean status) {
        JsonNode of = body.path("metadata").path("resourceVersion");
        if (!of.asText().equals(there.path("metadata").path("resourceVersion").asText())) {
            return 409;
        }
        ObjectNode next = there.deepCopy();
        for (String part : status ? List.of("status") : List.of("metadata", "spec")) {
            next.set(part, body.path(part));
        }
        store(name, next);
        UnaryOperator<ResourceClaim> reaction = status ? reactions.remove(name) : null;
        if (reaction != null) {
            store(name, Json.tree(reaction.apply(claim(name))));
        }
        return 200;
    }

    private void release(String name, ObjectNode there, JsonNode patch) {
        JsonNode leaving = patch.path("status").path("reservedFor").path(0);
        ObjectNode next = there.deepCopy();
        var kept = Json.object().putArray("reservedFor");
        for (JsonNode consumer : next.path("status").path("reservedFor")) {
            if (!consumer.path("uid").equals(leaving.path("uid"))) {
                kept.add(consumer);
            }
        }
        next.withObject("/status").set("reservedFor", kept);
        store(name, next);
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
