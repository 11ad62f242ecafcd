package io.jubernetes.apiserver.webhook;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.resilience4j.circuitbreaker.CallNotPermittedException;
import io.jubernetes.common.codec.Json;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLParameters;

/// Calls webhooks over TLS. Each call has a deadline that covers the whole answer, answers have a
/// largest size, the number of calls at one time is bounded for each webhook and for all together,
/// and a webhook that keeps failing is left alone for a while. Thread-safe.
public final class WebhookClient {
    private static final int MAX_CALLS = 128;
    private static final int MAX_CLIENTS = 256;

    private final ServiceAddresses services;
    private final Gates gates;
    private final Semaphore calls = new Semaphore(MAX_CALLS);
    private final Map<String, HttpClient> clients = new ConcurrentHashMap<>();

    /// Finds where a service can be reached.
    @FunctionalInterface
    public interface ServiceAddresses {
        /// Host and port behind a port of a service.
        ///
        /// @throws IOException when there is no such service or port
        Address find(String namespace, String name, int port) throws IOException;
    }

    /// Where to connect to.
    public record Address(String host, int port) {
        String authority() {
            return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
        }
    }

    /// One call.
    ///
    /// @param webhook its name, for metrics and to know it again when it keeps failing
    /// @param config a `clientConfig` as definitions and webhook configurations have it
    /// @param maxAnswer in bytes
    public record Call(String webhook, JsonNode config, JsonNode review, Duration timeout, int maxAnswer) {}

    public WebhookClient(ServiceAddresses services, MeterRegistry registry) {
        this.services = services;
        this.gates = new Gates(registry);
    }

    /// Posts a review and reads the answer.
    ///
    /// @throws IOException when there is no proper answer in time; the message says why
    public JsonNode post(Call call) throws IOException {
        long end = System.nanoTime() + call.timeout().toNanos();
        Target target = target(call);
        Gates.Gate gate = gates.of(call.webhook());
        try {
            if (!gate.calls().tryAcquire(left(end), TimeUnit.NANOSECONDS)) {
                throw new IOException(target.post() + "too many calls of the webhook are under way");
            }
            try {
                if (!calls.tryAcquire(left(end), TimeUnit.NANOSECONDS)) {
                    throw new IOException(target.post() + "too many webhooks are being called");
                }
                try {
                    return gate.breaker().executeCallable(() -> send(target, call, end));
                } finally {
                    calls.release();
                }
            } finally {
                gate.calls().release();
            }
        } catch (CallNotPermittedException e) {
            throw new IOException(target.post() + "it has kept failing and is not asked for a while", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(target.post() + "context canceled", e);
        } catch (IOException e) {
            throw e;
        } catch (Exception e) {
            throw new IOException(target.post() + e.getMessage(), e);
        }
    }

    private static long left(long end) {
        return Math.max(0, end - System.nanoTime());
    }

    /// @param shown the address as messages name it
    /// @param uri where the call really goes to
    /// @param name the server's certificate must be for
    private record Target(String shown, URI uri, String name, byte[] bundle) {
        String post() {
            return "Post \"" + shown + "\": ";
        }
    }

    private Target target(Call call) throws IOException {
        JsonNode config = call.config();
        byte[] bundle = Base64.getDecoder().decode(config.path("caBundle").asText(""));
        long seconds = (call.timeout().toMillis() + 999) / 1000;
        String query = "?timeout=" + seconds + "s";
        JsonNode service = config.path("service");
        if (!service.isObject()) {
            URI given = URI.create(config.path("url").asText(""));
            String path = given.getRawPath() == null || given.getRawPath().isEmpty() ? "/" : "";
            URI uri = URI.create(given + path + query);
            String host = String.valueOf(uri.getHost()).replace("[", "").replace("]", "");
            return new Target(uri.toString(), uri, host, bundle);
        }
        String namespace = service.path("namespace").asText("");
        String name = service.path("name").asText("");
        int port = service.path("port").asInt(443);
        String path = service.path("path").asText("/");
        String rest = (path.startsWith("/") ? path : "/" + path) + query;
        String host = name + "." + namespace + ".svc";
        String shown = "https://" + host + ":" + port + rest;
        Address address;
        try {
            address = services.find(namespace, name, port);
        } catch (IOException e) {
            throw new IOException("Post \"" + shown + "\": " + e.getMessage(), e);
        }
        return new Target(shown, URI.create("https://" + address.authority() + rest), host, bundle);
    }

    private JsonNode send(Target target, Call call, long end) throws IOException, InterruptedException {
        HttpClient client = client(target);
        HttpRequest request = HttpRequest.newBuilder(target.uri())
                .header("Content-Type", "application/json")
                .header("Accept", "application/json")
                .POST(HttpRequest.BodyPublishers.ofByteArray(Json.bytes(call.review())))
                .build();
        HttpResponse<byte[]> response;
        try {
            response = exchange(client, request, call.maxAnswer(), end);
        } catch (IOException e) {
            throw new IOException(target.post() + CallFailures.shown(e, target.uri()), e);
        }
        if (response.statusCode() < 200 || response.statusCode() > 206) {
            throw new IOException(CallFailures.shown(response));
        }
        try {
            return Json.read(response.body());
        } catch (IOException e) {
            throw new IOException("couldn't get version/kind; json parse error: " + CallFailures.firstLine(e), e);
        }
    }

    private static HttpResponse<byte[]> exchange(HttpClient client, HttpRequest request, int most, long end)
            throws IOException, InterruptedException {
        for (int attempt = 1; ; attempt++) {
            CompletableFuture<HttpResponse<byte[]>> answer =
                    client.sendAsync(request, BodyHandlers.limiting(BodyHandlers.ofByteArray(), most));
            try {
                return answer.get(left(end), TimeUnit.NANOSECONDS);
            } catch (TimeoutException e) {
                throw new IOException("context deadline exceeded", e);
            } catch (ExecutionException e) {
                IOException failure = e.getCause() instanceof IOException cause ? cause : new IOException(e.getCause());
                // A connection kept open may have been closed by the other side just now.
                boolean stale = String.valueOf(failure.getMessage()).contains("received no bytes");
                if (!stale || attempt > 1) {
                    throw failure;
                }
            } finally {
                answer.cancel(true);
            }
        }
    }

    /// One client for each certificate authority and name, so that connections are used again.
    private HttpClient client(Target target) throws IOException {
        String key = target.name() + " " + Base64.getEncoder().encodeToString(target.bundle());
        HttpClient known = clients.get(key);
        if (known != null) {
            return known;
        }
        try {
            HttpClient made = HttpClient.newBuilder()
                    .version(HttpClient.Version.HTTP_1_1)
                    .connectTimeout(Duration.ofSeconds(10))
                    .followRedirects(HttpClient.Redirect.NEVER)
                    .sslParameters(parameters(target.name()))
                    .sslContext(NamedTrust.context(target.bundle(), target.name()))
                    .build();
            if (clients.size() >= MAX_CLIENTS) {
                clients.clear();
            }
            clients.put(key, made);
            return made;
        } catch (GeneralSecurityException e) {
            throw new IOException("unable to load root certificates: " + e.getMessage(), e);
        }
    }

    /// A service is asked for by its name, though it is reached by an address.
    private static SSLParameters parameters(String name) {
        var parameters = new SSLParameters();
        if (!com.google.common.net.InetAddresses.isInetAddress(name)) {
            parameters.setServerNames(List.of(new SNIHostName(name)));
        }
        return parameters;
    }
}
