package io.jubernetes.kubelet.runtime.docker;

import com.fasterxml.jackson.databind.JsonNode;
import com.github.dockerjava.api.DockerClient;
import com.github.dockerjava.api.exception.DockerException;
import com.github.dockerjava.api.exception.NotFoundException;
import com.github.dockerjava.api.exception.NotModifiedException;
import com.github.dockerjava.core.DefaultDockerClientConfig;
import com.github.dockerjava.core.DockerClientImpl;
import com.github.dockerjava.zerodep.ZerodepDockerHttpClient;
import io.jubernetes.common.codec.Json;
import io.jubernetes.kubelet.runtime.RuntimeFailure;
import io.jubernetes.kubelet.runtime.RuntimeVersion;
import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.CancellationException;

/// A connection to one Docker Engine with a negotiated API version. Thread-safe.
final class DockerEngine implements AutoCloseable {
    /// The newest API version whose meaning this code was written for.
    private static final int[] NEWEST = {1, 44};

    private static final int MAX_CONNECTIONS = 128;
    private static final Duration CONNECT = Duration.ofSeconds(10);
    /// As upstream's `--runtime-request-timeout`: longer than any of these calls takes on a healthy engine.
    private static final Duration ANSWER = Duration.ofMinutes(2);

    private final DockerClient client;
    private final DockerHttp http;
    private final RuntimeVersion version;

    /// A call to docker-java.
    @FunctionalInterface
    interface Call<T> {
        T run(DockerClient client);
    }

    /// A conversation over a connection of its own.
    @FunctionalInterface
    interface RawCall<T> {
        T run(DockerHttp http) throws IOException, RuntimeFailure;
    }

    /// Connects and negotiates.
    ///
    /// @throws RuntimeFailure when the engine does not answer
    DockerEngine(DockerEndpoint endpoint) throws RuntimeFailure {
        var first = new DockerHttp(endpoint, "");
        try {
            JsonNode answer;
            try (var exchange = first.send("GET", "/version", Map.of(), null)) {
                answer = exchange.json();
            }
            String apiVersion = negotiate(
                    answer.path("ApiVersion").asText(),
                    answer.path("MinAPIVersion").asText());
            http = new DockerHttp(endpoint, apiVersion);
            JsonNode info;
            try (var exchange = http.send("GET", "/info", Map.of(), null)) {
                info = exchange.json();
            }
            version = new RuntimeVersion(
                    "docker",
                    answer.path("Version").asText(),
                    apiVersion,
                    answer.path("KernelVersion").asText(),
                    info.path("OperatingSystem").asText(),
                    answer.path("Arch").asText(),
                    info.path("CgroupDriver").asText(),
                    info.path("DockerRootDir").asText());
            client = connect(endpoint, apiVersion);
        } catch (IOException e) {
            throw unavailable(e);
        }
    }

    private static DockerClient connect(DockerEndpoint endpoint, String apiVersion) {
        // Only what is said here counts: neither system properties nor ~/.docker decide where a kubelet connects.
        var config = new DefaultDockerClientConfig.Builder()
                .withProperties(new Properties())
                .withDockerHost(endpoint.toString())
                .withDockerTlsVerify(false)
                .withApiVersion(apiVersion)
                .build();
        var transport = new ZerodepDockerHttpClient.Builder()
                .dockerHost(endpoint.uri())
                .maxConnections(MAX_CONNECTIONS)
                .connectionTimeout(CONNECT)
                .responseTimeout(ANSWER)
                .build();
        return DockerClientImpl.getInstance(config, transport);
    }

    /// The version to speak: the engine's, unless this code knows only older ones and the engine still takes
    /// one of them.
    static String negotiate(String newest, String oldest) {
        String known = NEWEST[0] + "." + NEWEST[1];
        if (newest.isEmpty() || compare(newest, known) <= 0) {
            return newest.isEmpty() ? known : newest;
        }
        return !oldest.isEmpty() && compare(oldest, known) > 0 ? oldest : known;
    }

    private static int compare(String a, String b) {
        String[] left = a.split("\\.", 2);
        String[] right = b.split("\\.", 2);
        int major = Integer.compare(Integer.parseInt(left[0]), Integer.parseInt(right[0]));
        return major != 0 ? major : Integer.compare(Integer.parseInt(left[1]), Integer.parseInt(right[1]));
    }

    RuntimeVersion version() {
        return version;
    }

    /// Makes a call, and turns what docker-java throws into [RuntimeFailure]s.
    <T> T call(Call<T> call) throws RuntimeFailure {
        try {
            return call.run(client);
        } catch (NotFoundException e) {
            throw new RuntimeFailure.NotFound(message(e));
        } catch (DockerException e) {
            throw new RuntimeFailure.Refused(message(e), e);
        } catch (CancellationException e) {
            // How the transport answers an interrupt.
            Thread.currentThread().interrupt();
            throw new RuntimeFailure.Unavailable("interrupted", e);
        } catch (RuntimeException e) {
            for (Throwable cause = e; cause != null; cause = cause.getCause()) {
                if (cause instanceof IOException io) {
                    throw unavailable(io);
                }
                if (cause instanceof InterruptedException) {
                    Thread.currentThread().interrupt();
                    throw new RuntimeFailure.Unavailable("interrupted", e);
                }
            }
            throw e;
        }
    }

    /// As [#call] for calls without a result, of which "nothing to do" is no failure.
    void run(Call<?> call) throws RuntimeFailure {
        try {
            var _ = call(call);
        } catch (RuntimeFailure.Refused e) {
            if (!(e.getCause() instanceof NotModifiedException)) {
                throw e;
            }
        }
    }

    /// Talks over a connection of its own.
    <T> T raw(RawCall<T> call) throws RuntimeFailure {
        try {
            return call.run(http);
        } catch (IOException e) {
            throw unavailable(e);
        }
    }

    DockerHttp http() {
        return http;
    }

    /// docker-java's message is `Status 404: {"message":"…"}`; the engine's words are inside.
    private static String message(DockerException e) {
        String text = String.valueOf(e.getMessage());
        int brace = text.indexOf('{');
        if (brace >= 0) {
            try {
                return Json.read(text.substring(brace).getBytes(StandardCharsets.UTF_8))
                        .path("message")
                        .asText(text);
            } catch (IOException notJson) {
                return text;
            }
        }
        return text;
    }

    private static RuntimeFailure unavailable(IOException e) {
        if (e instanceof ClosedByInterruptException) {
            return new RuntimeFailure.Unavailable("interrupted", e);
        }
        return new RuntimeFailure.Unavailable("the Docker engine does not answer: " + e.getMessage(), e);
    }

    @Override
    public void close() {
        try {
            client.close();
        } catch (IOException e) {
            // Nothing depends on these connections any more.
        }
    }
}
