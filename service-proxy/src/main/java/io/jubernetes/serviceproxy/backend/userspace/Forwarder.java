package io.jubernetes.serviceproxy.backend.userspace;

import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.EventExecutor;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;

/// What all listeners of a backend share: the event loops, their limits and counters, and for each loop the relays it
/// carries. Now and then each loop ends those that have been silent for too long.
final class Forwarder implements AutoCloseable {
    private static final int MOST_LOOPS = 8; // each has a socket for each port that is served
    private static final Duration LONGEST_SWEEP = Duration.ofSeconds(30);

    /// Something that ends after a silence. Used by its event loop alone.
    interface Expiring {
        /// Ends what has been silent since before a moment.
        ///
        /// @param now by [System#nanoTime]
        void expire(long now);
    }

    final UserspaceSettings settings;
    final UserspaceMetrics metrics;
    final Transport transport;
    private final EventLoopGroup group;
    private final Map<EventExecutor, Set<Expiring>> carried = new HashMap<>(); // sets: their loops' own

    Forwarder(UserspaceSettings settings, UserspaceMetrics metrics, Transport transport) {
        this(settings, metrics, transport, new DefaultThreadFactory("userspace-proxy", true));
    }

    Forwarder(UserspaceSettings settings, UserspaceMetrics metrics, Transport transport, ThreadFactory threads) {
        this.settings = settings;
        this.metrics = metrics;
        this.transport = transport;
        this.group = transport.group(Math.min(Runtime.getRuntime().availableProcessors(), MOST_LOOPS), threads);
        Duration shortest =
                settings.udpIdle().compareTo(settings.tcpIdle()) < 0 ? settings.udpIdle() : settings.tcpIdle();
        long millis = Math.clamp(shortest.toMillis() / 4, 10, LONGEST_SWEEP.toMillis());
        group.forEach(loop -> carried.put(loop, new HashSet<>()));
        carried.forEach(
                (loop, all) -> loop.scheduleWithFixedDelay(() -> sweep(all), millis, millis, TimeUnit.MILLISECONDS));
    }

    private static void sweep(Set<Expiring> all) {
        long now = System.nanoTime();
        for (Expiring each : List.copyOf(all)) { // a copy, because what ends removes itself
            each.expire(now);
        }
    }

    EventLoopGroup group() {
        return group;
    }

    /// Has something looked at until [#forget].
    void carry(EventLoop loop, Expiring each) {
        carried(loop).add(each);
    }

    void forget(EventLoop loop, Expiring each) {
        carried(loop).remove(each);
    }

    private Set<Expiring> carried(EventLoop loop) {
        return java.util.Objects.requireNonNull(carried.get(loop), "a loop of another group");
    }

    /// Ends everything that is under way.
    @Override
    public void close() {
        group.shutdownGracefully(0, 2, TimeUnit.SECONDS).awaitUninterruptibly(5, TimeUnit.SECONDS);
    }
}
