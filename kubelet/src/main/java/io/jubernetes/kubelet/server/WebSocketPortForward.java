package io.jubernetes.kubelet.server;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
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

/// Forwards one connection to each of a pod's ports over one WebSocket. The n-th port has channel 2n for data
/// and 2n+1 for what goes wrong; the first message of each channel is the port's number, little-endian.
final class WebSocketPortForward implements WebSocketHandler {
    static final List<String> PROTOCOLS = List.of("v4.channel.k8s.io", "portforward.k8s.io");
    private static final Logger LOG = LoggerFactory.getLogger(WebSocketPortForward.class);
    private static final int WAITING_MESSAGES = 16;
    private static final Duration CONNECT_LIMIT = Duration.ofSeconds(30);
    private static final byte[] END = {};
    private static final Scheduler INPUT = Schedulers.fromExecutor(Executors.newThreadPerTaskExecutor(
            Thread.ofVirtual().name("port-forward-input-", 0).factory()));

    private final PodPorts ports;
    private final List<Integer> wanted;
    /// One for each port; input that comes before the connection stands waits for it.
    private final List<CompletableFuture<SocketChannel>> sockets;
    private final BlockingQueue<byte[]> output = new ArrayBlockingQueue<>(WAITING_MESSAGES);
    private final AtomicInteger open = new AtomicInteger();

    WebSocketPortForward(PodPorts ports, List<Integer> wanted) {
        this.ports = ports;
        this.wanted = wanted;
        this.sockets =
                wanted.stream().map(_ -> new CompletableFuture<SocketChannel>()).toList();
    }

    @Override
    public List<String> getSubProtocols() {
        return PROTOCOLS;
    }

    @Override
    public Mono<Void> handle(WebSocketSession session) {
        var flow = new BlockingFlow<WebSocketMessage>("port-forward", to -> pump(session, to), this::close);
        Mono<Void> input = session.receive()
                .map(WebSocketPortForward::bytes)
                .publishOn(INPUT, WAITING_MESSAGES)
                .doOnNext(this::receive)
                .then();
        Mono<Void> sent = session.send(Flux.from(flow)).then(session.close(CloseStatus.NORMAL));
        return Mono.firstWithSignal(sent, input).doFinally(_ -> close());
    }

    private static byte[] bytes(WebSocketMessage message) {
        DataBuffer payload = message.getPayload();
        byte[] bytes = new byte[payload.readableByteCount()];
        payload.read(bytes);
        return bytes;
    }

    private void pump(WebSocketSession session, BlockingFlow<WebSocketMessage> to)
            throws IOException, InterruptedException {
        for (int i = 0; i < wanted.size(); i++) {
            int port = wanted.get(i);
            for (int channel = 2 * i; channel <= 2 * i + 1; channel++) {
                to.emit(message(session, new byte[] {(byte) channel, (byte) port, (byte) (port >> 8)}));
            }
        }
        open.set(wanted.size());
        for (int i = 0; i < wanted.size(); i++) {
            connect(i);
        }
        while (open.get() > 0 || !output.isEmpty()) {
            byte[] next = output.take();
            if (next.length > 0) {
                to.emit(message(session, next));
            }
        }
    }

    private static WebSocketMessage message(WebSocketSession session, byte[] bytes) {
        return session.binaryMessage(factory -> factory.wrap(bytes));
    }

    private void connect(int index) throws InterruptedException {
        int port = wanted.get(index);
        try {
            SocketChannel socket = ports.connect(port);
            sockets.get(index).complete(socket);
            Thread.ofVirtual().name("port-forward-" + port).start(() -> copy(index, socket));
        } catch (IOException e) {
            sockets.get(index).completeExceptionally(e);
            open.decrementAndGet();
            output.put(framed(2 * index + 1, ports.failure(port, e).getBytes(StandardCharsets.UTF_8)));
        }
    }

    private void copy(int index, SocketChannel socket) {
        try (var from = Channels.newInputStream(socket)) {
            byte[] buffer = new byte[32 << 10];
            for (int count = from.read(buffer); count >= 0; count = from.read(buffer)) {
                output.put(framed(2 * index, Arrays.copyOf(buffer, count)));
            }
        } catch (IOException e) {
            LOG.debug("port forwarding ended: {}", e.toString());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            open.decrementAndGet();
            // Wakes the sender up, which may be waiting for more; when there is no room it is awake.
            var _ = output.offer(END);
        }
    }

    private static byte[] framed(int channel, byte[] data) {
        byte[] framed = new byte[data.length + 1];
        framed[0] = (byte) channel;
        System.arraycopy(data, 0, framed, 1, data.length);
        return framed;
    }

    private void receive(byte[] message) {
        int index = message.length == 0 ? sockets.size() : (message[0] & 0xff) / 2;
        if (index >= sockets.size() || message[0] % 2 != 0) {
            return;
        }
        try {
            SocketChannel socket = sockets.get(index).get(CONNECT_LIMIT.toMillis(), TimeUnit.MILLISECONDS);
            OutputStream to = Channels.newOutputStream(socket);
            to.write(message, 1, message.length - 1);
        } catch (IOException e) {
            LOG.debug("port forwarding got input after the end: {}", e.toString());
        } catch (ExecutionException | TimeoutException e) {
            LOG.debug("port forwarding got input without a connection: {}", e.toString());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void close() {
        for (CompletableFuture<SocketChannel> socket : sockets) {
            // Also one that comes too late.
            var _ = socket.thenAccept(WebSocketPortForward::close);
        }
    }

    private static void close(SocketChannel socket) {
        try {
            socket.close();
        } catch (IOException e) {
            LOG.debug("closed already");
        }
    }
}
