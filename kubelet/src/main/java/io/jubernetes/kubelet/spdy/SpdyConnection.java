package io.jubernetes.kubelet.spdy;

import io.netty.buffer.ByteBufUtil;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.spdy.DefaultSpdyGoAwayFrame;
import io.netty.handler.codec.spdy.DefaultSpdyRstStreamFrame;
import io.netty.handler.codec.spdy.DefaultSpdySynReplyFrame;
import io.netty.handler.codec.spdy.SpdyDataFrame;
import io.netty.handler.codec.spdy.SpdyFrameCodec;
import io.netty.handler.codec.spdy.SpdyGoAwayFrame;
import io.netty.handler.codec.spdy.SpdyHeadersFrame;
import io.netty.handler.codec.spdy.SpdyPingFrame;
import io.netty.handler.codec.spdy.SpdyRstStreamFrame;
import io.netty.handler.codec.spdy.SpdyStreamStatus;
import io.netty.handler.codec.spdy.SpdySynStreamFrame;
import io.netty.handler.codec.spdy.SpdyVersion;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A connection that speaks SPDY/3.1, the server's side. Its handlers go into a channel's pipeline after an upgrade;
/// everything else may be called from any thread.
public final class SpdyConnection {
    /// How long a client may not read before the conversation is given up, upstream's limit of idle streams.
    private static final Duration STALLED = Duration.ofHours(4);

    private static final Duration LINGER = Duration.ofSeconds(5);
    private static final int MAX_STREAMS = 2000;
    private static final int MAX_CHUNK = 64 << 10;
    private static final int MAX_HEADERS = 16 << 10;
    private static final int MAX_WAITING_BYTES = 1 << 20;
    private static final String STREAM_TYPE = "streamtype";
    private static final Logger LOG = LoggerFactory.getLogger(SpdyConnection.class);

    /// Is told what happens, on the connection's event loop: must not block.
    public interface Listener {
        /// The client has opened a stream.
        void opened(SpdyStream stream);

        /// The connection is over; all its streams have broken.
        void closed();
    }

    private final Listener listener;
    private final Map<Integer, SpdyStream> streams = new ConcurrentHashMap<>();
    private final AtomicInteger waitingBytes = new AtomicInteger();
    private volatile @Nullable ChannelHandlerContext context;
    private volatile int lastStream;

    public SpdyConnection(Listener listener) {
        this.listener = listener;
    }

    /// What to put into the pipeline.
    public List<ChannelHandler> handlers() {
        return List.of(new SpdyFrameCodec(SpdyVersion.SPDY_3_1, MAX_CHUNK, MAX_HEADERS, 6, 15, 8, true), new Frames());
    }

    private final class Frames extends ChannelInboundHandlerAdapter {
        @Override
        public void handlerAdded(ChannelHandlerContext added) {
            context = added;
        }

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            try {
                received(message);
            } finally {
                ReferenceCountUtil.release(message);
            }
        }

        @Override
        public void channelInactive(ChannelHandlerContext ctx) {
            streams.values().forEach(stream -> stream.ended(true));
            streams.clear();
            listener.closed();
            ctx.fireChannelInactive();
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            LOG.debug("a SPDY connection broke: {}", cause.toString());
            ctx.close();
        }
    }

    private void received(Object message) {
        switch (message) {
            case SpdySynStreamFrame open -> open(open);
            case SpdyDataFrame data -> {
                SpdyStream stream = streams.get(data.streamId());
                if (stream != null) {
                    byte[] bytes = ByteBufUtil.getBytes(data.content());
                    waiting(bytes.length);
                    stream.arrived(bytes);
                    endIfLast(stream, data.isLast());
                } else if (!data.isLast()) {
                    post(new DefaultSpdyRstStreamFrame(data.streamId(), SpdyStreamStatus.INVALID_STREAM));
                }
            }
            case SpdyHeadersFrame headers -> {
                SpdyStream stream = streams.get(headers.streamId());
                if (stream != null) {
                    endIfLast(stream, headers.isLast());
                }
            }
            case SpdyRstStreamFrame reset -> {
                SpdyStream stream = streams.remove(reset.streamId());
                if (stream != null) {
                    stream.ended(true);
                }
            }
            case SpdyPingFrame ping -> post(ReferenceCountUtil.retain(ping));
            case SpdyGoAwayFrame _ -> LOG.debug("the client opens no more streams");
            default -> LOG.debug("a frame of no interest here: {}", message);
        }
    }

    private static void endIfLast(SpdyStream stream, boolean last) {
        if (last) {
            stream.ended(false);
        }
    }

    private void open(SpdySynStreamFrame open) {
        int id = open.streamId();
        if (open.isInvalid() || open.isTruncated() || streams.containsKey(id)) {
            post(new DefaultSpdyRstStreamFrame(id, SpdyStreamStatus.PROTOCOL_ERROR));
            return;
        }
        if (streams.size() >= MAX_STREAMS) {
            post(new DefaultSpdyRstStreamFrame(id, SpdyStreamStatus.REFUSED_STREAM));
            return;
        }
        Map<String, String> headers = new HashMap<>();
        open.headers()
                .forEach(entry -> headers.put(
                        entry.getKey().toString().toLowerCase(Locale.ROOT),
                        entry.getValue().toString()));
        var stream = new SpdyStream(this, id, headers);
        streams.put(id, stream);
        lastStream = Math.max(lastStream, id);
        var reply = new DefaultSpdySynReplyFrame(id);
        // Netty writes a block without headers as nothing at all, at which Go's reader of frames fails.
        reply.headers().set(STREAM_TYPE, headers.getOrDefault(STREAM_TYPE, ""));
        post(reply);
        endIfLast(stream, open.isLast());
        listener.opened(stream);
    }

    private void waiting(int bytes) {
        ChannelHandlerContext ctx = context;
        if (ctx != null && waitingBytes.addAndGet(bytes) > MAX_WAITING_BYTES) {
            ctx.channel().config().setAutoRead(false);
            // Those who read may have taken all of it before reading stopped.
            if (waitingBytes.get() <= MAX_WAITING_BYTES / 2) {
                ctx.channel().config().setAutoRead(true);
            }
        }
    }

    void consumed(int bytes) {
        ChannelHandlerContext ctx = context;
        if (ctx != null && waitingBytes.addAndGet(-bytes) <= MAX_WAITING_BYTES / 2) {
            ctx.channel().config().setAutoRead(true);
        }
    }

    void forget(SpdyStream stream) {
        streams.remove(stream.id());
    }

    /// Sends a frame without waiting.
    void post(Object frame) {
        ChannelHandlerContext ctx = context;
        if (ctx != null) {
            ctx.writeAndFlush(frame);
        } else {
            ReferenceCountUtil.release(frame);
        }
    }

    /// Sends a frame and waits while the connection is full.
    void send(Object frame) throws IOException {
        ChannelHandlerContext ctx = context;
        if (ctx == null || !ctx.channel().isActive()) {
            ReferenceCountUtil.release(frame);
            throw new IOException("the client has left");
        }
        ChannelFuture sent = ctx.writeAndFlush(frame);
        if (!ctx.channel().isWritable()) {
            try {
                if (!sent.await(STALLED.toMillis())) {
                    throw new IOException("the client does not read");
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IOException("interrupted", e);
            }
        }
        if (sent.isDone() && !sent.isSuccess()) {
            throw new IOException("the client has left", sent.cause());
        }
    }

    /// Ends the conversation: tells the client, and closes the connection when the client does, or a while
    /// after everything has been sent. Closing at once could throw away what the client has not read yet.
    public void close() {
        ChannelHandlerContext ctx = context;
        if (ctx != null) {
            ctx.writeAndFlush(new DefaultSpdyGoAwayFrame(lastStream))
                    .addListener(
                            _ -> ctx.executor().schedule(() -> ctx.close(), LINGER.toMillis(), TimeUnit.MILLISECONDS));
        }
    }
}
