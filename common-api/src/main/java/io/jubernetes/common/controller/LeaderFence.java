package io.jubernetes.common.controller;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.http.BasicBuilder;
import io.fabric8.kubernetes.client.http.HttpRequest;
import io.fabric8.kubernetes.client.http.Interceptor;
import io.fabric8.kubernetes.client.impl.KubernetesClientImpl;
import io.jubernetes.common.client.KubernetesClients;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ForkJoinPool;
import org.jspecify.annotations.Nullable;

/// Stands between a leader's work and the API server: writes pass only while the lease is surely this
/// replica's. A process that was paused and wakes up after another has taken the lease finds its own
/// time over by the monotonic clock, which went on, before its election has noticed anything. Reads
/// always pass. Thread-safe.
public final class LeaderFence implements Interceptor {
    private static final String NAME = "leader-fence";
    private static final Set<String> READS = Set.of("GET", "HEAD", "OPTIONS");

    /// When the last renewal was sent, and for how long it is good; by [System#nanoTime].
    private record Term(long from, long nanos) {}

    private final boolean alwaysOpen;
    private volatile @Nullable Term term; // null while the lease is not this replica's

    private LeaderFence(boolean alwaysOpen) {
        this.alwaysOpen = alwaysOpen;
    }

    /// A fence that is shut until the lease is won.
    static LeaderFence shut() {
        return new LeaderFence(false);
    }

    /// A fence that is always open, for a service that works without an election.
    public static LeaderFence open() {
        return new LeaderFence(true);
    }

    /// The lease was taken or renewed.
    ///
    /// @param sent when the request that did it was sent, by [System#nanoTime]
    void extend(long sent, Duration good) {
        term = new Term(sent, good.toNanos());
    }

    /// The lease is given back or lost.
    void close() {
        term = null;
    }

    /// Whether writes pass now.
    boolean isOpen() {
        Term now = term;
        return alwaysOpen || (now != null && System.nanoTime() - now.from() < now.nanos());
    }

    /// The same client behind this fence, on the same connection.
    public KubernetesClient fenced(KubernetesClient client) {
        var http = client.getHttpClient()
                .newBuilder()
                .addOrReplaceInterceptor(NAME, this)
                .build();
        return new KubernetesClientImpl(
                http, client.getConfiguration(), ForkJoinPool::commonPool, KubernetesClients.serialization());
    }

    @Override
    public void before(BasicBuilder builder, HttpRequest request, RequestTags tags) {
        if (!READS.contains(request.method()) && !isOpen()) {
            throw new KubernetesClientException("not sent, because this replica does not lead: " + request.method()
                    + " " + request.uri().getPath());
        }
    }
}
