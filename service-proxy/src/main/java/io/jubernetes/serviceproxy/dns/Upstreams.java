package io.jubernetes.serviceproxy.dns;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

/// Asks the machine's name servers what this server does not know. Equal questions at one time are asked once, answers
/// and denials are kept for a while, no more than [#MOST_AT_ONCE] questions are under way, and when no server has
/// answered lately
/// only one question at a time waits for them, so that the others fail at once. Thread-safe.
final class Upstreams {
    static final int MOST_AT_ONCE = 256;
    private static final int MOST_KEPT = 5_000;
    private static final int LONGEST_KEPT_SECONDS = 30;
    private static final Duration TRY = Duration.ofSeconds(2);
    private static final Duration REST = Duration.ofSeconds(5);
    private static final int FAILURES_TO_REST = 3;
    private static final int SERVFAIL = Rcode.SERVFAIL.code();

    /// @param tcp in the key because a truncated answer is of no use to a client by TCP
    /// @param edns in the key because only who speaks EDNS may get an OPT record
    private record Key(Question question, boolean edns, boolean dnssec, boolean tcp) {}

    private record Kept(byte[] message, Instant since, int seconds) {}

    private final Supplier<List<InetSocketAddress>> servers;
    private final Clock clock;
    private final DnsMetrics metrics;
    private final Exchange exchange = new Exchange();
    private final Cache<Key, Kept> cache =
            Caffeine.newBuilder().maximumSize(MOST_KEPT).build();
    private final ConcurrentHashMap<Key, CompletableFuture<Optional<byte[]>>> underWay = new ConcurrentHashMap<>();
    private final Semaphore room = new Semaphore(MOST_AT_ONCE);
    private final Semaphore probe = new Semaphore(1);
    private final AtomicInteger failuresInARow = new AtomicInteger();
    private volatile Instant lastFailure = Instant.EPOCH;

    /// @param servers whom to ask, in order; read for each question, because the machine's may change
    Upstreams(Supplier<List<InetSocketAddress>> servers, Clock clock, DnsMetrics metrics) {
        this.servers = servers;
        this.clock = clock;
        this.metrics = metrics;
        metrics.watchCache(cache::estimatedSize);
    }

    /// The message for the client; empty when nobody answers. Never fails.
    CompletableFuture<Optional<byte[]>> ask(Query query, boolean tcp) {
        var key = new Key(query.question(), query.edns(), query.dnssec(), tcp);
        Kept kept = cache.getIfPresent(key);
        if (kept != null) {
            long age = Duration.between(kept.since(), clock.instant()).toSeconds();
            if (age < kept.seconds() && age >= 0) {
                metrics.cacheHit(Message.code(kept.message()));
                return CompletableFuture.completedFuture(Optional.of(Message.adapt(kept.message(), query, (int) age)));
            }
            cache.invalidate(key);
        }
        metrics.cacheMiss();
        List<InetSocketAddress> whom = servers.get();
        if (whom.isEmpty()) {
            return CompletableFuture.completedFuture(Optional.empty());
        }
        var mine = new CompletableFuture<Optional<byte[]>>();
        CompletableFuture<Optional<byte[]>> others = underWay.putIfAbsent(key, mine);
        if (others != null) {
            return adapted(others, query);
        }
        start(key, query, tcp, whom, mine);
        return adapted(mine, query);
    }

    private static CompletableFuture<Optional<byte[]>> adapted(
            CompletableFuture<Optional<byte[]>> answer, Query query) {
        return answer.thenApply(found -> found.map(message -> Message.adapt(message, query, 0)));
    }

    private void start(
            Key key,
            Query query,
            boolean tcp,
            List<InetSocketAddress> whom,
            CompletableFuture<Optional<byte[]>> result) {
        boolean resting =
                failuresInARow.get() >= FAILURES_TO_REST && clock.instant().isBefore(lastFailure.plus(REST));
        Semaphore permit = resting ? probe : room;
        if (!permit.tryAcquire()) {
            metrics.rejected();
            underWay.remove(key, result);
            result.complete(Optional.empty());
            return;
        }
        Thread.ofVirtual().name("dns-upstream").start(() -> {
            Optional<byte[]> answer = Optional.empty();
            try {
                answer = ask(query, tcp, whom);
                answer.ifPresent(message -> keep(key, message));
            } finally {
                permit.release();
                underWay.remove(key, result);
                result.complete(answer);
            }
        });
    }

    private Optional<byte[]> ask(Query query, boolean tcp, List<InetSocketAddress> whom) {
        Optional<byte[]> bad = Optional.empty();
        for (InetSocketAddress server : whom) {
            long start = System.nanoTime();
            try {
                byte[] answer = exchange.ask(server, query.message(), tcp, TRY);
                metrics.asked(server, Message.code(answer), System.nanoTime() - start);
                failuresInARow.set(0);
                if (Message.code(answer) != SERVFAIL) {
                    return Optional.of(answer);
                }
                bad = Optional.of(answer); // perhaps the next one knows
            } catch (IOException _) {
                metrics.unanswered(server);
                lastFailure = clock.instant();
                failuresInARow.incrementAndGet();
            }
        }
        return bad;
    }

    private void keep(Key key, byte[] message) {
        int code = Message.code(message);
        if (Message.isTruncated(message) || (code != Rcode.NOERROR.code() && code != Rcode.NXDOMAIN.code())) {
            return;
        }
        int seconds = Math.min(Message.keepable(message).orElse(0), LONGEST_KEPT_SECONDS);
        if (seconds > 0) {
            cache.put(key, new Kept(message, clock.instant(), seconds));
        }
    }
}
