package io.jubernetes.serviceproxy.backend.userspace;

import io.jubernetes.serviceproxy.rules.Frontend;
import io.jubernetes.serviceproxy.rules.Protocol;
import io.jubernetes.serviceproxy.rules.RuleName;
import io.netty.channel.ChannelFuture;
import io.netty.util.concurrent.Future;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/// The listeners that are open. Used by one thread.
final class Listeners implements AutoCloseable {
    private static final Duration LIMIT = Duration.ofSeconds(10);

    private final Forwarder forwarder;
    private final Map<Listener.Place, Served> open = new HashMap<>();

    private record Served(Listener listener, Door door) {}

    Listeners(Forwarder forwarder) {
        this.forwarder = forwarder;
    }

    /// Where one listens for a frontend.
    ///
    /// @param node the addresses at which node ports are served
    static List<Listener.Place> places(Frontend frontend, List<InetAddress> node) {
        List<InetAddress> addresses = frontend.isNodePort() ? node : List.of(InetAddress.ofLiteral(frontend.address()));
        return addresses.stream()
                .map(address ->
                        new Listener.Place(new InetSocketAddress(address, frontend.port()), frontend.protocol()))
                .toList();
    }

    /// Opens, changes and closes until these doors are served and no others.
    ///
    /// @return the rules that have a place where listening failed, and why; the next call tries again
    Map<RuleName, String> become(Map<Listener.Place, Door> wanted) {
        List<Future<?>> changing = new ArrayList<>();
        open.entrySet().removeIf(each -> {
            boolean gone = !wanted.containsKey(each.getKey());
            if (gone) {
                changing.addAll(each.getValue().listener().close());
            }
            return gone;
        });
        Map<Listener.Place, List<ChannelFuture>> opening = new HashMap<>();
        wanted.forEach((place, door) -> {
            Served served = open.get(place);
            if (served == null) {
                Listener listener = place.protocol() == Protocol.TCP
                        ? new TcpListener(forwarder, door)
                        : new UdpListener(forwarder, door);
                opening.put(place, listener.open(place));
                open.put(place, new Served(listener, door));
            } else if (!served.door().equals(door)) {
                changing.add(served.listener().serve(door));
                open.put(place, new Served(served.listener(), door));
            }
        });
        Map<RuleName, String> failed = new HashMap<>();
        long end = System.nanoTime() + LIMIT.toNanos();
        changing.forEach(change -> isDone(change, end));
        opening.forEach((place, bound) -> {
            for (ChannelFuture each : bound) {
                if (!isDone(each, end) || !each.isSuccess()) {
                    Served served = open.remove(place);
                    if (served != null) {
                        served.listener().close();
                        String reason =
                                each.isDone() ? String.valueOf(each.cause().getMessage()) : "no answer";
                        failed.put(
                                served.door().claim().rule().name(), "cannot listen at " + place + " (" + reason + ")");
                    }
                }
            }
        });
        forwarder.metrics.unserved.set(failed.size());
        return failed;
    }

    private static boolean isDone(Future<?> future, long end) {
        return future.awaitUninterruptibly(Math.max(0, end - System.nanoTime()), TimeUnit.NANOSECONDS);
    }

    @Override
    public void close() {
        open.values().forEach(served -> served.listener().close());
        open.clear();
    }
}
