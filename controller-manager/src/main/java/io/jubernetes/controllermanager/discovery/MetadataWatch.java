package io.jubernetes.controllermanager.discovery;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.http.AsyncBody;
import io.fabric8.kubernetes.client.http.HttpRequest;
import io.fabric8.kubernetes.client.http.HttpResponse;
import io.jubernetes.common.codec.Json;
import io.jubernetes.common.controller.RawApi;
import io.jubernetes.controllermanager.discovery.ApiResources.ApiResource;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Watches the metadata of all objects of one resource, of whatever kind: lists, then follows the watch, and
/// begins again when that is too old. Needs one parked virtual thread and a stream on the client's connection; of
/// the objects it keeps the uids only. Closing ends it.
public final class MetadataWatch implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(MetadataWatch.class);
    private static final String LIST = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";
    private static final String OBJECT = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1";
    private static final int PAGE = 500;
    private static final int MIN_SECONDS = 300;
    private static final Duration FIRST_PAUSE = Duration.ofMillis(500);
    private static final Duration MAX_PAUSE = Duration.ofSeconds(30);

    /// Told about objects, by one thread at a time.
    public interface Listener {
        /// An object exists, in this state.
        void present(ApiResource resource, JsonNode metadata);

        /// The object of this uid is gone.
        void gone(ApiResource resource, String uid);
    }

    private final KubernetesClient client;
    private final RawApi api;
    private final ApiResource resource;
    private final Listener listener;
    private final CountDownLatch listed = new CountDownLatch(1);
    private final Thread thread;
    private Set<String> uids = new HashSet<>(); // only the thread that delivers
    private volatile String revision = "";
    private volatile boolean expired;

    /// Starts to watch.
    public MetadataWatch(KubernetesClient client, RawApi api, ApiResource resource, Listener listener) {
        this.client = client;
        this.api = api;
        this.resource = resource;
        this.listener = listener;
        this.thread = Thread.ofVirtual().name("watch-" + resource).unstarted(this::run);
    }

    public void start() {
        thread.start();
    }

    /// Whether the first list has been delivered.
    public boolean isListed() {
        return listed.getCount() == 0;
    }

    @Override
    public void close() {
        thread.interrupt();
    }

    /// Ends the watch and forgets its objects: the resource is not served any more.
    public void closeAndForget() throws InterruptedException {
        close();
        if (thread.join(Duration.ofSeconds(5))) {
            uids.forEach(uid -> listener.gone(resource, uid));
        }
    }

    private void run() {
        Duration pause = FIRST_PAUSE;
        try {
            while (!Thread.interrupted()) {
                try {
                    if (revision.isEmpty() || expired) {
                        list();
                    }
                    pause = FIRST_PAUSE;
                    follow();
                } catch (KubernetesClientException | IOException e) {
                    if (e instanceof KubernetesClientException api410 && api410.getCode() == 410) {
                        expired = true;
                        continue;
                    }
                    log.debug("watching {} failed, trying again: {}", resource, e.getMessage());
                    Thread.sleep(pause.plusMillis(ThreadLocalRandom.current().nextLong(pause.toMillis() / 2 + 1)));
                    pause = pause.multipliedBy(2).compareTo(MAX_PAUSE) > 0 ? MAX_PAUSE : pause.multipliedBy(2);
                }
            }
        } catch (InterruptedException _) {
            // close() was called
        }
    }

    private void list() {
        var seen = new HashSet<String>();
        String next = "";
        String listRevision;
        do {
            JsonNode page = api.get(
                    resource.path("") + "?limit=" + PAGE
                            + (next.isEmpty() ? "" : "&continue=" + URLEncoder.encode(next, StandardCharsets.UTF_8)),
                    LIST);
            for (JsonNode object : page.path("items")) {
                seen.add(object.path("metadata").path("uid").asText());
                listener.present(resource, object.path("metadata"));
            }
            next = page.path("metadata").path("continue").asText("");
            listRevision = page.path("metadata").path("resourceVersion").asText();
        } while (!next.isEmpty());
        uids.stream().filter(uid -> !seen.contains(uid)).toList().forEach(uid -> listener.gone(resource, uid));
        uids = seen;
        revision = listRevision;
        expired = false;
        listed.countDown();
    }

    private void follow() throws IOException, InterruptedException {
        int seconds = MIN_SECONDS + ThreadLocalRandom.current().nextInt(MIN_SECONDS);
        HttpRequest request = client.getHttpClient()
                .newHttpRequestBuilder()
                .uri(client.getMasterUrl().toString().replaceAll("/$", "") + resource.path("")
                        + "?watch=1&allowWatchBookmarks=true&timeoutSeconds=" + seconds + "&resourceVersion="
                        + revision)
                .header("Accept", OBJECT)
                .forStreaming()
                .build();
        var lines = new Lines();
        AsyncBody body = null;
        try {
            HttpResponse<AsyncBody> response = client.getHttpClient()
                    .consumeBytes(request, (chunks, stream) -> {
                        lines.take(chunks);
                        stream.consume();
                    })
                    .get(30, TimeUnit.SECONDS);
            body = response.body();
            if (!response.isSuccessful()) {
                throw new KubernetesClientException(
                        "watch of " + resource + ": " + response.code(),
                        response.code(),
                        new io.fabric8.kubernetes.api.model.Status());
            }
            body.consume();
            body.done().get(seconds + 30L, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            throw new IOException(String.valueOf(e.getCause()), e.getCause());
        } catch (TimeoutException e) {
            throw new IOException("the watch fell silent", e);
        } finally {
            if (body != null) {
                body.cancel();
            }
        }
    }

    /// Puts the chunks of a stream together to lines and takes each as an event.
    private final class Lines {
        private final ByteArrayOutputStream open = new ByteArrayOutputStream();

        void take(List<ByteBuffer> chunks) throws IOException {
            for (ByteBuffer chunk : chunks) {
                while (chunk.hasRemaining()) {
                    byte b = chunk.get();
                    if (b == '\n') {
                        if (open.size() > 0) {
                            event(Json.read(open.toByteArray()));
                            open.reset();
                        }
                    } else {
                        open.write(b);
                    }
                }
            }
        }
    }

    private void event(JsonNode event) {
        JsonNode metadata = event.path("object").path("metadata");
        String uid = metadata.path("uid").asText();
        switch (event.path("type").asText()) {
            case "ADDED", "MODIFIED" -> {
                uids.add(uid);
                listener.present(resource, metadata);
            }
            case "DELETED" -> {
                uids.remove(uid);
                listener.gone(resource, uid);
            }
            case "ERROR" -> {
                // Nearly always 410: what happened since is not kept any more.
                expired = true;
                return;
            }
            default -> {}
        }
        String seen = metadata.path("resourceVersion").asText("");
        if (!seen.isEmpty()) {
            revision = seen;
        }
    }
}
