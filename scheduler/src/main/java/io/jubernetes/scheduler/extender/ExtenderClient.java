package io.jubernetes.scheduler.extender;

import com.fasterxml.jackson.databind.JsonNode;
import io.jubernetes.common.codec.Json;
import io.jubernetes.common.component.StartupException;
import io.jubernetes.scheduler.config.ExtenderSpec;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;

/// Sends one extender its calls. Thread-safe; blocks, at most for the extender's timeout.
final class ExtenderClient {
    private final HttpClient http;
    private final String url;
    private final Duration timeout;

    ExtenderClient(ExtenderSpec spec) throws StartupException {
        url = spec.url().endsWith("/") ? spec.url().substring(0, spec.url().length() - 1) : spec.url();
        timeout = spec.timeout();
        HttpClient.Builder builder = HttpClient.newBuilder().connectTimeout(timeout);
        if (spec.https() || url.startsWith("https:")) {
            builder.sslContext(ExtenderTls.context(spec.tls()));
        }
        http = builder.build();
    }

    String url() {
        return url;
    }

    /// @throws IllegalStateException when there is no answer in time or it is not a good one
    JsonNode call(String verb, JsonNode body) {
        HttpRequest request = HttpRequest.newBuilder(URI.create(url + "/" + verb))
                .timeout(timeout)
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofByteArray(Json.bytes(body)))
                .build();
        try {
            HttpResponse<byte[]> response = http.send(request, HttpResponse.BodyHandlers.ofByteArray());
            if (response.statusCode() != HttpURLConnection.HTTP_OK) {
                throw new IllegalStateException(
                        "failed " + verb + " with extender at URL " + url + ", code " + response.statusCode());
            }
            return Json.read(response.body());
        } catch (IOException e) {
            throw new IllegalStateException("extender at URL " + url + ": " + e.getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }
}
