package io.jubernetes.kubelet.source;

import io.fabric8.kubernetes.api.model.Pod;
import io.jubernetes.kubelet.config.NodePolicies;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Static pods from a URL that holds the manifest of one or a list of them. Asked again and again; a server that
/// knows entity tags need not send what has not changed. While it cannot be read the pods stay as they are.
public final class UrlPodSource implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(UrlPodSource.class);
    private static final Duration ANSWER = Duration.ofSeconds(10);
    private static final int LARGEST = 10 << 20;

    private final NodePolicies.Manifests settings;
    private final URI url;
    private final String nodeName;
    private final ManifestPods pods;
    private final Clock clock;
    private final Thread thread;
    private final HttpClient http =
            HttpClient.newBuilder().connectTimeout(ANSWER).build();
    private final CountDownLatch readOnce = new CountDownLatch(1);
    private Optional<String> tag = Optional.empty(); // only the thread's

    /// @param settings with a URL
    public UrlPodSource(NodePolicies.Manifests settings, String nodeName, PodSink sink, Clock clock) {
        this.settings = settings;
        this.url = URI.create(settings.url().orElseThrow());
        this.nodeName = nodeName;
        this.pods = new ManifestPods(sink);
        this.clock = clock;
        this.thread = Thread.ofVirtual().name("static-pods-url").unstarted(this::run);
    }

    public void start() {
        thread.start();
    }

    /// The uids of the pods; waits until the URL has been asked once, or not much longer than it may take.
    public Set<String> uids() throws InterruptedException {
        var _ = readOnce.await(ANSWER.plusSeconds(1).toMillis(), TimeUnit.MILLISECONDS);
        return pods.uids();
    }

    private void run() {
        try {
            while (true) {
                try {
                    look();
                } catch (IOException | RuntimeException e) {
                    LOG.warn("cannot read static pods from {}: {}", url, e.getMessage());
                }
                readOnce.countDown();
                Thread.sleep(settings.urlInterval());
            }
        } catch (InterruptedException e) {
            // Closed.
        }
    }

    private void look() throws IOException, InterruptedException {
        var request = HttpRequest.newBuilder(url).timeout(ANSWER).GET();
        settings.headers().forEach((name, values) -> values.forEach(value -> request.header(name, value)));
        tag.ifPresent(known -> request.header("If-None-Match", known));
        HttpResponse<byte[]> answer = http.send(
                request.build(), HttpResponse.BodyHandlers.limiting(HttpResponse.BodyHandlers.ofByteArray(), LARGEST));
        if (answer.statusCode() == 304) {
            return;
        }
        if (answer.statusCode() != 200) {
            throw new IOException("status " + answer.statusCode());
        }
        if (answer.body().length == 0) {
            throw new IOException("an empty answer");
        }
        List<Pod> all = StaticPods.readAll(answer.body(), "http", url.toString(), nodeName, clock.instant());
        pods.set(all);
        tag = answer.headers().firstValue("ETag");
    }

    @Override
    public void close() {
        thread.interrupt();
        http.shutdownNow();
    }
}
