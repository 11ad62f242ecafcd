package io.jubernetes.apiserver.http;

import io.jubernetes.apiserver.aggregation.ApiServices;
import io.jubernetes.apiserver.aggregation.ApiServices.Backend;
import io.jubernetes.apiserver.aggregation.ApiServices.Entry;
import io.jubernetes.apiserver.aggregation.BackendClient;
import io.jubernetes.apiserver.request.UserInfo;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelOption;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.IdentityCipherSuiteFilter;
import io.netty.handler.ssl.JdkSslContext;
import io.netty.handler.ssl.SslContext;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import reactor.core.publisher.Mono;
import reactor.netty.http.client.HttpClient;

/// Passes requests for API versions that other servers answer for on to them, together with who asks: the other server
/// believes that because of the certificate this one shows. What it answers goes back as it is.
final class AggregationProxy {
    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(10);
    private static final Duration ANSWER_TIMEOUT = Duration.ofSeconds(60);
    private static final String SAFE = "!#$&'*+-.^_`|~";
    private static final int MAX_CLIENTS = 256;

    private final ApiServices services;
    private final BackendClient backends;
    private final Map<SSLContext, Connector> connectors = new ConcurrentHashMap<>();

    private record Connector(HttpClient client, KubeletStreams streams) {}

    AggregationProxy(ApiServices services, BackendClient backends) {
        this.services = services;
        this.backends = backends;
    }

    /// Who answers a request; empty when this server does.
    Optional<Reply> route(Call call, String path) {
        return services.remoteOf(path).map(entry -> pass(call, entry));
    }

    /// The reply to a request for the OpenAPI document of another server's version; empty when it is none.
    Optional<Reply> openApi(Call call, String path) {
        String start = "/openapi/v3";
        return path.startsWith(start + "/") ? route(call, path.substring(start.length())) : Optional.empty();
    }

    private Reply pass(Call call, Entry entry) {
        if (!entry.available()) {
            return Reply.text(503, "service unavailable\n");
        }
        Backend backend = Objects.requireNonNull(entry.backend());
        URI from = call.request().getURI();
        String query = from.getRawQuery() == null ? "" : "?" + from.getRawQuery();
        URI to;
        Connector connector;
        try {
            to = URI.create(backends.address(backend) + from.getRawPath() + query);
            connector = connector(backend);
        } catch (IOException | IllegalArgumentException e) {
            return Reply.text(503, e.getMessage() + "\n");
        }
        HttpHeaders identity = identity(call.context().user());
        if (call.header("Upgrade") != null) {
            return connector.streams().join(call, to, identity);
        }
        String method = call.request().getMethod().name();
        boolean watch = call.context().info().verb().equals("watch");
        if (watch) {
            call.context().settle();
        }
        HttpClient client = watch ? connector.client() : connector.client().responseTimeout(ANSWER_TIMEOUT);
        return new Reply.Takeover(exchange -> client.headers(headers -> {
                    ProxyHandler.forward(call, exchange, headers);
                    headers.add(identity);
                })
                .request(HttpMethod.valueOf(method))
                .uri(to)
                .send((_, outbound) -> call.body().length == 0
                        ? outbound
                        : outbound.send(Mono.just(Unpooled.wrappedBuffer(call.body()))))
                .response(ProxyHandler.answer(exchange, null))
                .then()
                .onErrorResume(failure -> {
                    if (exchange.getResponse().isCommitted()) {
                        return Mono.error(failure);
                    }
                    var response = exchange.getResponse();
                    response.setRawStatusCode(503);
                    response.getHeaders().set("Content-Type", Reply.TEXT);
                    byte[] text = ("error trying to reach service: " + failure.getMessage() + "\n")
                            .getBytes(StandardCharsets.UTF_8);
                    return response.writeWith(Mono.just(response.bufferFactory().wrap(text)));
                }));
    }

    private Connector connector(Backend backend) throws IOException {
        SSLContext tls = backends.tls(backend);
        if (connectors.size() >= MAX_CLIENTS) {
            connectors.clear();
        }
        return connectors.computeIfAbsent(tls, context -> {
            SslContext netty = new JdkSslContext(
                    context,
                    true,
                    null,
                    IdentityCipherSuiteFilter.INSTANCE,
                    ApplicationProtocolConfig.DISABLED,
                    ClientAuth.NONE,
                    null,
                    false);
            HttpClient client = HttpClient.create()
                    .secure(ssl -> ssl.sslContext(netty)
                            .handshakeTimeout(CONNECT_TIMEOUT)
                            .serverNames(new SNIHostName(BackendClient.serverName(backend))))
                    .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, (int) CONNECT_TIMEOUT.toMillis());
            return new Connector(client, new KubeletStreams(netty));
        });
    }

    /// Who asks, in the headers a front proxy says it in.
    static HttpHeaders identity(UserInfo user) {
        HttpHeaders headers = new DefaultHttpHeaders();
        headers.set("X-Remote-User", user.name());
        if (!user.uid().isEmpty()) {
            headers.set("X-Remote-Uid", user.uid());
        }
        user.groups().forEach(group -> headers.add("X-Remote-Group", group));
        user.extra()
                .forEach(
                        (key, values) -> values.forEach(value -> headers.add("X-Remote-Extra-" + escaped(key), value)));
        return headers;
    }

    /// A key in a form that header names allow.
    private static String escaped(String key) {
        var text = new StringBuilder();
        for (byte each : key.getBytes(StandardCharsets.UTF_8)) {
            char c = (char) (each & 0xff);
            if (c < 0x80 && (Character.isLetterOrDigit(c) || SAFE.indexOf(c) >= 0)) {
                text.append(c);
            } else {
                text.append('%').append("0123456789ABCDEF".charAt(c >> 4)).append("0123456789ABCDEF".charAt(c & 15));
            }
        }
        return text.toString();
    }
}
