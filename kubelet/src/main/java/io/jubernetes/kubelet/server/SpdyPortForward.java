package io.jubernetes.kubelet.server;

import io.jubernetes.kubelet.spdy.SpdyConnection;
import io.jubernetes.kubelet.spdy.SpdyStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Forwards connections to a pod's ports over SPDY, protocol `portforward.k8s.io`: for each connection the
/// client opens a pair of streams with the same `requestID`, one for data and one for what goes wrong.
final class SpdyPortForward implements SpdyConnection.Listener {
    static final String PROTOCOL = "portforward.k8s.io";
    private static final Logger LOG = LoggerFactory.getLogger(SpdyPortForward.class);
    /// Streams whose other half has not come; a client that never sends the other halves is cut off here.
    private static final int MAX_HALVES = 1000;

    private final PodPorts ports;
    private final SpdyConnection connection = new SpdyConnection(this);
    private final Map<String, SpdyStream> halves = new ConcurrentHashMap<>();

    SpdyPortForward(PodPorts ports) {
        this.ports = ports;
    }

    SpdyConnection connection() {
        return connection;
    }

    @Override
    public void opened(SpdyStream stream) {
        String type = stream.header("streamtype");
        String request = stream.header("requestID");
        // Old clients number nothing: their error stream's id is the data stream's less two.
        String pair = request.isEmpty() ? "port-" + stream.header("port") : request;
        boolean known = type.equals("data") || type.equals("error");
        if (!known || port(stream) < 0) {
            stream.reset();
            return;
        }
        SpdyStream other = halves.remove(pair);
        if (other == null) {
            if (halves.size() >= MAX_HALVES) {
                stream.reset();
            } else {
                halves.put(pair, stream);
            }
            return;
        }
        SpdyStream data = type.equals("data") ? stream : other;
        SpdyStream error = type.equals("data") ? other : stream;
        if (data == error || !data.header("streamtype").equals("data")) {
            stream.reset();
            other.reset();
            return;
        }
        Thread.ofVirtual().name("port-forward").start(() -> forward(data, error));
    }

    @Override
    public void closed() {
        halves.clear();
    }

    private static int port(SpdyStream stream) {
        try {
            int port = Integer.parseInt(stream.header("port"));
            return port > 0 && port <= 0xffff ? port : -1;
        } catch (NumberFormatException e) {
            return -1;
        }
    }

    private void forward(SpdyStream data, SpdyStream error) {
        int port = port(data);
        try (SocketChannel socket = ports.connect(port);
                InputStream from = Channels.newInputStream(socket)) {
            Thread input = Thread.ofVirtual().name("port-forward-input").start(() -> feed(data, socket));
            byte[] buffer = new byte[32 << 10];
            for (int count = from.read(buffer); count >= 0; count = from.read(buffer)) {
                data.write(buffer, 0, count);
            }
            data.finish();
            // The pod has said everything; what the client still says has no reader.
            input.interrupt();
        } catch (IOException e) {
            LOG.debug("port forwarding ended: {}", e.toString());
            tell(error, ports.failure(port, e));
        } finally {
            data.finish();
            error.finish();
        }
    }

    private static void feed(SpdyStream data, SocketChannel socket) {
        try {
            OutputStream to = Channels.newOutputStream(socket);
            data.input().transferTo(to);
            socket.shutdownOutput();
        } catch (IOException e) {
            LOG.debug("port forwarding got no more input: {}", e.toString());
            try {
                // The client broke off: the pod's side must not wait for it.
                socket.close();
            } catch (IOException ignored) {
                LOG.debug("closed already");
            }
        }
    }

    private static void tell(SpdyStream error, String message) {
        byte[] text = message.getBytes(StandardCharsets.UTF_8);
        try {
            error.write(text, 0, text.length);
        } catch (IOException e) {
            LOG.debug("the client has left: {}", e.toString());
        }
    }
}
