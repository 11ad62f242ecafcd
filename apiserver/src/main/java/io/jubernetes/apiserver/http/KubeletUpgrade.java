package io.jubernetes.apiserver.http;

import io.jubernetes.apiserver.resource.ApiException;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpClientCodec;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.ssl.SslContext;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Queue;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.MonoSink;
import reactor.netty.Connection;
import reactor.netty.NettyPipeline;
import reactor.netty.tcp.TcpClient;

/// Connections to kubelets that leave HTTP by an upgrade, for WebSocket or SPDY. The bytes behind the upgrade are not
/// looked at.
final class KubeletUpgrade {
    private static final Duration LIMIT = Duration.ofSeconds(10);
    private static final int MAX_REFUSAL = 64 << 10;
    private static final String CODEC = "upgrade.codec";
    private static final String WHOLE = "upgrade.whole";
    private static final String ANSWER = "upgrade.answer";

    private final SslContext tls;

    KubeletUpgrade(SslContext tls) {
        this.tls = tls;
    }

    /// A connection whose upgrade the kubelet has accepted. What it says is kept until [#start] or [#relayTo]; after a
    /// short command it may have said everything, and closed, before that.
    ///
    /// @param channel the connection's, which the connection itself no longer names when it has closed
    /// @param headers of the kubelet's answer, without `Connection`
    record Upgraded(Connection connection, Channel channel, Map<String, String> headers, Answer answer) {
        /// Removes what the upgrade needed and begins to read; bytes go to the handlers behind. On the event loop.
        void start() {
            remove(ANSWER, WHOLE, CODEC);
            channel.config().setAutoRead(true);
        }

        /// Passes what the kubelet has said and will say on to another connection, which ends with this one. On the
        /// event loop.
        void relayTo(Channel front) {
            answer.relayTo(front);
            remove(WHOLE, CODEC);
            channel.config().setAutoRead(true);
        }

        /// Ends a connection that nobody wants any more.
        void abandon() {
            channel.eventLoop().execute(answer::discard);
            connection.dispose();
        }

        /// A connection that has closed has no handlers any more.
        private void remove(String... names) {
            ChannelPipeline pipeline = channel.pipeline();
            for (String name : names) {
                if (pipeline.get(name) != null) {
                    pipeline.remove(name);
                }
            }
        }
    }

    /// Asks a kubelet for an upgrade.
    ///
    /// @param target an https or http URI
    /// @param headers of the request: what to upgrade to, and the protocols offered
    /// @return fails with an [ApiException] when the kubelet refuses
    Mono<Upgraded> connect(HttpMethod method, URI target, HttpHeaders headers) {
        var request = new DefaultFullHttpRequest(
                HttpVersion.HTTP_1_1,
                method,
                target.getRawPath() + (target.getRawQuery() == null ? "" : "?" + target.getRawQuery()));
        request.headers()
                .set(headers)
                .set(HttpHeaderNames.HOST, target.getRawAuthority())
                .set(HttpHeaderNames.CONNECTION, "Upgrade");
        if (method.equals(HttpMethod.POST)) {
            request.headers().set(HttpHeaderNames.CONTENT_LENGTH, 0);
        }
        String host = target.getHost();
        TcpClient client = TcpClient.newConnection()
                .host(host.startsWith("[") ? host.substring(1, host.length() - 1) : host)
                .port(port(target))
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, (int) LIMIT.toMillis());
        if (target.getScheme().equals("https")) {
            client = client.secure(ssl -> ssl.sslContext(tls).handshakeTimeout(LIMIT));
        }
        return client.connect()
                .flatMap(connection -> Mono.<Upgraded>create(
                                sink -> connection.channel().eventLoop().execute(() -> ask(connection, request, sink)))
                        .timeout(LIMIT)
                        .doOnError(_ -> connection.dispose()));
    }

    private static int port(URI target) {
        return target.getPort() > 0 ? target.getPort() : target.getScheme().equals("https") ? 443 : 80;
    }

    private static void ask(Connection connection, DefaultFullHttpRequest request, MonoSink<Upgraded> sink) {
        Channel channel = connection.channel();
        channel.pipeline()
                .addBefore(NettyPipeline.ReactiveBridge, CODEC, new HttpClientCodec())
                .addBefore(NettyPipeline.ReactiveBridge, WHOLE, new HttpObjectAggregator(MAX_REFUSAL))
                .addBefore(NettyPipeline.ReactiveBridge, ANSWER, new Answer(connection, sink));
        channel.writeAndFlush(request);
        channel.config().setAutoRead(true);
        channel.read();
    }

    /// Waits for the answer, and keeps what the kubelet says right after it until those it is meant for are in
    /// place: it may come in the same packet. No more comes before that, because nothing is read, unless the
    /// kubelet closes the connection: then what is left is read at once.
    static final class Answer extends SimpleChannelInboundHandler<FullHttpResponse> {
        private final Connection connection;
        private final MonoSink<Upgraded> sink;
        private final Queue<ByteBuf> early = new ArrayDeque<>();
        private @Nullable ConnectionRelay relay;
        private boolean ended;

        Answer(Connection connection, MonoSink<Upgraded> sink) {
            this.connection = connection;
            this.sink = sink;
        }

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) throws Exception {
            if (relay != null) {
                relay.channelRead(context, message);
            } else if (message instanceof ByteBuf bytes) {
                early.add(bytes);
            } else {
                super.channelRead(context, message);
            }
        }

        @Override
        public void handlerRemoved(ChannelHandlerContext context) {
            if (ended) {
                return;
            }
            for (ByteBuf bytes = early.poll(); bytes != null; bytes = early.poll()) {
                context.fireChannelRead(bytes);
            }
        }

        @Override
        protected void channelRead0(ChannelHandlerContext context, FullHttpResponse answer) {
            if (answer.status().code() == HttpResponseStatus.SWITCHING_PROTOCOLS.code()) {
                context.channel().config().setAutoRead(false);
                Map<String, String> headers = new LinkedHashMap<>();
                answer.headers().forEach(header -> headers.put(header.getKey(), header.getValue()));
                headers.keySet().removeIf(HttpHeaderNames.CONNECTION::contentEqualsIgnoreCase);
                headers.keySet().removeIf(HttpHeaderNames.CONTENT_LENGTH::contentEqualsIgnoreCase);
                sink.success(new Upgraded(connection, context.channel(), headers, this));
                return;
            }
            String text = answer.content().toString(StandardCharsets.UTF_8).strip();
            sink.error(KubeletProxy.kubeletFailure(answer.status().code(), text));
        }

        private void relayTo(Channel front) {
            relay = new ConnectionRelay(front, () -> {});
            for (ByteBuf bytes = early.poll(); bytes != null; bytes = early.poll()) {
                front.write(bytes);
            }
            if (ended) {
                ConnectionRelay.end(front);
            } else {
                front.flush();
            }
        }

        private void discard() {
            for (ByteBuf bytes = early.poll(); bytes != null; bytes = early.poll()) {
                bytes.release();
            }
        }

        @Override
        public void channelWritabilityChanged(ChannelHandlerContext context) {
            if (relay != null) {
                relay.channelWritabilityChanged(context);
            } else {
                context.fireChannelWritabilityChanged();
            }
        }

        @Override
        public void channelInactive(ChannelHandlerContext context) {
            if (relay != null) {
                relay.channelInactive(context);
                return;
            }
            ended = true;
            sink.error(ApiException.internal("the kubelet closed the connection before it answered"));
            context.fireChannelInactive();
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            if (relay != null) {
                relay.exceptionCaught(context, cause);
                return;
            }
            sink.error(ApiException.internal("error dialing backend: " + cause.getMessage()));
        }
    }
}
