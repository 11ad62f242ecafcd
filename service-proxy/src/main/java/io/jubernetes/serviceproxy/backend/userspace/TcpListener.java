package io.jubernetes.serviceproxy.backend.userspace;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.socket.SocketChannel;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.ImmediateEventExecutor;
import java.util.List;

/// Accepts TCP connections and hands each to a [Relay].
final class TcpListener implements Listener {
    private static final int BACKLOG = 4096;
    private static final WriteBufferWaterMark WATER_MARK = new WriteBufferWaterMark(1 << 16, 1 << 18);

    private final Forwarder forwarder;
    private volatile Door door;
    private volatile List<Channel> channels = List.of();

    TcpListener(Forwarder forwarder, Door door) {
        this.forwarder = forwarder;
        this.door = door;
    }

    @Override
    public List<ChannelFuture> open(Place place) {
        var bootstrap = new ServerBootstrap()
                .channel(forwarder.transport.listening)
                .option(ChannelOption.SO_REUSEADDR, true)
                .option(ChannelOption.SO_BACKLOG, BACKLOG)
                .childOption(ChannelOption.AUTO_READ, false) // until there is somebody to write to
                .childOption(ChannelOption.ALLOW_HALF_CLOSURE, true)
                .childOption(ChannelOption.WRITE_BUFFER_WATER_MARK, WATER_MARK)
                .childHandler(new Arrival());
        forwarder.transport.allowRoutedAddress(bootstrap);
        List<ChannelFuture> bound = forwarder.transport.listeningLoops(forwarder.group(), bootstrap).stream()
                .map(loop -> bootstrap.clone().group(loop).bind(place.address()))
                .toList();
        channels = bound.stream().map(ChannelFuture::channel).toList();
        return bound;
    }

    private void accepted(SocketChannel client) {
        UserspaceMetrics metrics = forwarder.metrics;
        metrics.accepted.increment();
        if (metrics.connections.incrementAndGet() > forwarder.settings.mostConnections()) {
            metrics.connections.decrementAndGet();
            metrics.overLimit.increment();
            Relay.reset(client);
            return;
        }
        new Relay(forwarder, door, client).start();
    }

    /// Waits until a connection has its event loop.
    @ChannelHandler.Sharable
    private final class Arrival extends ChannelInboundHandlerAdapter {
        @Override
        public void channelActive(ChannelHandlerContext context) {
            context.pipeline().remove(this);
            accepted((SocketChannel) context.channel());
        }
    }

    @Override
    public Future<?> serve(Door next) {
        door = next;
        return ImmediateEventExecutor.INSTANCE.newSucceededFuture(null);
    }

    @Override
    public List<ChannelFuture> close() {
        return channels.stream().map(Channel::close).toList();
    }
}
