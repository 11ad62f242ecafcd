package io.jubernetes.scheduler;

import com.fasterxml.jackson.databind.JsonNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.jubernetes.common.codec.Json;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;

/// As much of an API server as the scheduling of pods needs: it takes bindings, or refuses them, and what is said about
/// pods that wait.
public final class PodApi implements AutoCloseable {
    private final HttpServer server;
    private final Queue<Integer> refusals = new ConcurrentLinkedQueue<>();

    /// The node of each pod that was bound.
    public final Map<String, String> bindings = new ConcurrentHashMap<>();

    /// What was said last about each pod that waits.
    public final Map<String, String> explanations = new ConcurrentHashMap<>();

    public PodApi() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.createContext("/", this::handle);
        server.start();
    }

    public String url() {
        return "http://127.0.0.1:" + server.getAddress().getPort();
    }

    /// Has the next binding fail.
    public void refuse(int code) {
        refusals.add(code);
    }

    private void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            String[] path = exchange.getRequestURI().getPath().split("/");
            String pod = path[6];
            JsonNode body = Json.MAPPER.readTree(exchange.getRequestBody().readAllBytes());
            int code = 200;
            if (path[7].equals("binding")) {
                Integer refusal = refusals.poll();
                code = refusal == null ? 201 : refusal;
                if (refusal == null) {
                    bindings.put(pod, body.path("target").path("name").asText());
                }
            } else {
                explanations.put(
                        pod,
                        body.path("status")
                                .path("conditions")
                                .path(0)
                                .path("message")
                                .asText());
            }
            byte[] answer = Json.bytes(Json.object()
                    .put("kind", "Status")
                    .put("apiVersion", "v1")
                    .put("code", code)
                    .put("message", "refused by the test"));
            exchange.getResponseHeaders().set("Content-Type", "application/json");
            exchange.sendResponseHeaders(code, answer.length);
            exchange.getResponseBody().write(answer);
        }
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
