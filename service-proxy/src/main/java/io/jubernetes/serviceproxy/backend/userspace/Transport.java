package io.jubernetes.serviceproxy.backend.userspace;

import io.netty.bootstrap.AbstractBootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.channel.epoll.EpollDatagramChannel;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.DatagramChannel;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioDatagramChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadFactory;

/// The kernel's interface for many sockets: epoll where Netty's native part is there, else the JDK's selectors.
enum Transport {
    EPOLL(EpollServerSocketChannel.class, EpollDatagramChannel.class),
    SELECTOR(NioServerSocketChannel.class, NioDatagramChannel.class);

    final Class<? extends ServerChannel> listening;
    final Class<? extends DatagramChannel> datagrams;

    Transport(Class<? extends ServerChannel> listening, Class<? extends DatagramChannel> datagrams) {
        this.listening = listening;
        this.datagrams = datagrams;
    }

    static Transport best() {
        return Epoll.isAvailable() ? EPOLL : SELECTOR;
    }

    EventLoopGroup group(int threads, ThreadFactory factory) {
        return new MultiThreadIoEventLoopGroup(
                threads,
                factory,
                switch (this) {
                    case EPOLL -> SteadyEpoll.newFactory();
                    case SELECTOR -> NioIoHandler.newFactory();
                });
    }

    /// A socket that is not connected yet.
    SocketChannel socket() {
        return switch (this) {
            case EPOLL -> new EpollSocketChannel();
            case SELECTOR -> new NioSocketChannel();
        };
    }

    /// On which event loops one listens at an address. Where the kernel shares connections out between several sockets,
    /// on all of them: a connection then stays with the thread that has accepted it.
    List<EventLoop> listeningLoops(EventLoopGroup group, ServerBootstrap bootstrap) {
        if (this == SELECTOR) {
            return List.of(group.next());
        }
        bootstrap.option(EpollChannelOption.SO_REUSEPORT, true);
        var loops = new ArrayList<EventLoop>();
        group.forEach(loop -> loops.add((EventLoop) loop));
        return loops;
    }

    /// Lets a socket be bound to an address that is the machine's only by a route; IPv6 asks for this.
    void allowRoutedAddress(AbstractBootstrap<?, ?> bootstrap) {
        if (this == EPOLL) {
            bootstrap.option(EpollChannelOption.IP_FREEBIND, true);
        }
    }
}
