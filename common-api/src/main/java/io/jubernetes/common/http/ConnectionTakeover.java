package io.jubernetes.common.http;

import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPipeline;
import java.nio.channels.ClosedChannelException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.springframework.http.server.reactive.ServerHttpResponseDecorator;
import org.springframework.web.server.ServerWebExchange;
import reactor.core.publisher.Mono;
import reactor.netty.NettyPipeline;
import reactor.netty.channel.ChannelOperations;

/// Takes a connection over from HTTP, for protocols other than WebSocket that begin with an HTTP/1.1 upgrade (RFC 9110,
/// section 7.8).
public final class ConnectionTakeover {
    private ConnectionTakeover() {}

    /// Whether the request came over a connection that can be taken over: HTTP/1.1, not a stream of HTTP/2.
    public static boolean isPossible(ServerWebExchange exchange) {
        return channel(exchange).pipeline().get(NettyPipeline.HttpCodec) != null;
    }

    /// The connection a request came over.
    public static Channel channel(ServerWebExchange exchange) {
        Object server = ServerHttpResponseDecorator.getNativeResponse(exchange.getResponse());
        return ((ChannelOperations<?, ?>) server).channel();
    }

    /// Answers 101 and leaves the connection to other handlers, which get every byte that follows and must consume it.
    ///
    /// @param headers of the answer beside `Connection`
    /// @param handlers what speaks the protocol, in the order of incoming bytes
    /// @return what the request's handler returns; the server ends it when the connection has closed
    public static Mono<Void> take(
            ServerWebExchange exchange, Map<String, String> headers, List<ChannelHandler> handlers) {
        Channel channel = channel(exchange);
        return Mono.create(sink -> channel.eventLoop().execute(() -> {
            if (!channel.isActive()) {
                sink.error(new ClosedChannelException());
                return;
            }
            try {
                take(channel.pipeline(), headers, handlers);
                channel.config().setAutoRead(true);
                channel.read();
            } catch (RuntimeException e) {
                sink.error(e);
            }
        }));
    }

    private static void take(ChannelPipeline pipeline, Map<String, String> headers, List<ChannelHandler> handlers) {
        ChannelHandlerContext codec = pipeline.context(NettyPipeline.HttpCodec);
        if (codec == null) {
            throw new IllegalStateException("only a connection of HTTP/1.1 can be taken over");
        }
        var head = new StringBuilder("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n");
        headers.forEach(
                (name, value) -> head.append(name).append(": ").append(value).append("\r\n"));
        head.append("\r\n");
        // From behind the codec, which knows only messages.
        codec.writeAndFlush(Unpooled.copiedBuffer(head, StandardCharsets.ISO_8859_1));
        for (ChannelHandler handler : handlers) {
            pipeline.addBefore(NettyPipeline.ReactiveBridge, null, handler);
        }
        // Last the codec: on its removal it passes on what the client sent early.
        for (String name : List.copyOf(pipeline.names())) {
            boolean http = name.startsWith(NettyPipeline.LEFT)
                    && !name.equals(NettyPipeline.SslHandler)
                    && !name.equals(NettyPipeline.SslReader)
                    && !name.equals(NettyPipeline.HttpCodec);
            if (http) {
                pipeline.remove(name);
            }
        }
        pipeline.remove(NettyPipeline.HttpCodec);
    }
}
