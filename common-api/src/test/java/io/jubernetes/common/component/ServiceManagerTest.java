package io.jubernetes.common.component;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.epoll.EpollDomainDatagramChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.unix.DomainDatagramPacket;
import io.netty.channel.unix.DomainSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// What systemd hears. Its side is played by Netty's datagram channel.
class ServiceManagerTest {
    @TempDir
    Path folder;

    private final BlockingQueue<String> heard = new LinkedBlockingQueue<>();
    private EventLoopGroup loop;
    private Channel systemd;
    private String socket;

    @BeforeEach
    void listen() throws InterruptedException {
        socket = folder.resolve("notify").toString();
        loop = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
        systemd = new Bootstrap()
                .group(loop)
                .channel(EpollDomainDatagramChannel.class)
                .handler(new SimpleChannelInboundHandler<DomainDatagramPacket>() {
                    @Override
                    protected void channelRead0(ChannelHandlerContext context, DomainDatagramPacket packet) {
                        heard.add(packet.content().toString(StandardCharsets.UTF_8));
                    }
                })
                .bind(new DomainSocketAddress(socket))
                .sync()
                .channel();
    }

    @AfterEach
    void hangUp() throws InterruptedException {
        systemd.close().sync();
        loop.shutdownGracefully(0, 1, TimeUnit.SECONDS).sync();
    }

    private String next() throws InterruptedException {
        return heard.poll(10, TimeUnit.SECONDS);
    }

    @Test
    void readyThenAliveThenStopping() throws InterruptedException {
        var manager = ServiceManager.ready(Map.of("NOTIFY_SOCKET", socket, "WATCHDOG_USEC", "100000"));
        assertThat(next()).isEqualTo("READY=1");
        assertThat(next()).isEqualTo("WATCHDOG=1");
        assertThat(next()).as("again and again").isEqualTo("WATCHDOG=1");
        manager.close();
        assertThat(heardUntil("STOPPING=1")).isTrue();
    }

    private boolean heardUntil(String text) throws InterruptedException {
        for (String one = next(); one != null; one = next()) {
            if (one.equals(text)) {
                return true;
            }
        }
        return false;
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "0", "many"})
    void withoutAWatchdogOnlyReadyIsSaid(String micros) throws InterruptedException {
        var manager = ServiceManager.ready(Map.of("NOTIFY_SOCKET", socket, "WATCHDOG_USEC", micros));
        manager.close();
        assertThat(next()).isEqualTo("READY=1");
        assertThat(next()).isEqualTo("STOPPING=1");
    }

    @Test
    void anotherProcessesWatchdogIsNotFed() throws InterruptedException {
        ServiceManager.ready(Map.of("NOTIFY_SOCKET", socket, "WATCHDOG_USEC", "100000", "WATCHDOG_PID", "1"))
                .close();
        assertThat(next()).isEqualTo("READY=1");
        assertThat(next()).isEqualTo("STOPPING=1");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "/nowhere/at/all", "@nobody-listens-here"})
    void aServiceRunsWithoutAnybodyToTell(String address) {
        assertThatCode(() ->
                        ServiceManager.ready(Map.of("NOTIFY_SOCKET", address)).close())
                .doesNotThrowAnyException();
    }
}
