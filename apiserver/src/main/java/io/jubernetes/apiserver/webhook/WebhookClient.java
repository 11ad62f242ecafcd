package io.jubernetes.apiserver.webhook;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.resilience4j.circuitbreaker.CallNotPermittedException;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import io.github.resilience4j.circuitbreaker.CircuitBreakerRegistry;
import io.jubernetes.common.codec.Json;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.Base64;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/// Calls webhooks over TLS. Each call has a deadline, answers have a largest size, the number of calls
/// at one time is bounded, and a server that keeps failing is left alone for a while. Thread-safe.
public final class WebhookClient {
    private static final int MAX_ANSWER = 16 << 20;
    private static final int MAX_CALLS = 128;
    private static final int MAX_CLIENTS = 256;

    private final ServiceAddresses services;
    private final Semaphore calls = new Semaphore(MAX_CALLS);
    private final Map<String, HttpClient> clients = new ConcurrentHashMap<>();
    private final CircuitBreakerRegistry breakers = CircuitBreakerRegistry.of(CircuitBreakerConfig.custom()
            .slidingWindowSize(20)
            .minimumNumberOfCalls(10)
            .failureRateThreshold(90)
            .waitDurationInOpenState(Duration.ofSeconds(5))
            .permittedNumberOfCallsInHalfOpenState(2)
            .build());

    /// Finds where a service can be reached.
    @FunctionalInterface
    public interface ServiceAddresses {
        /// The address of a service; empty when there is no such service.
        Optional<String> find(String namespace, String name);
    }

    public WebhookClient(ServiceAddresses services) {
        this.services = services;
    }

    /// Posts a review and reads the answer.
    ///
    /// @param config a `clientConfig` as definitions and webhook configurations have it
    /// @throws IOException when there is no proper answer in time; the message says why
    public JsonNode post(JsonNode config, JsonNode review, Duration timeout) throws IOException {
        Target target = target(config);
        CircuitBreaker breaker = breakers.circuitBreaker(target.uri().toString());
        try {
            if (!calls.tryAcquire(timeout.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new IOException("too many webhooks are being called");
            }
            try {
                return breaker.executeCallable(() -> send(target, review, timeout));
            } finally {
                calls.release();
            }
        } catch (CallNotPermittedException e) {
            throw new IOException("Post \"" + target.uri() + "\": it has kept failing and is not asked for a while", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        } catch (IOException e) {
            throw e;
        } catch (Exception e) {
            throw new IOException("Post \"" + target.uri() + "\": " + e.getMessage(), e);
        }
    }

    /// @param name the server's certificate must be for
    private record Target(URI uri, String name, byte[] bundle) {}

    private Target target(JsonNode config) throws IOException {
        byte[] bundle = Base64.getDecoder().decode(config.path("caBundle").asText(""));
        JsonNode service = config.path("service");
        if (!service.isObject()) {
            URI uri = URI.create(config.path("url").asText(""));
            return new Target(uri, String.valueOf(uri.getHost()), bundle);
        }
        String namespace = service.path("namespace").asText("");
        String name = service.path("name").asText("");
        String address = services.find(namespace, name)
                .orElseThrow(() -> new IOException("service " + Json.text(name) + " not found"));
        String host = address.indexOf(':') >= 0 ? "[" + address + "]" : address;
        String path = service.path("path").asText("/");
        return new Target(
                URI.create("https://" + host + ":" + service.path("port").asInt(443)
                        + (path.startsWith("/") ? path : "/" + path)),
                name + "." + namespace + ".svc",
                bundle);
    }

    private JsonNode send(Target target, JsonNode review, Duration timeout) throws IOException, InterruptedException {
        HttpClient client = client(target);
        HttpRequest request = HttpRequest.newBuilder(target.uri())
                .timeout(timeout)
                .header("Content-Type", "application/json")
                .header("Accept", "application/json")
                .POST(HttpRequest.BodyPublishers.ofByteArray(Json.bytes(review)))
                .build();
        HttpResponse<byte[]> response;
        try {
            response = client.send(request, BodyHandlers.limiting(BodyHandlers.ofByteArray(), MAX_ANSWER));
        } catch (IOException e) {
            String why = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
            throw new IOException("Post \"" + target.uri() + "\": " + why, e);
        }
        if (response.statusCode() != 200) {
            throw new IOException("an error on the server (status " + response.statusCode() + ")");
        }
        return Json.read(response.body());
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
}
