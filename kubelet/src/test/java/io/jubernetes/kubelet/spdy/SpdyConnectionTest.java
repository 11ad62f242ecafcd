package io.jubernetes.kubelet.spdy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandler;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.spdy.DefaultSpdyDataFrame;
import io.netty.handler.codec.spdy.DefaultSpdyPingFrame;
import io.netty.handler.codec.spdy.DefaultSpdySynStreamFrame;
import io.netty.handler.codec.spdy.SpdyDataFrame;
import io.netty.handler.codec.spdy.SpdyFrameCodec;
import io.netty.handler.codec.spdy.SpdyGoAwayFrame;
import io.netty.handler.codec.spdy.SpdyPingFrame;
import io.netty.handler.codec.spdy.SpdyRstStreamFrame;
import io.netty.handler.codec.spdy.SpdySynReplyFrame;
import io.netty.handler.codec.spdy.SpdyVersion;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// Against a client's codec, without a network.
class SpdyConnectionTest {
    private final List<SpdyStream> opened = new ArrayList<>();
    private final AtomicBoolean closed = new AtomicBoolean();
    private final SpdyConnection connection = new SpdyConnection(new SpdyConnection.Listener() {
        @Override
        public void opened(SpdyStream stream) {
            opened.add(stream);
        }

        @Override
        public void closed() {
            closed.set(true);
        }
    });
    private final EmbeddedChannel server =
            new EmbeddedChannel(connection.handlers().toArray(ChannelHandler[]::new));
    private final EmbeddedChannel client = new EmbeddedChannel(new SpdyFrameCodec(SpdyVersion.SPDY_3_1));

    @AfterEach
    void release() {
        server.finishAndReleaseAll();
        client.finishAndReleaseAll();
    }

    /// Sends frames of the client and returns what the server answers.
    private List<Object> exchange(Object... frames) {
        client.writeOutbound(frames);
        for (ByteBuf bytes = client.readOutbound(); bytes != null; bytes = client.readOutbound()) {
            server.writeInbound(bytes);
        }
        return answers();
    }

    private List<Object> answers() {
        server.runPendingTasks();
        for (ByteBuf bytes = server.readOutbound(); bytes != null; bytes = server.readOutbound()) {
            client.writeInbound(bytes);
        }
        List<Object> answers = new ArrayList<>();
        for (Object frame = client.readInbound(); frame != null; frame = client.readInbound()) {
            answers.add(frame);
        }
        return answers;
    }

    private static DefaultSpdySynStreamFrame open(int id, String type) {
        var frame = new DefaultSpdySynStreamFrame(id, 0, (byte) 0);
        frame.headers().add("streamtype", type);
        return frame;
    }

    private static DefaultSpdyDataFrame data(int id, String text, boolean last) {
        var frame = new DefaultSpdyDataFrame(id, Unpooled.copiedBuffer(text, StandardCharsets.UTF_8));
        frame.setLast(last);
        return frame;
    }

    @Test
    void aStreamIsAcceptedAndCarriesBytesBothWaysUntilEachSideEndsIt() throws IOException {
        assertThat(exchange(open(1, "stdin"))).singleElement().isInstanceOf(SpdySynReplyFrame.class);
        SpdyStream stream = opened.getFirst();
        assertThat(stream.header("StreamType")).isEqualTo("stdin");

        exchange(data(1, "a", false), data(1, "bc", true));
        assertThat(stream.input().readAllBytes()).asString().isEqualTo("abc");

        stream.write("out".getBytes(StandardCharsets.UTF_8), 0, 3);
        stream.finish();
        stream.finish();
        List<Object> answers = answers();
        assertThat(answers).hasSize(2).allMatch(SpdyDataFrame.class::isInstance);
        assertThat(((SpdyDataFrame) answers.get(0)).content().toString(StandardCharsets.UTF_8))
                .isEqualTo("out");
        assertThat(((SpdyDataFrame) answers.get(1)).isLast()).isTrue();
    }

    @Test
    void aPingIsAnsweredWithItsNumber() {
        assertThat(exchange(new DefaultSpdyPingFrame(7)))
                .singleElement()
                .isInstanceOfSatisfying(
                        SpdyPingFrame.class, ping -> assertThat(ping.id()).isEqualTo(7));
    }

    @Test
    void dataForNoStreamIsRefused() {
        assertThat(exchange(data(9, "x", false))).singleElement().isInstanceOf(SpdyRstStreamFrame.class);
    }

    @Test
    void aConnectionThatBreaksBreaksItsStreams() {
        exchange(open(1, "stdin"), data(1, "a", false));
        server.close();
        assertThat(closed).isTrue();
        var input = opened.getFirst().input();
        assertThatThrownBy(input::readAllBytes).isInstanceOf(IOException.class);
        assertThatThrownBy(() -> opened.getFirst().write(new byte[1], 0, 1)).isInstanceOf(IOException.class);
    }

    @Test
    void readingStopsWhileMuchWaitsToBeConsumed() throws IOException {
        exchange(open(1, "stdin"));
        String chunk = "x".repeat(1 << 16);
        for (int i = 0; i < 17; i++) {
            exchange(data(1, chunk, false));
        }
        assertThat(server.config().isAutoRead()).isFalse();
        opened.getFirst().input().readNBytes(16 << 16);
        assertThat(server.config().isAutoRead()).isTrue();
    }

    @Test
    void closingSaysGoodbyeBeforeTheConnectionEnds() {
        exchange(open(3, "error"));
        connection.close();
        assertThat(answers())
                .singleElement()
                .isInstanceOfSatisfying(
                        SpdyGoAwayFrame.class,
                        goAway -> assertThat(goAway.lastGoodStreamId()).isEqualTo(3));
        assertThat(server.isActive()).isTrue();
    }
}
