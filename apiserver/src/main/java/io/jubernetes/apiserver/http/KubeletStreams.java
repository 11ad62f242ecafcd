package io.jubernetes.apiserver.http;

import io.jubernetes.apiserver.http.KubeletUpgrade.Upgraded;
import io.jubernetes.apiserver.resource.ApiException;
import io.jubernetes.common.http.ConnectionTakeover;
import io.jubernetes.common.http.WebSockets;
import io.netty.channel.Channel;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.ssl.SslContext;
import java.net.URI;
import java.util.List;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.web.reactive.socket.CloseStatus;
import org.springframework.web.reactive.socket.WebSocketHandler;
import org.springframework.web.reactive.socket.WebSocketMessage;
import org.springframework.web.reactive.socket.WebSocketSession;
import org.springframework.web.server.ServerWebExchange;
import reactor.core.publisher.Mono;

/// Joins a client's upgraded connection with one to a kubelet. Whatever the client upgrades to, WebSocket or
/// SPDY/3.1, is what the kubelet is asked for, and from there on bytes are passed on as they are. The one
/// exception is SPDY inside a WebSocket, by which newer clients forward ports through proxies that know no
/// SPDY: it is unpacked here.
final class KubeletStreams {
    private static final String SPDY = "SPDY/3.1";
    private static final String PROTOCOL_HEADER = "X-Stream-Protocol-Version";
    /// A sub-protocol with this prefix is SPDY inside a WebSocket, followed by the protocol spoken over SPDY.
    private static final String TUNNEL = "SPDY/3.1+";

    private static final String BEARER = "base64url.bearer.authorization.k8s.io.";
    private static final List<String> FORWARDED = List.of(
            "Upgrade", "Sec-WebSocket-Key", "Sec-WebSocket-Version", "Sec-WebSocket-Extensions", PROTOCOL_HEADER);

    private final KubeletUpgrade upgrade;

    KubeletStreams(SslContext tls) {
        upgrade = new KubeletUpgrade(tls);
    }

    /// Joins the client of a request with a kubelet.
    ///
    /// @throws ApiException when the client does not ask for an upgrade
    Reply join(Call call, URI kubelet) {
        return join(call, kubelet, new DefaultHttpHeaders());
    }

    /// The same with further headers for the other side.
    Reply join(Call call, URI kubelet, HttpHeaders more) {
        String wanted = call.header("Upgrade");
        boolean webSocket = wanted != null && wanted.equalsIgnoreCase("websocket");
        if (!webSocket && (wanted == null || !wanted.equalsIgnoreCase(SPDY))) {
            throw ApiException.badRequest("Upgrade request required");
        }
        List<String> protocols = webSocketProtocols(call.request());
        if (webSocket && protocols.stream().anyMatch(protocol -> protocol.startsWith(TUNNEL))) {
            String tunnelled = protocols.stream()
                    .filter(protocol -> protocol.startsWith(TUNNEL))
                    .findFirst()
                    .orElseThrow();
            return new Reply.Takeover(exchange -> tunnel(exchange, kubelet, tunnelled, more));
        }
        HttpMethod method = HttpMethod.valueOf(call.request().getMethod().name());
        HttpHeaders headers = new DefaultHttpHeaders().add(more);
        for (String name : FORWARDED) {
            headers.add(name, call.request().getHeaders().getOrEmpty(name));
        }
        if (!protocols.isEmpty()) {
            headers.add("Sec-WebSocket-Protocol", String.join(", ", protocols));
        }
        return new Reply.Takeover(exchange -> relay(exchange, kubelet, method, headers));
    }

    private static List<String> webSocketProtocols(ServerHttpRequest request) {
        // A browser's way to send its token is not the kubelet's business.
        return WebSockets.offered(request).stream()
                .filter(protocol -> !protocol.startsWith(BEARER))
                .toList();
    }

    private Mono<Void> relay(ServerWebExchange exchange, URI kubelet, HttpMethod method, HttpHeaders headers) {
        if (!ConnectionTakeover.isPossible(exchange)) {
            return KubeletProxy.answerFailure(
                    exchange, ApiException.badRequest("only a connection of HTTP/1.1 can be upgraded"));
        }
        Channel front = ConnectionTakeover.channel(exchange);
        return upgrade.connect(method, kubelet, headers)
                .flatMap(back -> {
                    var towardsKubelet = new ConnectionRelay(
                            back.channel(), () -> back.channel().eventLoop().execute(() -> back.relayTo(front)));
                    return ConnectionTakeover.take(exchange, back.headers(), List.of(towardsKubelet))
                            .doOnError(_ -> back.abandon());
                })
                .onErrorResume(failure -> KubeletProxy.answerFailure(exchange, failure));
    }

    private Mono<Void> tunnel(ServerWebExchange exchange, URI kubelet, String protocol, HttpHeaders more) {
        HttpHeaders headers = new DefaultHttpHeaders()
                .add(more)
                .add("Upgrade", SPDY)
                .add(PROTOCOL_HEADER, protocol.substring(TUNNEL.length()));
        return upgrade.connect(HttpMethod.POST, kubelet, headers)
                .flatMap(back -> WebSockets.accept(exchange, new Tunnel(back, protocol))
                        .doOnError(_ -> back.connection().dispose()))
                .onErrorResume(failure -> KubeletProxy.answerFailure(exchange, failure));
    }

    private record Tunnel(Upgraded back, String protocol) implements WebSocketHandler {
        @Override
        public List<String> getSubProtocols() {
            return List.of(protocol);
        }

        @Override
        public Mono<Void> handle(WebSocketSession front) {
            back.channel().eventLoop().execute(back::start);
            Mono<Void> forth = back.connection()
                    .outbound()
                    .sendByteArray(
                            front.receive().map(WebSocketMessage::getPayload).map(Tunnel::bytes))
                    .then();
            Mono<Void> here = front.send(back.connection()
                            .inbound()
                            .receive()
                            .asByteArray()
                            .map(bytes -> front.binaryMessage(factory -> factory.wrap(bytes))))
                    .then(Mono.defer(() -> front.close(CloseStatus.NORMAL)));
            return Mono.firstWithSignal(here, forth)
                    .doFinally(_ -> back.connection().dispose());
        }

        private static byte[] bytes(DataBuffer payload) {
            byte[] bytes = new byte[payload.readableByteCount()];
            payload.read(bytes);
            return bytes;
        }
    }
}
