package io.jubernetes.common.controller;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Status;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.http.HttpRequest;
import io.fabric8.kubernetes.client.http.HttpResponse;
import io.jubernetes.common.codec.Json;
import io.jubernetes.common.meta.ObjectKey;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/// Requests that the typed client has no words for: deletions with preconditions, patches of any resource,
/// resources known only from discovery. Blocking and thread-safe; a failure is a [KubernetesClientException] with
/// the server's code.
public final class RawApi {
    public static final String JSON = "application/json";
    public static final String MERGE_PATCH = "application/merge-patch+json";
    public static final String STRATEGIC_PATCH = "application/strategic-merge-patch+json";

    private static final Duration LIMIT = Duration.ofSeconds(30);

    private final KubernetesClient client;
    private final String server;

    public RawApi(KubernetesClient client) {
        this.client = client;
        String url = client.getMasterUrl().toString();
        this.server = url.endsWith("/") ? url.substring(0, url.length() - 1) : url;
    }

    /// The path of a kind's collection, or of one object of it.
    ///
    /// @param groupVersion such as `v1` or `apps/v1`
    /// @param namespace empty for a cluster-scoped resource or all namespaces
    public static String path(String groupVersion, String resource, String namespace, String name) {
        var path = new StringBuilder(groupVersion.contains("/") ? "/apis/" : "/api/").append(groupVersion);
        if (!namespace.isEmpty()) {
            path.append("/namespaces/").append(namespace);
        }
        path.append('/').append(resource);
        if (!name.isEmpty()) {
            path.append('/').append(name);
        }
        return path.toString();
    }

    /// The path of an object of the typed model.
    public static String path(HasMetadata object) {
        ObjectKey key = ObjectKey.of(object);
        return path(object.getApiVersion(), HasMetadata.getPlural(object.getClass()), key.namespace(), key.name());
    }

    public JsonNode get(String path) {
        return send("GET", path, JSON, null, JSON);
    }

    /// Reads with another `Accept` header, for instance for metadata only.
    public JsonNode get(String path, String accept) {
        return send("GET", path, accept, null, JSON);
    }

    public JsonNode post(String path, Object body) {
        return send("POST", path, JSON, Json.text(body), JSON);
    }

    public JsonNode put(String path, Object body) {
        return send("PUT", path, JSON, Json.text(body), JSON);
    }

    public JsonNode patch(String path, String patchType, Object body) {
        return send("PATCH", path, JSON, Json.text(body), patchType);
    }

    /// @param options a `DeleteOptions` object
    public JsonNode delete(String path, Object options) {
        return send("DELETE", path, JSON, Json.text(options), JSON);
    }

    /// Deletes an object if it is still the same one.
    ///
    /// @param propagation `Background`, `Foreground`, `Orphan`, or null for the kind's default
    public void delete(HasMetadata object, @Nullable String propagation) {
        var options = Json.object().put("kind", "DeleteOptions").put("apiVersion", "v1");
        if (propagation != null) {
            options.put("propagationPolicy", propagation);
        }
        options.putObject("preconditions").put("uid", object.getMetadata().getUid());
        delete(path(object), options);
    }

    private JsonNode send(String method, String path, String accept, @Nullable String body, String contentType) {
        HttpRequest.Builder request = client.getHttpClient()
                .newHttpRequestBuilder()
                .uri(server + path)
                .header("Accept", accept)
                .timeout(LIMIT.toMillis(), TimeUnit.MILLISECONDS);
        HttpRequest built = body == null
                ? request.build()
                : request.method(method, contentType, body).build();
        try {
            HttpResponse<byte[]> response = client.getHttpClient()
                    .sendAsync(built, byte[].class)
                    .get(LIMIT.toMillis() + 1000, TimeUnit.MILLISECONDS);
            return answer(method, path, response);
        } catch (ExecutionException e) {
            throw new KubernetesClientException(
                    method + " " + path + ": " + String.valueOf(e.getCause()), e.getCause());
        } catch (TimeoutException e) {
            throw new KubernetesClientException(method + " " + path + ": no answer in time", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new KubernetesClientException(method + " " + path + ": interrupted", e);
        }
    }

    private static JsonNode answer(String method, String path, HttpResponse<byte[]> response) {
        byte[] body = response.body() == null ? new byte[0] : response.body();
        if (response.isSuccessful()) {
            try {
                return body.length == 0 ? Json.object() : Json.read(body);
            } catch (IOException e) {
                throw new KubernetesClientException(method + " " + path + ": the answer is not JSON", e);
            }
        }
        Status status = null;
        String message = new String(body, StandardCharsets.UTF_8);
        try {
            status = Json.as(Json.read(body), Status.class);
            message = status.getMessage() == null ? message : status.getMessage();
        } catch (IOException | RuntimeException e) {
            // Not a Status: some proxy in between spoke.
        }
        throw new KubernetesClientException(
                method + " " + path + ": " + response.code() + " " + message,
                response.code(),
                status == null ? new Status() : status);
    }
}
