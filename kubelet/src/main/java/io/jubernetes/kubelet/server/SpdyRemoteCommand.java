package io.jubernetes.kubelet.server;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.common.codec.Json;
import io.jubernetes.kubelet.runtime.RuntimeFailure;
import io.jubernetes.kubelet.runtime.StreamOptions;
import io.jubernetes.kubelet.runtime.StreamSession;
import io.jubernetes.kubelet.spdy.SpdyConnection;
import io.jubernetes.kubelet.spdy.SpdyStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The streams of a command over SPDY: one for each of error, stdin, stdout, stderr and resize, which the
/// client opens. Protocols `v4.channel.k8s.io`, whose error stream ends with a Status, and its predecessors,
/// whose error stream says in words what failed.
final class SpdyRemoteCommand implements SpdyConnection.Listener {
    static final List<String> PROTOCOLS =
            List.of("v4.channel.k8s.io", "v3.channel.k8s.io", "v2.channel.k8s.io", "channel.k8s.io");
    private static final Logger LOG = LoggerFactory.getLogger(SpdyRemoteCommand.class);
    private static final Duration STREAMS_LIMIT = Duration.ofSeconds(30);
    private static final ObjectMapper SIZES = new ObjectMapper();

    private final StreamSession session;
    private final StreamOptions options;
    private final boolean exitCode;
    private final boolean structured;
    private final SpdyConnection connection = new SpdyConnection(this);
    private final Map<String, SpdyStream> streams = new ConcurrentHashMap<>();
    private final Set<String> expected;
    private final CountDownLatch complete;

    /// @param protocol one of [#PROTOCOLS]
    /// @param exitCode whether there is one to tell
    SpdyRemoteCommand(StreamSession session, StreamOptions options, String protocol, boolean exitCode) {
        this.session = session;
        this.options = options;
        this.exitCode = exitCode;
        this.structured = protocol.equals(PROTOCOLS.getFirst());
        expected = expected(options, PROTOCOLS.indexOf(protocol) <= 1);
        complete = new CountDownLatch(expected.size());
    }

    private static Set<String> expected(StreamOptions options, boolean resizable) {
        Set<String> types = new HashSet<>(Set.of("error"));
        if (options.stdin()) {
            types.add("stdin");
        }
        if (options.stdout()) {
            types.add("stdout");
        }
        if (options.stderr()) {
            types.add("stderr");
        }
        if (options.tty() && resizable) {
            types.add("resize");
        }
        return types;
    }

    /// Begins to wait for the client's streams and returns what speaks to it.
    SpdyConnection start() {
        Thread.ofVirtual().name("remote-command").start(this::run);
        return connection;
    }

    @Override
    public void opened(SpdyStream stream) {
        String type = stream.header("streamtype");
        if (expected.contains(type) && streams.putIfAbsent(type, stream) == null) {
            complete.countDown();
        } else {
            stream.reset();
        }
    }

    @Override
    public void closed() {
        session.close();
        while (complete.getCount() > 0) {
            complete.countDown();
        }
    }

    private void run() {
        try {
            if (!complete.await(STREAMS_LIMIT.toMillis(), TimeUnit.MILLISECONDS)) {
                LOG.info("a client did not open the streams of its command in time");
                return;
            }
            if (streams.size() == expected.size()) {
                converse(streams.get("error"));
            }
        } catch (IOException e) {
            LOG.debug("the client of a command has left: {}", e.toString());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            session.close();
            streams.values().forEach(SpdyStream::finish);
            connection.close();
        }
    }

    private void converse(@Nullable SpdyStream error) throws IOException {
        SpdyStream stdin = streams.get("stdin");
        if (stdin != null) {
            Thread.ofVirtual().name("remote-command-input").start(() -> feed(stdin));
        }
        SpdyStream resize = streams.get("resize");
        if (resize != null) {
            Thread.ofVirtual().name("remote-command-size").start(() -> followSize(resize));
        }
        ObjectNode status;
        try {
            session.pump(receiver(streams.get("stdout"), streams.get("stderr")));
            status = exitCode ? CommandStatus.of(session.exitCode()) : CommandStatus.success();
        } catch (RuntimeFailure e) {
            status = CommandStatus.internalError(String.valueOf(e.getMessage()));
        }
        boolean failed = status.path("status").asText().equals("Failure");
        if (error != null && (structured || failed)) {
            byte[] text = structured
                    ? Json.bytes(status)
                    : status.path("message").asText().getBytes(StandardCharsets.UTF_8);
            error.write(text, 0, text.length);
        }
    }

    private static StreamSession.Receiver receiver(@Nullable SpdyStream stdout, @Nullable SpdyStream stderr) {
        return new StreamSession.Receiver() {
            @Override
            public void stdout(byte[] buffer, int offset, int length) throws IOException {
                if (stdout != null) {
                    stdout.write(buffer, offset, length);
                }
            }

            @Override
            public void stderr(byte[] buffer, int offset, int length) throws IOException {
                if (stderr != null) {
                    stderr.write(buffer, offset, length);
                }
            }
        };
    }

    private void feed(SpdyStream from) {
        try (OutputStream to = session.stdin()) {
            from.input().transferTo(to);
        } catch (IOException e) {
            LOG.debug("no more input for a command: {}", e.toString());
        }
    }

    private void followSize(SpdyStream from) {
        try (InputStream in = from.input();
                MappingIterator<JsonNode> sizes =
                        SIZES.readerFor(JsonNode.class).readValues(in)) {
            while (sizes.hasNext()) {
                JsonNode size = sizes.next();
                int columns = size.path("Width").asInt();
                int rows = size.path("Height").asInt();
                if (columns > 0 && rows > 0 && options.tty()) {
                    session.resize(columns, rows);
                }
            }
        } catch (IOException | RuntimeException e) {
            LOG.debug("no more sizes of a terminal: {}", e.toString());
        }
    }
}
