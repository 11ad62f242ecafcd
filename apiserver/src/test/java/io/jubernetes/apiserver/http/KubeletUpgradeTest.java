package io.jubernetes.apiserver.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.jubernetes.apiserver.http.KubeletUpgrade.Upgraded;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.ssl.SslContextBuilder;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import reactor.netty.NettyPipeline;

class KubeletUpgradeTest {
    private static final Duration LIMIT = Duration.ofSeconds(10);

    /// The first frames of a forwarded port come with the answer, often in one packet.
    @Test
    void whatComesWithTheAnswerReachesThoseBehindTheUpgrade() throws Exception {
        try (var kubelet = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Thread.ofVirtual().start(() -> answer(kubelet));
            Upgraded upgraded = Objects.requireNonNull(
                    new KubeletUpgrade(SslContextBuilder.forClient().build())
                            .connect(
                                    HttpMethod.GET,
                                    URI.create("http://127.0.0.1:" + kubelet.getLocalPort() + "/portForward/a/b"),
                                    new DefaultHttpHeaders().set("Upgrade", "SPDY/3.1"))
                            .block(LIMIT));
            assertThat(upgraded.headers()).containsEntry("Upgrade", "SPDY/3.1");
            var heard = new CompletableFuture<String>();
            upgraded.channel().eventLoop().execute(() -> {
                upgraded.channel().pipeline().addBefore(NettyPipeline.ReactiveBridge, null, new Listener(heard));
                upgraded.start();
            });
            assertThat(heard.get(LIMIT.toSeconds(), TimeUnit.SECONDS)).isEqualTo("early and late.");
            upgraded.connection().disposeNow();
        }
    }

    /// A short command is over, and the kubelet has closed, before the client has been answered.
    @Test
    void whatComesBeforeAnEarlyEndReachesTheClientAndThenTheEnd() throws Exception {
        try (var kubelet = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Thread.ofVirtual().start(() -> answerAndClose(kubelet));
            Upgraded upgraded = Objects.requireNonNull(
                    new KubeletUpgrade(SslContextBuilder.forClient().build())
                            .connect(
                                    HttpMethod.GET,
                                    URI.create("http://127.0.0.1:" + kubelet.getLocalPort() + "/exec/a/b/c"),
                                    new DefaultHttpHeaders().set("Upgrade", "SPDY/3.1"))
                            .block(LIMIT));
            // Where the transport notices the end without reading, the handlers are gone before the client's side is
            // up.
            boolean _ = upgraded.channel().closeFuture().await(1, TimeUnit.SECONDS);
            var front = new EmbeddedChannel();
            upgraded.channel().eventLoop().execute(() -> upgraded.relayTo(front));

            await().atMost(LIMIT).until(() -> !front.isOpen());
            var heard = new StringBuilder();
            for (ByteBuf bytes = front.readOutbound(); bytes != null; bytes = front.readOutbound()) {
                heard.append(bytes.toString(StandardCharsets.US_ASCII));
                bytes.release();
            }
            assertThat(heard).hasToString("all of it");
        }
    }

    private static void answerAndClose(ServerSocket kubelet) {
        try (Socket socket = kubelet.accept()) {
            var request = new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII));
            for (String line = request.readLine(); line != null && !line.isEmpty(); line = request.readLine()) {}
            socket.getOutputStream()
                    .write(
                            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: SPDY/3.1\r\nConnection: Upgrade\r\n\r\nall of it"
                                    .getBytes(StandardCharsets.US_ASCII));
        } catch (java.io.IOException e) {
            // The test has ended.
        }
    }

    private static void answer(ServerSocket kubelet) {
        try (Socket socket = kubelet.accept()) {
            var request = new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII));
            for (String line = request.readLine(); line != null && !line.isEmpty(); line = request.readLine()) {}
            var out = socket.getOutputStream();
            out.write("HTTP/1.1 101 Switching Protocols\r\nUpgrade: SPDY/3.1\r\nConnection: Upgrade\r\n\r\nearly "
                    .getBytes(StandardCharsets.US_ASCII));
            out.flush();
            out.write("and late.".getBytes(StandardCharsets.US_ASCII));
            out.flush();
            assertThat(socket.getInputStream().read())
                    .as("open until the other side closes")
                    .isEqualTo(-1);
        } catch (java.io.IOException e) {
            // The test has ended.
        }
    }

    /// Collects until a full stop.
    private static final class Listener extends ChannelInboundHandlerAdapter {
        private final CompletableFuture<String> heard;
        private final StringBuilder text = new StringBuilder();

        Listener(CompletableFuture<String> heard) {
            this.heard = heard;
        }

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            var bytes = (ByteBuf) message;
            text.append(bytes.toString(StandardCharsets.US_ASCII));
            bytes.release();
            if (text.charAt(text.length() - 1) == '.') {
                heard.complete(text.toString());
            }
        }
    }
}
