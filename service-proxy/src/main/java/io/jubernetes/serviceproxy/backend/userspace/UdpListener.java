package io.jubernetes.serviceproxy.backend.userspace;

import io.jubernetes.serviceproxy.rules.Target;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.socket.DatagramPacket;
import io.netty.util.concurrent.Future;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Passes datagrams on. Each client gets a socket of its own to its endpoint, so that answers find back. Datagrams that
/// cannot be passed on at once are dropped and counted, as any router does.
final class UdpListener extends ChannelInboundHandlerAdapter implements Listener, Forwarder.Expiring {
    private static final int LONGEST = 65_535;
    private static final int RECEIVE_BUFFER = 1 << 20;

    private final Forwarder forwarder;
    private final Map<InetSocketAddress, Flow> flows =
            new LinkedHashMap<>(16, 0.75f, true); // the loop's own; longest silent first
    private Door door; // the loop's own
    private volatile @Nullable Channel channel;

    UdpListener(Forwarder forwarder, Door door) {
        this.forwarder = forwarder;
        this.door = door;
    }

    @Override
    public List<ChannelFuture> open(Place place) {
        var bootstrap = new Bootstrap()
                .group(forwarder.group())
                .channel(forwarder.transport.datagrams)
                .option(ChannelOption.SO_RCVBUF, RECEIVE_BUFFER)
                .option(ChannelOption.RECVBUF_ALLOCATOR, new FixedRecvByteBufAllocator(LONGEST))
                .handler(this);
        forwarder.transport.allowRoutedAddress(bootstrap);
        ChannelFuture bound = bootstrap.bind(place.address());
        channel = bound.channel();
        return List.of(bound);
    }

    @Override
    public void channelActive(ChannelHandlerContext context) {
        forwarder.carry(context.channel().eventLoop(), this);
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        forwarder.forget(context.channel().eventLoop(), this);
        List.copyOf(flows.values()).forEach(Flow::end);
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        var packet = (DatagramPacket) message;
        Flow flow = flows.get(packet.sender());
        if (flow == null) {
            flow = begin(context.channel(), packet.sender());
        }
        if (flow == null) {
            packet.release();
            forwarder.metrics.droppedDatagrams.increment();
        } else {
            flow.send(packet.content());
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext context) {
        context.flush();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        // An ICMP error about some earlier answer: its client is gone, the others are not.
    }

    private @Nullable Flow begin(Channel here, InetSocketAddress client) {
        Optional<Target> target = door.pick(client.getAddress(), List.of());
        if (target.isEmpty()) {
            return null;
        }
        if (forwarder.metrics.flows.incrementAndGet() > forwarder.settings.mostFlows()) {
            Iterator<Flow> longestSilent = flows.values().iterator();
            if (!longestSilent.hasNext()) { // the room is taken by other Services
                forwarder.metrics.flows.decrementAndGet();
                return null;
            }
            longestSilent.next().end();
        }
        var flow = new Flow(here, client, target.get());
        flows.put(client, flow);
        flow.connect();
        return flow;
    }

    @Override
    public void expire(long now) {
        long limit = forwarder.settings.udpIdle().toNanos();
        for (Flow flow : List.copyOf(flows.values())) {
            if (now - flow.lastMove > limit) {
                flow.end();
            }
        }
    }

    @Override
    public Future<?> serve(Door next) {
        return java.util.Objects.requireNonNull(channel, "not open").eventLoop().submit(() -> {
            door = next;
            List<Target> left = next.all();
            for (Flow flow : List.copyOf(flows.values())) {
                if (!left.contains(flow.target)) {
                    flow.end();
                }
            }
        });
    }

    @Override
    public List<ChannelFuture> close() {
        return List.of(java.util.Objects.requireNonNull(channel, "not open").close());
    }

    /// One client's datagrams to one endpoint and back.
    private final class Flow extends ChannelInboundHandlerAdapter {
        private static final int MOST_WAITING = 16;

        private final Channel here;
        private final InetSocketAddress client;
        private final Target target;
        private final List<ByteBuf> waiting = new ArrayList<>(1);
        private @Nullable Channel there;
        private long lastMove = System.nanoTime();
        private boolean ended;

        Flow(Channel here, InetSocketAddress client, Target target) {
            this.here = here;
            this.client = client;
            this.target = target;
        }

        void connect() {
            new Bootstrap()
                    .group(here.eventLoop())
                    .channel(forwarder.transport.datagrams)
                    .disableResolver()
                    .option(ChannelOption.RECVBUF_ALLOCATOR, new FixedRecvByteBufAllocator(LONGEST))
                    .handler(this)
                    .connect(new InetSocketAddress(InetAddress.ofLiteral(target.address()), target.port()))
                    .addListener((ChannelFuture future) -> {
                        if (!future.isSuccess()) {
                            failed();
                        } else if (ended) {
                            future.channel().close();
                        } else {
                            there = future.channel();
                            door.balancer().reached(target, client.getAddress());
                            waiting.forEach(content -> future.channel()
                                    .write(content, future.channel().voidPromise()));
                            waiting.clear();
                            future.channel().flush();
                        }
                    });
        }

        void send(ByteBuf content) {
            lastMove = System.nanoTime();
            Channel open = there;
            if (open != null && open.isWritable()) {
                open.writeAndFlush(content, open.voidPromise());
            } else if (open == null && waiting.size() < MOST_WAITING) {
                waiting.add(content);
            } else {
                content.release();
                forwarder.metrics.droppedDatagrams.increment();
            }
        }

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            lastMove = System.nanoTime();
            var packet = (DatagramPacket) message;
            if (here.isWritable()) {
                here.write(new DatagramPacket(packet.content(), client), here.voidPromise());
            } else {
                packet.release();
                forwarder.metrics.droppedDatagrams.increment();
            }
        }

        @Override
        public void channelReadComplete(ChannelHandlerContext context) {
            here.flush();
        }

        /// Mostly the endpoint's machine says that nobody listens there.
        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            failed();
        }

        private void failed() {
            door.balancer().missed(target);
            forwarder.metrics.missedEndpoints.increment();
            end();
        }

        void end() {
            if (!ended) {
                ended = true;
                flows.remove(client, this);
                forwarder.metrics.flows.decrementAndGet();
                waiting.forEach(ByteBuf::release);
                waiting.clear();
                if (there != null) {
                    there.close();
                }
            }
        }
    }
}
