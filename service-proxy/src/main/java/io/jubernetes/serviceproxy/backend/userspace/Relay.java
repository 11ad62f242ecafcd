package io.jubernetes.serviceproxy.backend.userspace;

import io.jubernetes.serviceproxy.rules.Target;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.SocketChannel;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// One connection of a client and the one to its endpoint, both on the client's event loop, which alone touches this.
/// Nothing is read that cannot be written on: a slow reader slows its writer down to its own pace. An end of one
/// direction is passed on and leaves the other open; a reset is passed on as a reset.
final class Relay implements Forwarder.Expiring {
    private static final int MOST_TRIES = 4;

    private final Forwarder forwarder;
    private final Door door;
    private final SocketChannel client;
    private final InetAddress clientAddress;
    private final List<Target> tried = new ArrayList<>(1);
    private final Direction there = new Direction();
    private @Nullable SocketChannel endpoint;
    private long lastMove = System.nanoTime();
    private int openDirections = 2;
    private boolean ended;

    Relay(Forwarder forwarder, Door door, SocketChannel client) {
        this.forwarder = forwarder;
        this.door = door;
        this.client = client;
        this.clientAddress = client.remoteAddress().getAddress();
    }

    /// Closes a connection in a way that the other side takes for a failure.
    static void reset(Channel channel) {
        if (channel.isOpen()) {
            channel.config().setOption(ChannelOption.SO_LINGER, 0);
            channel.close();
        }
    }

    /// Connects to an endpoint and begins to pass on.
    void start() {
        forwarder.carry(client.eventLoop(), this);
        client.pipeline().addLast(there);
        client.closeFuture().addListener(_ -> end());
        Optional<Target> target = door.pick(clientAddress, tried);
        if (target.isEmpty()) {
            forwarder.metrics.turnedAway.increment();
            reset(client);
        } else {
            connect(target.get());
        }
    }

    private void connect(Target target) {
        var back = new Direction();
        back.leadTo(client);
        SocketChannel channel = forwarder.transport.socket();
        channel.config()
                .setAutoRead(false)
                .setAllowHalfClosure(true)
                .setConnectTimeoutMillis((int) forwarder.settings.connectLimit().toMillis())
                .setWriteBufferWaterMark(client.config().getWriteBufferWaterMark());
        channel.pipeline().addLast(back);
        var address = new InetSocketAddress(InetAddress.ofLiteral(target.address()), target.port());
        client.eventLoop().register(channel).addListener(registered -> {
            if (registered.isSuccess()) {
                channel.connect(address).addListener(connected -> {
                    if (connected.isSuccess()) {
                        connected(channel, target);
                    } else {
                        channel.close();
                        missed(target);
                    }
                });
            } else {
                missed(target);
            }
        });
    }

    private void connected(SocketChannel channel, Target target) {
        if (ended) {
            reset(channel); // the client did not wait
            return;
        }
        door.balancer().reached(target, clientAddress);
        endpoint = channel;
        there.leadTo(channel);
        client.config().setAutoRead(true);
        channel.config().setAutoRead(true);
    }

    private void missed(Target target) {
        door.balancer().missed(target);
        forwarder.metrics.missedEndpoints.increment();
        if (ended) {
            return;
        }
        tried.add(target);
        Optional<Target> next = tried.size() < MOST_TRIES ? door.pick(clientAddress, tried) : Optional.empty();
        if (next.isEmpty()) {
            forwarder.metrics.unreachable.increment();
            reset(client);
        } else {
            connect(next.get());
        }
    }

    @Override
    public void expire(long now) {
        if (now - lastMove > forwarder.settings.tcpIdle().toNanos()) {
            reset(client);
        }
    }

    /// The client's connection is closed: nothing of this stays.
    private void end() {
        if (!ended) {
            ended = true;
            forwarder.forget(client.eventLoop(), this);
            forwarder.metrics.connections.decrementAndGet();
            if (endpoint != null) {
                reset(endpoint);
            }
        }
    }

    /// Passes on what one side sends. What a client sends and ends before there is an endpoint is read with its end,
    /// even
    /// if nobody asked for it; that is no more than the kernel's buffer holds.
    private final class Direction extends ChannelInboundHandlerAdapter {
        private final List<ByteBuf> early = new ArrayList<>(0);
        private @Nullable SocketChannel to;
        private boolean finished;

        void leadTo(SocketChannel channel) {
            to = channel;
            early.forEach(each -> channel.write(each, channel.voidPromise()));
            early.clear();
            channel.flush();
            if (finished) {
                passEndOn(channel);
            }
        }

        @Override
        public void channelRead(ChannelHandlerContext from, Object message) {
            var bytes = (ByteBuf) message;
            forwarder.metrics.bytes.add(bytes.readableBytes());
            if (to == null) {
                early.add(bytes);
            } else {
                to.write(bytes, to.voidPromise());
            }
        }

        @Override
        public void channelReadComplete(ChannelHandlerContext from) {
            lastMove = System.nanoTime();
            if (to != null) {
                to.flush();
                if (!to.isWritable()) {
                    from.channel().config().setAutoRead(false);
                }
            }
        }

        /// This side takes more, so the other may be read again.
        @Override
        public void channelWritabilityChanged(ChannelHandlerContext from) {
            if (to != null && from.channel().isWritable()) {
                to.config().setAutoRead(true);
            }
        }

        @Override
        public void userEventTriggered(ChannelHandlerContext from, Object event) {
            if (event == ChannelInputShutdownEvent.INSTANCE && !finished) {
                finished = true;
                if (to != null) {
                    passEndOn(to);
                }
            }
        }

        private void passEndOn(SocketChannel channel) {
            openDirections--;
            boolean last = openDirections == 0;
            channel.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(_ -> {
                if (last) {
                    closeBoth();
                } else {
                    channel.shutdownOutput();
                }
            });
        }

        /// The channel is gone, and with it what waited for an endpoint.
        @Override
        public void handlerRemoved(ChannelHandlerContext from) {
            early.forEach(ByteBuf::release);
            early.clear();
        }

        @Override
        public void channelInactive(ChannelHandlerContext from) {
            if (!from.channel().equals(client) && !finished) {
                reset(client);
            }
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext from, Throwable cause) {
            // A connection that broke; the counterpart learns it by a reset.
            reset(from.channel());
            reset(client);
        }
    }

    private void closeBoth() {
        if (endpoint != null) {
            endpoint.close();
        }
        client.close();
    }
}
