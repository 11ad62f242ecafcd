package io.jubernetes.kubelet.probe;

import io.fabric8.kubernetes.api.model.HTTPGetAction;
import io.fabric8.kubernetes.api.model.HTTPHeader;
import io.jubernetes.common.time.Deadline;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;

/// One HTTP request to a container and its status: a connection for each, nothing pooled, no certificate
/// verified (what a container shows there it made itself). Thread-safe.
public final class HttpProbe {
    private static final int MAX_HEAD = 64 << 10;
    private static final int MAX_BODY = 10 << 10;
    private static final int MAX_REDIRECTS = 10;
    private static final String HOOK_AGENT = "kube-lifecycle/1.36";

    private final SSLSocketFactory tls = trustAll();

    /// How a request ended.
    ///
    /// @param status the HTTP status
    /// @param body its beginning
    public record Answer(int status, String body) {}

    private record Reply(int status, Optional<String> location, String body) {}

    private static SSLSocketFactory trustAll() {
        try {
            var context = SSLContext.getInstance("TLS");
            context.init(null, new TrustManager[] {new AnyCertificate()}, null);
            return context.getSocketFactory();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    /// Sends a GET and follows redirects within the same host.
    ///
    /// @param address the IP address or name to connect to
    /// @throws IOException when there is no answer by the deadline; the message is for the user
    public Answer get(
            String scheme,
            String address,
            int port,
            String path,
            List<HTTPHeader> headers,
            String userAgent,
            Deadline deadline)
            throws IOException {
        URI at = URI.create(scheme.toLowerCase(Locale.ROOT) + "://" + host(address) + ":" + port
                + (path.startsWith("/") ? path : "/" + path));
        for (int i = 0; i <= MAX_REDIRECTS; i++) {
            Reply reply = send(at, headers, userAgent, deadline);
            boolean redirect = reply.status() >= 300
                    && reply.status() < 400
                    && reply.location().isPresent();
            URI to = redirect ? at.resolve(reply.location().get()) : at;
            if (!redirect || !at.getHost().equals(to.getHost())) {
                return new Answer(reply.status(), reply.body());
            }
            at = to;
        }
        throw new IOException("Get \"" + at + "\": stopped after " + MAX_REDIRECTS + " redirects");
    }

    /// Sends the request of a lifecycle hook and returns the status. A server that answers a TLS greeting in
    /// plain text is asked again without TLS, as upstream does for hooks written before it honoured schemes.
    public int hook(HTTPGetAction action, String address, int port, Deadline deadline) throws IOException {
        String scheme = action.getScheme() == null ? "http" : action.getScheme();
        String path = action.getPath() == null ? "/" : action.getPath();
        try {
            return get(scheme, address, port, path, action.getHttpHeaders(), HOOK_AGENT, deadline)
                    .status();
        } catch (IOException e) {
            if (!scheme.equalsIgnoreCase("https") || !(e.getCause() instanceof SSLException)) {
                throw e;
            }
            var headers = action.getHttpHeaders().stream()
                    .filter(header -> !header.getName().equalsIgnoreCase("Authorization"))
                    .toList();
            return get("http", address, port, path, headers, HOOK_AGENT, deadline)
                    .status();
        }
    }

    private static String host(String address) {
        return address.contains(":") ? "[" + address + "]" : address;
    }

    private Reply send(URI uri, List<HTTPHeader> headers, String userAgent, Deadline deadline) throws IOException {
        boolean secure = "https".equals(uri.getScheme());
        int port = uri.getPort() > 0 ? uri.getPort() : secure ? 443 : 80;
        String address = uri.getHost().startsWith("[")
                ? uri.getHost().substring(1, uri.getHost().length() - 1)
                : uri.getHost();
        try (Socket plain = new Socket()) {
            plain.connect(new InetSocketAddress(address, port), millis(deadline));
            plain.setSoTimeout(millis(deadline));
            plain.setTcpNoDelay(true);
            if (!secure) {
                return talk(plain, uri, headers, userAgent, deadline);
            }
            try (SSLSocket socket = (SSLSocket) tls.createSocket(plain, address, port, false)) {
                var parameters = new SSLParameters();
                parameters.setEndpointIdentificationAlgorithm(null);
                socket.setSSLParameters(parameters);
                socket.setSoTimeout(millis(deadline));
                return talk(socket, uri, headers, userAgent, deadline);
            }
        } catch (SocketTimeoutException e) {
            throw new IOException(
                    "Get \"" + uri + "\": context deadline exceeded (Client.Timeout exceeded while awaiting headers)",
                    e);
        } catch (IOException e) {
            throw new IOException("Get \"" + uri + "\": " + e.getMessage(), e);
        }
    }

    private static int millis(Deadline deadline) throws SocketTimeoutException {
        Duration left = deadline.remaining();
        if (!left.isPositive()) {
            throw new SocketTimeoutException();
        }
        return (int) Math.max(1, Math.min(Integer.MAX_VALUE, left.toMillis()));
    }

    private static Reply talk(Socket socket, URI uri, List<HTTPHeader> headers, String userAgent, Deadline deadline)
            throws IOException {
        String path = uri.getRawPath().isEmpty() ? "/" : uri.getRawPath();
        String query = uri.getRawQuery() == null ? "" : "?" + uri.getRawQuery();
        var head = new StringBuilder("GET " + path + query + " HTTP/1.1\r\n");
        Optional<String> host = value(headers, "Host");
        head.append("Host: ").append(host.orElse(uri.getRawAuthority())).append("\r\n");
        head.append("User-Agent: ")
                .append(value(headers, "User-Agent").orElse(userAgent))
                .append("\r\n");
        if (value(headers, "Accept").isEmpty()) {
            head.append("Accept: */*\r\n");
        }
        head.append("Connection: close\r\n");
        for (HTTPHeader header : headers) {
            boolean own = header.getName().equalsIgnoreCase("Host")
                    || header.getName().equalsIgnoreCase("User-Agent");
            if (!own) {
                head.append(header.getName())
                        .append(": ")
                        .append(header.getValue())
                        .append("\r\n");
            }
        }
        head.append("\r\n");
        socket.getOutputStream().write(head.toString().getBytes(StandardCharsets.UTF_8));
        socket.getOutputStream().flush();
        InputStream in = new BufferedInputStream(socket.getInputStream());
        String status = line(in, socket, deadline);
        String[] words = status.split(" ", 3);
        if (words.length < 2 || !words[0].startsWith("HTTP/")) {
            throw new IOException("malformed HTTP response \"" + status + "\"");
        }
        Optional<String> location = Optional.empty();
        for (String line = line(in, socket, deadline); !line.isEmpty(); line = line(in, socket, deadline)) {
            if (line.regionMatches(true, 0, "location:", 0, 9)) {
                location = Optional.of(line.substring(9).strip());
            }
        }
        int code;
        try {
            code = Integer.parseInt(words[1]);
        } catch (NumberFormatException e) {
            throw new IOException("malformed HTTP status code \"" + words[1] + "\"", e);
        }
        return new Reply(code, location, body(in));
    }

    /// The body is only for messages: what does not come does not matter.
    private static String body(InputStream in) {
        try {
            return new String(in.readNBytes(MAX_BODY), StandardCharsets.UTF_8);
        } catch (IOException e) {
            return "";
        }
    }

    private static Optional<String> value(List<HTTPHeader> headers, String name) {
        return headers.stream()
                .filter(header -> header.getName().equalsIgnoreCase(name))
                .map(HTTPHeader::getValue)
                .findFirst();
    }

    private static String line(InputStream in, Socket socket, Deadline deadline) throws IOException {
        socket.setSoTimeout(millis(deadline));
        var line = new ByteArrayOutputStream();
        for (int c = in.read(); c != '\n'; c = in.read()) {
            if (c < 0) {
                throw new IOException("EOF");
            }
            if (line.size() > MAX_HEAD) {
                throw new IOException("header line too long");
            }
            if (c != '\r') {
                line.write(c);
            }
        }
        return line.toString(StandardCharsets.ISO_8859_1);
    }

    private static final class AnyCertificate implements X509TrustManager {
        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type) {}

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }
}
