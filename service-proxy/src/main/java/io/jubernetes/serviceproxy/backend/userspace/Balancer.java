package io.jubernetes.serviceproxy.backend.userspace;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Ticker;
import io.jubernetes.serviceproxy.rules.Target;
import java.net.InetAddress;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/// Chooses the endpoint of each connection to one port of one Service, whichever of its addresses the client used: the
/// one the client had before if the Service asks for affinity, else the next in turn. An endpoint that could not be
/// reached is passed over for a while as long as there are others. Thread-safe.
final class Balancer {
    private static final int MOST_CLIENTS = 10_000;
    private static final int MOST_RESTING = 1_000;
    private static final Duration REST = Duration.ofSeconds(5);

    private final Optional<Duration> timeout;
    private final @Nullable Cache<InetAddress, Target> clients;
    private final Cache<Target, Boolean> resting;
    private final AtomicInteger turn = new AtomicInteger();

    /// @param timeout for how long a client stays with its endpoint, empty for no affinity
    Balancer(Optional<Duration> timeout, Ticker ticker) {
        this.timeout = timeout;
        this.clients = timeout.<Cache<InetAddress, Target>>map(duration -> Caffeine.newBuilder()
                        .ticker(ticker)
                        .expireAfterAccess(duration)
                        .maximumSize(MOST_CLIENTS)
                        .build())
                .orElse(null);
        this.resting = Caffeine.newBuilder()
                .ticker(ticker)
                .expireAfterWrite(REST)
                .maximumSize(MOST_RESTING)
                .build();
    }

    /// Whether this balancer keeps clients for as long as a rule wants it.
    boolean has(Optional<Duration> affinity) {
        return timeout.equals(affinity);
    }

    /// The endpoint to try next.
    ///
    /// @param tried those that this connection has tried in vain
    /// @return empty when all have been tried
    Optional<Target> pick(List<Target> targets, InetAddress client, Collection<Target> tried) {
        if (clients != null) {
            Target before = clients.getIfPresent(client);
            if (before != null && !tried.contains(before) && targets.contains(before)) {
                return Optional.of(before);
            }
        }
        int first = turn.getAndIncrement();
        Target second = null;
        for (int i = 0; i < targets.size(); i++) {
            Target target = targets.get(Math.floorMod(first + i, targets.size()));
            if (!tried.contains(target)) {
                if (resting.getIfPresent(target) == null) {
                    return Optional.of(target);
                }
                second = second == null ? target : second;
            }
        }
        return Optional.ofNullable(second);
    }

    /// The endpoint has taken the client.
    void reached(Target target, InetAddress client) {
        if (clients != null) {
            clients.put(client, target);
        }
    }

    /// The endpoint could not be reached.
    void missed(Target target) {
        resting.put(target, Boolean.TRUE);
    }
}
