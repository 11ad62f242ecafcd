package io.jubernetes.apiserver.http;

import io.jubernetes.apiserver.request.RequestInfo;
import io.jubernetes.apiserver.resource.ApiException;
import io.jubernetes.apiserver.resource.ApiResource;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelOption;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.ssl.SslContext;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;
import org.springframework.core.io.buffer.NettyDataBufferFactory;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.MediaType;
import org.springframework.http.server.reactive.ServerHttpResponse;
import org.springframework.web.server.ServerWebExchange;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.netty.ByteBufFlux;
import reactor.netty.http.client.HttpClient;
import reactor.netty.http.client.HttpClientResponse;

/// `pods/NAME/proxy`, `services/NAME/proxy` and `nodes/NAME/proxy`: passes requests on to what listens there,
/// and answers back with links changed so that they lead through the proxy again. Credentials of the client
/// stay here.
final class ProxyHandler {
    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(10);
    private static final int MAX_PAGE = 8 << 20;
    /// What concerns one connection only (RFC 9110, section 7.6.1), or says who the client is.
    static final Set<String> OWN_HEADERS = Set.of(
            "connection",
            "keep-alive",
            "proxy-authenticate",
            "proxy-authorization",
            "proxy-connection",
            "te",
            "trailer",
            "transfer-encoding",
            "upgrade",
            "host",
            "content-length",
            "accept-encoding",
            "authorization");

    private final ProxyTargets targets;
    private final KubeletProxy kubelets;
    private final HttpClient kubelet;
    private final HttpClient pod;
    private final KubeletStreams kubeletStreams;
    private final KubeletStreams podStreams;

    /// @param kubeletTls shows the API server's client certificate
    /// @param podTls for https to pods, whose certificates are not verified
    ProxyHandler(ProxyTargets targets, KubeletProxy kubelets, SslContext kubeletTls, SslContext podTls) {
        this.targets = targets;
        this.kubelets = kubelets;
        kubelet = client(kubeletTls);
        pod = client(podTls);
        kubeletStreams = new KubeletStreams(kubeletTls);
        podStreams = new KubeletStreams(podTls);
    }

    private static HttpClient client(SslContext tls) {
        return HttpClient.create()
                .secure(ssl -> ssl.sslContext(tls).handshakeTimeout(CONNECT_TIMEOUT))
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, (int) CONNECT_TIMEOUT.toMillis());
    }

    Reply pods(Call call, ApiResource resource) {
        return pass(call, targets.pod(call, resource), pod, podStreams);
    }

    Reply services(Call call, ApiResource resource) {
        return pass(call, targets.service(call, resource), pod, podStreams);
    }

    Reply nodes(Call call, ApiResource resource) {
        ProxyTargets.Named named =
                ProxyTargets.Named.parse(resource, call.context().info().name());
        String address = kubelets.kubelet(call, named.name());
        if (!named.port().isEmpty()) {
            address = address.substring(0, address.lastIndexOf(':') + 1) + named.port();
        }
        String scheme = named.scheme().isEmpty() ? "https" : named.scheme();
        return pass(call, scheme + "://" + address, kubelet, kubeletStreams);
    }

    /// The part of the path that is the proxy's own, undecoded.
    private static String prefix(Call call) {
        String path = call.request().getURI().getRawPath();
        RequestInfo info = call.context().info();
        int segments = info.namespace().isEmpty() || info.resource().equals("namespaces") ? 5 : 7;
        int at = 0;
        for (int i = 0; i < segments; i++) {
            int next = path.indexOf('/', at + 1);
            at = next < 0 ? path.length() : next;
        }
        return path.substring(0, at);
    }

    private static Reply pass(Call call, String base, HttpClient client, KubeletStreams streams) {
        String prefix = prefix(call);
        URI from = call.request().getURI();
        String path = from.getRawPath().substring(prefix.length());
        String query = from.getRawQuery() == null ? "" : "?" + from.getRawQuery();
        String method = call.request().getMethod().name();
        if (path.isEmpty() && (method.equals("GET") || method.equals("HEAD"))) {
            // So that relative links of the page lead below the proxy.
            return new Reply.Bytes(301, Reply.TEXT, new byte[0], Map.of("Location", prefix + "/" + query));
        }
        URI to;
        try {
            to = URI.create(base + (path.isEmpty() ? "/" : path) + query);
        } catch (IllegalArgumentException e) {
            throw ApiException.badRequest("the path or query cannot be passed on: " + e.getMessage());
        }
        if (call.header("Upgrade") != null) {
            return streams.join(call, to);
        }
        var links = new ProxyLinks(prefix, to.getRawAuthority());
        return new Reply.Takeover(exchange -> client.headers(headers -> forward(call, exchange, headers))
                .request(HttpMethod.valueOf(method))
                .uri(to)
                .send((_, outbound) -> call.body().length == 0
                        ? outbound
                        : outbound.send(Mono.just(Unpooled.wrappedBuffer(call.body()))))
                .response(answer(exchange, links))
                .then()
                .onErrorResume(failure -> KubeletProxy.answerFailure(
                        exchange,
                        failure instanceof ApiException
                                ? failure
                                : ApiException.unavailable("error trying to reach service: " + failure.getMessage()))));
    }

    /// Gives the request to another server the headers of the client, without its credentials.
    static void forward(Call call, ServerWebExchange exchange, HttpHeaders headers) {
        call.request().getHeaders().forEach((name, values) -> {
            String lower = name.toLowerCase(Locale.ROOT);
            if (!OWN_HEADERS.contains(lower) && !lower.startsWith("impersonate-") && !lower.startsWith("x-remote-")) {
                headers.set(name, values);
            }
        });
        if (call.body().length > 0) {
            headers.set("Content-Length", call.body().length);
        }
        InetSocketAddress client = exchange.getRequest().getRemoteAddress();
        if (client != null && client.getAddress() != null) {
            String before = headers.get("X-Forwarded-For", "");
            String address = client.getAddress().getHostAddress();
            headers.set("X-Forwarded-For", before.isEmpty() ? address : before + ", " + address);
        }
        URI uri = call.request().getURI();
        headers.set("X-Forwarded-Uri", uri.getRawPath());
        headers.set("X-Forwarded-Host", uri.getRawAuthority() == null ? "" : uri.getRawAuthority());
        headers.set("X-Forwarded-Proto", "https");
    }

    /// Passes an answer on as it comes.
    ///
    /// @param links changes the links of pages; null to leave everything as it is
    static BiFunction<HttpClientResponse, ByteBufFlux, Mono<Void>> answer(
            ServerWebExchange exchange, @Nullable ProxyLinks links) {
        return (answer, content) -> {
            ServerHttpResponse response = exchange.getResponse();
            response.setStatusCode(HttpStatusCode.valueOf(answer.status().code()));
            String type = answer.responseHeaders().get("Content-Type", "");
            boolean page = links != null && type.toLowerCase(Locale.ROOT).startsWith("text/html");
            for (Map.Entry<String, String> header : answer.responseHeaders()) {
                String name = header.getKey().toLowerCase(Locale.ROOT);
                boolean length = name.equals("content-length") && !page;
                // A pod must not open the API server's origin to other sites.
                if ((length || !OWN_HEADERS.contains(name)) && !name.startsWith("access-control-")) {
                    response.getHeaders()
                            .add(
                                    header.getKey(),
                                    links != null && name.equals("location")
                                            ? links.address(header.getValue())
                                            : header.getValue());
                }
            }
            var buffers = (NettyDataBufferFactory) response.bufferFactory();
            if (links != null && page) {
                Charset charset = charset(type);
                return response.writeWith(content.aggregate()
                        .asByteArray()
                        .defaultIfEmpty(new byte[0])
                        .map(bytes -> bytes.length > MAX_PAGE
                                ? bytes
                                : links.page(new String(bytes, charset)).getBytes(charset))
                        .map(buffers::wrap));
            }
            // An empty first part sends the headers: a watch has begun even when nothing happens.
            return response.writeAndFlushWith(Flux.concat(
                    Mono.just(Mono.just(buffers.wrap(new byte[0]))),
                    content.map(part -> Mono.just(buffers.wrap(Unpooled.copiedBuffer(part))))));
        };
    }

    private static Charset charset(String type) {
        try {
            Charset named = MediaType.parseMediaType(type).getCharset();
            return named == null ? StandardCharsets.UTF_8 : named;
        } catch (IllegalArgumentException e) {
            return StandardCharsets.ISO_8859_1;
        }
    }
}
