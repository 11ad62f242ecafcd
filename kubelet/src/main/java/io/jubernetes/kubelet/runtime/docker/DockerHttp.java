package io.jubernetes.kubelet.runtime.docker;

import com.fasterxml.jackson.databind.JsonNode;
import io.jubernetes.common.codec.Json;
import io.jubernetes.kubelet.runtime.RuntimeFailure;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// A small HTTP/1.1 client for the Docker socket: one request a connection, and the connection can be kept as
/// a raw stream whose two directions close separately. Thread-safe; reads block, and closing the connection
/// from any thread ends them.
final class DockerHttp {
    private static final int MAX_HEAD = 64 << 10;
    private static final int MAX_ERROR = 64 << 10;

    private final DockerEndpoint endpoint;
    private final String prefix;

    /// @param apiVersion empty for the engine's own
    DockerHttp(DockerEndpoint endpoint, String apiVersion) {
        this.endpoint = endpoint;
        this.prefix = apiVersion.isEmpty() ? "" : "/v" + apiVersion;
    }

    /// An answered request.
    static final class Exchange implements AutoCloseable {
        private final SocketChannel channel;
        private final InputStream body;
        private final int status;

        private Exchange(SocketChannel channel, int status, InputStream body) {
            this.channel = channel;
            this.status = status;
            this.body = body;
        }

        int status() {
            return status;
        }

        /// The answer's body, or after an upgrade everything the other side sends.
        InputStream body() {
            return body;
        }

        /// Writes to the engine; closing it half-closes the connection.
        OutputStream output() {
            return new HalfClosing(channel);
        }

        /// The body as JSON.
        JsonNode json() throws IOException {
            return Json.read(body.readAllBytes());
        }

        @Override
        public void close() {
            try {
                channel.close();
            } catch (IOException e) {
                // It is gone either way.
            }
        }
    }

    /// Sends a request and reads the head of the answer.
    ///
    /// @param body null for none
    /// @throws RuntimeFailure when the answer's status is an error; its message is the engine's
    /// @throws IOException when the engine cannot be reached
    Exchange send(String method, String path, Map<String, String> headers, byte @Nullable [] body)
            throws IOException, RuntimeFailure {
        return send(method, path, headers, body, false);
    }

    /// As [#send] without a body, asking for the connection as a raw stream.
    Exchange hijack(String path, byte[] body) throws IOException, RuntimeFailure {
        return send(
                "POST",
                path,
                Map.of("Content-Type", "application/json", "Connection", "Upgrade", "Upgrade", "tcp"),
                body,
                true);
    }

    private Exchange send(String method, String path, Map<String, String> headers, byte @Nullable [] body, boolean raw)
            throws IOException, RuntimeFailure {
        SocketChannel channel = connect();
        boolean handedOver = false;
        try {
            writeRequest(channel, method, path, headers, body, raw);
            InputStream in = new BufferedInputStream(Channels.newInputStream(channel), 16 << 10);
            String statusLine = line(in);
            int status = status(statusLine);
            Map<String, String> answer = headers(in);
            InputStream content = raw && status < 300 ? in : bodyOf(in, answer);
            if (status >= 400) {
                throw failure(status, content);
            }
            handedOver = true;
            return new Exchange(channel, status, content);
        } finally {
            if (!handedOver) {
                channel.close();
            }
        }
    }

    private SocketChannel connect() throws IOException {
        var address = endpoint.address();
        SocketChannel channel = address instanceof UnixDomainSocketAddress
                ? SocketChannel.open(StandardProtocolFamily.UNIX)
                : SocketChannel.open();
        try {
            channel.connect(address);
            return channel;
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
    }

    private void writeRequest(
            SocketChannel channel,
            String method,
            String path,
            Map<String, String> headers,
            byte @Nullable [] body,
            boolean raw)
            throws IOException {
        var head = new StringBuilder()
                .append(method)
                .append(' ')
                .append(prefix)
                .append(path)
                .append(" HTTP/1.1\r\nHost: docker\r\n");
        headers.forEach(
                (name, value) -> head.append(name).append(": ").append(value).append("\r\n"));
        if (!raw) {
            head.append("Connection: close\r\n");
        }
        if (body != null || method.equals("POST")) {
            head.append("Content-Length: ")
                    .append(body == null ? 0 : body.length)
                    .append("\r\n");
        }
        head.append("\r\n");
        writeFully(channel, ByteBuffer.wrap(head.toString().getBytes(StandardCharsets.ISO_8859_1)));
        if (body != null) {
            writeFully(channel, ByteBuffer.wrap(body));
        }
    }

    private static int status(String line) throws IOException {
        String[] parts = line.split(" ", 3);
        if (parts.length < 2 || !parts[0].startsWith("HTTP/1.")) {
            throw new IOException("the Docker socket does not speak HTTP: " + line);
        }
        try {
            return Integer.parseInt(parts[1]);
        } catch (NumberFormatException e) {
            throw new IOException("the Docker socket does not speak HTTP: " + line, e);
        }
    }

    private static Map<String, String> headers(InputStream in) throws IOException {
        var result = new HashMap<String, String>();
        for (String line = line(in); !line.isEmpty(); line = line(in)) {
            int colon = line.indexOf(':');
            if (colon > 0) {
                result.put(
                        line.substring(0, colon).trim().toLowerCase(Locale.ROOT),
                        line.substring(colon + 1).trim());
            }
        }
        return result;
    }

    private static String line(InputStream in) throws IOException {
        var text = new ByteArrayOutputStream(128);
        for (int c = in.read(); c != '\n'; c = in.read()) {
            if (c < 0) {
                throw new EOFException("the Docker engine closed the connection");
            }
            if (text.size() > MAX_HEAD) {
                throw new IOException("the Docker engine's answer has no end of line");
            }
            if (c != '\r') {
                text.write(c);
            }
        }
        return text.toString(StandardCharsets.ISO_8859_1);
    }

    private static InputStream bodyOf(InputStream in, Map<String, String> headers) {
        if ("chunked".equalsIgnoreCase(headers.get("transfer-encoding"))) {
            return new Chunks(in);
        }
        String length = headers.get("content-length");
        return length == null ? in : new Limited(in, Long.parseLong(length));
    }

    private static RuntimeFailure failure(int status, InputStream content) throws IOException {
        String text = new String(content.readNBytes(MAX_ERROR), StandardCharsets.UTF_8);
        String message = text;
        try {
            message = Json.read(text.getBytes(StandardCharsets.UTF_8))
                    .path("message")
                    .asText(text);
        } catch (IOException e) {
            // Not JSON: the text itself is the message.
        }
        return status == 404
                ? new RuntimeFailure.NotFound(message.strip())
                : new RuntimeFailure.Refused(message.strip(), null);
    }

    private static void writeFully(SocketChannel channel, ByteBuffer data) throws IOException {
        while (data.hasRemaining()) {
            var _ = channel.write(data);
        }
    }

    /// Closing it shuts down only the sending direction.
    private static final class HalfClosing extends OutputStream {
        private final SocketChannel channel;

        HalfClosing(SocketChannel channel) {
            this.channel = channel;
        }

        @Override
        public void write(int b) throws IOException {
            write(new byte[] {(byte) b}, 0, 1);
        }

        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
            writeFully(channel, ByteBuffer.wrap(bytes, offset, length));
        }

        @Override
        public void close() throws IOException {
            if (channel.isOpen()) {
                channel.shutdownOutput();
            }
        }
    }

    private static final class Limited extends InputStream {
        private final InputStream in;
        private long left;

        Limited(InputStream in, long length) {
            this.in = in;
            this.left = length;
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] buffer, int offset, int length) throws IOException {
            if (left == 0) {
                return -1;
            }
            int count = in.read(buffer, offset, (int) Math.min(left, length));
            left -= Math.max(count, 0);
            return count;
        }
    }

    private static final class Chunks extends InputStream {
        private final InputStream in;
        private long left;
        private boolean first = true;
        private boolean ended;

        Chunks(InputStream in) {
            this.in = in;
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] buffer, int offset, int length) throws IOException {
            if (length == 0) {
                return 0;
            }
            if (left == 0 && !ended) {
                nextChunk();
            }
            if (ended) {
                return -1;
            }
            int count = in.read(buffer, offset, (int) Math.min(left, length));
            if (count < 0) {
                throw new EOFException("the Docker engine broke off");
            }
            left -= count;
            return count;
        }

        private void nextChunk() throws IOException {
            if (!first) {
                line(in);
            }
            first = false;
            String size = line(in);
            int extension = size.indexOf(';');
            try {
                left = Long.parseLong(
                        extension < 0
                                ? size.trim()
                                : size.substring(0, extension).trim(),
                        16);
            } catch (NumberFormatException e) {
                throw new IOException("damaged chunk in the Docker engine's answer", e);
            }
            ended = left == 0;
        }
    }
}
