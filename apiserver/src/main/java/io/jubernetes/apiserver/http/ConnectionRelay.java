package io.jubernetes.apiserver.http;

import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;

/// One end of two connections joined byte for byte: what arrives here leaves at the other end. A slow reader slows the
/// writer; the end of one is the end of both, after what was on its way has been written.
final class ConnectionRelay extends ChannelInboundHandlerAdapter {
    private final Channel other;
    private final Runnable joined;

    /// @param other where bytes go; its own relay must name this one's channel
    /// @param joined called when this end is in place
    ConnectionRelay(Channel other, Runnable joined) {
        this.other = other;
        this.joined = joined;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext context) {
        joined.run();
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object bytes) {
        // When the other end has closed, this fails; that end then closes this one, after what it had to say.
        other.writeAndFlush(bytes);
        if (!other.isWritable()) {
            context.channel().config().setAutoRead(false);
            // The other end, on another thread, may have become writable before reading stopped, and will not say so
            // again.
            if (other.isWritable()) {
                context.channel().config().setAutoRead(true);
            }
        }
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext context) {
        if (context.channel().isWritable()) {
            other.config().setAutoRead(true);
        }
        context.fireChannelWritabilityChanged();
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        end(other);
        context.fireChannelInactive();
    }

    /// Closes a connection after what was on its way has been written.
    static void end(Channel channel) {
        channel.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        context.close();
    }
}
