package io.jubernetes.kubelet.server;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.common.codec.Json;
import io.jubernetes.kubelet.runtime.RuntimeFailure;
import io.jubernetes.kubelet.runtime.StreamOptions;
import io.jubernetes.kubelet.runtime.StreamSession;
import java.io.IOException;
import java.io.OutputStream;
import java.util.List;
import java.util.concurrent.Executors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.web.reactive.socket.CloseStatus;
import org.springframework.web.reactive.socket.WebSocketHandler;
import org.springframework.web.reactive.socket.WebSocketMessage;
import org.springframework.web.reactive.socket.WebSocketSession;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/// The streams of a command over one WebSocket: each message's first byte names the channel. Versions 4 and 5
/// of the protocol; the fifth lets the client close its standard input.
final class RemoteCommand implements WebSocketHandler {
    private static final Logger LOG = LoggerFactory.getLogger(RemoteCommand.class);
    static final List<String> PROTOCOLS = List.of(
            "v5.channel.k8s.io", "v4.channel.k8s.io", "v3.channel.k8s.io", "v2.channel.k8s.io", "channel.k8s.io");
    private static final int STDIN = 0;
    private static final int STDOUT = 1;
    private static final int STDERR = 2;
    private static final int ERROR = 3;
    private static final int RESIZE = 4;
    private static final int CLOSE = 255;
    private static final Scheduler INPUT = Schedulers.fromExecutor(Executors.newThreadPerTaskExecutor(
            Thread.ofVirtual().name("remote-command-input-", 0).factory()));

    private final StreamSession session;
    private final StreamOptions options;
    private final boolean exitCode;
    /// Resizes one after the other, but beside the input: an engine may take seconds for one that comes early, and what
    /// is typed must not wait for it.
    private final Scheduler.Worker sizes = INPUT.createWorker();

    /// @param exitCode whether there is one to tell
    RemoteCommand(StreamSession session, StreamOptions options, boolean exitCode) {
        this.session = session;
        this.options = options;
        this.exitCode = exitCode;
    }

    @Override
    public List<String> getSubProtocols() {
        return PROTOCOLS;
    }

    @Override
    public Mono<Void> handle(WebSocketSession socket) {
        OutputStream stdin = session.stdin();
        // The client's end: closing the session ends the output too, whatever the command still does.
        Mono<Void> input = socket.receive()
                .map(RemoteCommand::bytes)
                .publishOn(INPUT, 4)
                .doOnNext(message -> receive(message, stdin))
                .then();
        var output = new BlockingFlow<WebSocketMessage>("remote-command", to -> pump(socket, to), session::close);
        Mono<Void> sent = socket.send(Flux.from(output)).then(socket.close(CloseStatus.NORMAL));
        return Mono.firstWithSignal(sent, input).doFinally(_ -> {
            sizes.dispose();
            session.close();
        });
    }

    private static byte[] bytes(WebSocketMessage message) {
        DataBuffer payload = message.getPayload();
        byte[] bytes = new byte[payload.readableByteCount()];
        payload.read(bytes);
        return bytes;
    }

    private void receive(byte[] message, OutputStream stdin) {
        if (message.length == 0) {
            return;
        }
        try {
            switch (message[0] & 0xff) {
                case STDIN -> {
                    if (options.stdin()) {
                        stdin.write(message, 1, message.length - 1);
                    }
                }
                case RESIZE -> {
                    JsonNode size = Json.read(java.util.Arrays.copyOfRange(message, 1, message.length));
                    int columns = size.path("Width").asInt();
                    int rows = size.path("Height").asInt();
                    if (columns > 0 && rows > 0) {
                        var _ = sizes.schedule(() -> session.resize(columns, rows));
                    }
                }
                case CLOSE -> {
                    if (message.length > 1 && message[1] == STDIN) {
                        stdin.close();
                    }
                }
                default -> {}
            }
        } catch (IOException e) {
            // The command has ended; its exit code is on its way.
            LOG.debug("input after the end: {}", e.toString());
        }
    }

    private void pump(WebSocketSession socket, BlockingFlow<WebSocketMessage> to) throws IOException {
        // An empty message tells the client that the connection stands.
        int first = options.stdout() ? STDOUT : options.stderr() ? STDERR : ERROR;
        to.emit(message(socket, first, new byte[0], 0, 0));
        ObjectNode status;
        try {
            session.pump(new StreamSession.Receiver() {
                @Override
                public void stdout(byte[] buffer, int offset, int length) throws IOException {
                    if (options.stdout()) {
                        to.emit(message(socket, STDOUT, buffer, offset, length));
                    }
                }

                @Override
                public void stderr(byte[] buffer, int offset, int length) throws IOException {
                    if (options.stderr()) {
                        to.emit(message(socket, STDERR, buffer, offset, length));
                    }
                }
            });
            status = exitCode ? CommandStatus.of(session.exitCode()) : CommandStatus.success();
        } catch (RuntimeFailure e) {
            status = CommandStatus.internalError(e.getMessage());
        }
        byte[] text = Json.bytes(status);
        to.emit(message(socket, ERROR, text, 0, text.length));
    }

    private static WebSocketMessage message(
            WebSocketSession socket, int channel, byte[] buffer, int offset, int length) {
        byte[] framed = new byte[length + 1];
        framed[0] = (byte) channel;
        System.arraycopy(buffer, offset, framed, 1, length);
        return socket.binaryMessage(factory -> factory.wrap(framed));
    }
}
