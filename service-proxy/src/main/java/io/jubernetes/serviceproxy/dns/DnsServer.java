package io.jubernetes.serviceproxy.dns;

import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.jubernetes.common.component.StartupException;
import io.jubernetes.common.controller.Informed;
import io.micrometer.core.instrument.MeterRegistry;
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.DatagramPacket;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioDatagramChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.LengthFieldBasedFrameDecoder;
import io.netty.handler.codec.LengthFieldPrepender;
import io.netty.handler.timeout.ReadTimeoutHandler;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Clock;
import java.time.Duration;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;

/// Listens for DNS queries by UDP and TCP on one port.
public final class DnsServer implements AutoCloseable {
    private static final int LONGEST_TCP = 65_535;
    private static final int MOST_CONNECTIONS = 512;
    private static final int IDLE_SECONDS = 20;
    private static final int RECEIVE_BUFFER = 1 << 20;
    private static final int PORT_TRIES = 10;
    private static final Duration SILENCE_LIMIT = Duration.ofSeconds(10);

    private final EventLoopGroup loop = new MultiThreadIoEventLoopGroup(
            1, new DefaultThreadFactory("cluster-dns", true), NioIoHandler.newFactory());
    private final AtomicInteger connections = new AtomicInteger();
    private final Responder responder;
    private final DnsSettings settings;
    private volatile boolean listens;
    private volatile long lastBeat = System.nanoTime();
    private int port;

    private DnsServer(DnsSettings settings, Responder responder) {
        this.settings = settings;
        this.responder = responder;
    }

    /// Starts listening.
    ///
    /// @param ready whether the caches are filled
    /// @throws StartupException when the port is taken
    public static DnsServer start(
            DnsSettings settings,
            Informed<Service> services,
            Informed<EndpointSlice> slices,
            BooleanSupplier ready,
            MeterRegistry meters,
            Clock clock)
            throws StartupException {
        var addresses = settings.clusterAddresses().stream()
                .map(InetAddress::getHostAddress)
                .toList();
        var zone = new ClusterZone(services, slices, settings.domain(), addresses);
        Set<InetAddress> own = new HashSet<>(settings.clusterAddresses());
        own.add(settings.bindAddress());
        // The bind address is a loop only if the listener has DNS's own port.
        var metrics = new DnsMetrics(meters, settings.domain());
        var forwarding = new Forwarding(
                settings.stubDomains().stream()
                        .collect(Collectors.toMap(StubDomain::domain, StubDomain::servers, (one, _) -> one)),
                () -> ResolvConf.servers(
                        settings.resolvConf(), settings.port() == 53 ? own : Set.copyOf(settings.clusterAddresses())),
                clock,
                metrics);
        var responder = new Responder(zone, forwarding, ready, metrics);
        var server = new DnsServer(settings, responder);
        boolean listening = false;
        try {
            server.listen();
            listening = true;
            return server;
        } finally {
            if (!listening) {
                server.close();
            }
        }
    }

    private void listen() throws StartupException {
        Exception last = new BindException("no port");
        for (int i = 0; i < (settings.port() == 0 ? PORT_TRIES : 1); i++) {
            try {
                Channel tcp = bindTcp(settings.port());
                port = ((InetSocketAddress) tcp.localAddress()).getPort();
                try {
                    bindUdp(port).closeFuture().addListener(_ -> listens = false);
                    tcp.closeFuture().addListener(_ -> listens = false);
                    listens = true;
                    loop.scheduleWithFixedDelay(() -> lastBeat = System.nanoTime(), 1, 1, TimeUnit.SECONDS);
                    return;
                } catch (Exception e) {
                    tcp.close().syncUninterruptibly();
                    throw e;
                }
            } catch (Exception e) { // Netty throws checked exceptions without saying so
                last = e;
            }
        }
        throw new StartupException(
                "--dns-bind-address: cannot serve DNS at %s port %d (%s); choose another address or --dns-port"
                        .formatted(settings.bindAddress().getHostAddress(), settings.port(), last.getMessage()),
                last);
    }

    private Channel bindTcp(int wanted) {
        return new ServerBootstrap()
                .group(loop)
                .channel(NioServerSocketChannel.class)
                .option(ChannelOption.SO_REUSEADDR, true)
                .childHandler(new ChannelInitializer<SocketChannel>() {
                    @Override
                    protected void initChannel(SocketChannel channel) {
                        connected(channel);
                    }
                })
                .bind(settings.bindAddress(), wanted)
                .syncUninterruptibly()
                .channel();
    }

    private Channel bindUdp(int wanted) {
        return new Bootstrap()
                .group(loop)
                .channel(NioDatagramChannel.class)
                .option(ChannelOption.SO_RCVBUF, RECEIVE_BUFFER)
                .handler(new UdpHandler())
                .bind(settings.bindAddress(), wanted)
                .syncUninterruptibly()
                .channel();
    }

    private void connected(SocketChannel channel) {
        if (connections.incrementAndGet() > MOST_CONNECTIONS) {
            connections.decrementAndGet();
            channel.close();
            return;
        }
        channel.closeFuture().addListener(_ -> connections.decrementAndGet());
        channel.pipeline()
                .addLast(new ReadTimeoutHandler(IDLE_SECONDS))
                .addLast(new LengthFieldBasedFrameDecoder(LONGEST_TCP, 0, 2, 0, 2))
                .addLast(new LengthFieldPrepender(2))
                .addLast(new TcpHandler());
    }

    /// Why the server is not well: its thread has been busy for too long, or it no longer listens.
    public Optional<String> illness() {
        long silence = System.nanoTime() - lastBeat;
        if (!listens) {
            return Optional.of("DNS is not listening");
        }
        return silence > SILENCE_LIMIT.toNanos()
                ? Optional.of("DNS has not come round for " + Duration.ofNanos(silence))
                : Optional.empty();
    }

    /// Where the server listens.
    public InetSocketAddress address() {
        return new InetSocketAddress(settings.bindAddress(), port);
    }

    @Override
    public void close() {
        loop.shutdownGracefully(0, 2, TimeUnit.SECONDS).awaitUninterruptibly(5, TimeUnit.SECONDS);
    }

    private final class UdpHandler extends SimpleChannelInboundHandler<DatagramPacket> {
        @Override
        protected void channelRead0(ChannelHandlerContext context, DatagramPacket packet) {
            InetSocketAddress client = packet.sender();
            responder
                    .respond(ByteBufUtil.getBytes(packet.content()), false)
                    .thenAccept(answer -> answer.ifPresent(bytes -> context.writeAndFlush(
                            new DatagramPacket(Unpooled.wrappedBuffer(bytes), client), context.voidPromise())));
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            // An ICMP error about some earlier answer: its client is gone, the others are not.
        }
    }

    private final class TcpHandler extends SimpleChannelInboundHandler<ByteBuf> {
        @Override
        protected void channelRead0(ChannelHandlerContext context, ByteBuf frame) {
            // One question at a time: a client that does not read its answers stops being read.
            context.channel().config().setAutoRead(false);
            responder.respond(ByteBufUtil.getBytes(frame), true).thenAccept(answer -> {
                if (answer.isEmpty()) {
                    context.close();
                } else {
                    context.writeAndFlush(Unpooled.wrappedBuffer(answer.get()))
                            .addListener(_ -> context.channel().config().setAutoRead(true));
                }
            });
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            context.close();
        }
    }
}
