package io.jubernetes.controllermanager.testing;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.jubernetes.common.codec.Json;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/// The way from controllers to the API server, on which things go wrong: requests fail or lose their
/// answers, writes meet conflicts, watches break, and their events come late or twice. It can also be
/// shut altogether.
public final class UnreliableProxy implements AutoCloseable {
    private static final List<String> PASSED_ON = List.of("Authorization", "Content-Type", "Accept", "User-Agent");
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final URI target;
    private final Mischief mischief;
    private final HttpServer server;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final HttpClient client;
    private final Set<InputStream> watches = ConcurrentHashMap.newKeySet();
    private final AtomicInteger requests = new AtomicInteger();
    private volatile boolean shut;

    /// @param target the API server
    UnreliableProxy(URI target, Mischief mischief) {
        this.target = target;
        this.mischief = mischief;
        try {
            SSLContext tls = SSLContext.getInstance("TLS");
            tls.init(null, InsecureTrustManagerFactory.INSTANCE.getTrustManagers(), null);
            this.client = HttpClient.newBuilder()
                    .sslContext(tls)
                    .executor(threads)
                    .version(HttpClient.Version.HTTP_1_1)
                    .build();
            this.server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
        server.setExecutor(threads);
        server.createContext("/", exchange -> {
            try (exchange) {
                handle(exchange);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        server.start();
    }

    URI address() {
        return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
    }

    /// How many requests came so far.
    public int requests() {
        return requests.get();
    }

    /// The API server goes away: all watches break, every request fails.
    public void shut() {
        shut = true;
        cutWatches();
    }

    /// The API server is back.
    public void open() {
        shut = false;
    }

    private void cutWatches() {
        for (InputStream watch : watches) {
            try {
                watch.close();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    private void handle(HttpExchange exchange) throws IOException, InterruptedException {
        byte[] body = exchange.getRequestBody().readAllBytes();
        requests.incrementAndGet();
        String method = exchange.getRequestMethod();
        if (shut) {
            return;
        }
        String query = exchange.getRequestURI().getRawQuery();
        boolean isWatch = query != null && query.contains("watch=");
        switch (mischief.ofRequest(method, exchange.getRequestURI().getPath().endsWith("/events"))) {
            case NOTHING -> {}
            case UNAVAILABLE -> {
                refuse(exchange, 503, "ServiceUnavailable");
                return;
            }
            case TOO_MANY -> {
                refuse(exchange, 429, "TooManyRequests");
                return;
            }
            case CONFLICT -> {
                refuse(exchange, 409, "Conflict");
                return;
            }
            case LOST_ANSWER -> {
                HttpResponse<byte[]> _ = client.send(request(exchange, body), BodyHandlers.ofByteArray());
                return;
            }
        }
        if (isWatch) {
            watch(exchange, request(exchange, body));
        } else {
            HttpResponse<byte[]> answer = client.send(request(exchange, body), BodyHandlers.ofByteArray());
            copyType(answer, exchange);
            exchange.sendResponseHeaders(answer.statusCode(), answer.body().length == 0 ? -1 : answer.body().length);
            exchange.getResponseBody().write(answer.body());
        }
    }

    private HttpRequest request(HttpExchange exchange, byte[] body) {
        HttpRequest.Builder request = HttpRequest.newBuilder(
                        target.resolve(exchange.getRequestURI().toString()))
                .timeout(PATIENCE)
                .method(exchange.getRequestMethod(), HttpRequest.BodyPublishers.ofByteArray(body));
        for (String header : PASSED_ON) {
            @Nullable String value = exchange.getRequestHeaders().getFirst(header);
            if (value != null) {
                request.header(header, value);
            }
        }
        return request.build();
    }

    private static void copyType(HttpResponse<?> answer, HttpExchange exchange) {
        answer.headers()
                .firstValue("Content-Type")
                .ifPresent(type -> exchange.getResponseHeaders().add("Content-Type", type));
    }

    private static void refuse(HttpExchange exchange, int code, String reason) throws IOException {
        byte[] status = Json.bytes(Json.object()
                .put("kind", "Status")
                .put("apiVersion", "v1")
                .put("status", "Failure")
                .put("message", "bad luck")
                .put("reason", reason)
                .put("code", code));
        exchange.getResponseHeaders().add("Content-Type", "application/json");
        exchange.sendResponseHeaders(code, status.length);
        exchange.getResponseBody().write(status);
    }

    private void watch(HttpExchange exchange, HttpRequest request) throws IOException, InterruptedException {
        HttpResponse<InputStream> answer = client.send(request, BodyHandlers.ofInputStream());
        InputStream stream = answer.body();
        watches.add(stream);
        try (stream;
                var lines = new BufferedReader(new InputStreamReader(stream, StandardCharsets.UTF_8))) {
            copyType(answer, exchange);
            exchange.sendResponseHeaders(answer.statusCode(), 0);
            OutputStream out = exchange.getResponseBody();
            out.flush();
            for (String line = lines.readLine(); line != null && !shut; line = lines.readLine()) {
                Thread.sleep(mischief.delay());
                switch (mischief.ofEvent()) {
                    case NOTHING -> write(out, line);
                    case TWICE -> {
                        write(out, line);
                        write(out, line);
                    }
                    case EXPIRED -> {
                        write(out, """
                                {"type":"ERROR","object":{"kind":"Status","apiVersion":"v1","status":"Failure",\
                                "message":"too old resource version","reason":"Expired","code":410}}""");
                        return;
                    }
                    case CUT -> {
                        return;
                    }
                }
            }
        } finally {
            watches.remove(stream);
        }
    }

    private static void write(OutputStream out, String line) throws IOException {
        out.write((line + "\n").getBytes(StandardCharsets.UTF_8));
        out.flush();
    }

    @Override
    public void close() {
        shut();
        server.stop(0);
        threads.shutdownNow();
        client.shutdownNow();
    }
}
