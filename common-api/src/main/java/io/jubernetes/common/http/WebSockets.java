package io.jubernetes.common.http;

import java.util.ArrayList;
import java.util.List;
import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.web.reactive.socket.WebSocketHandler;
import org.springframework.web.reactive.socket.server.WebSocketService;
import org.springframework.web.reactive.socket.server.support.HandshakeWebSocketService;
import org.springframework.web.reactive.socket.server.upgrade.ReactorNettyRequestUpgradeStrategy;
import org.springframework.web.server.ServerWebExchange;
import reactor.core.publisher.Mono;
import reactor.netty.http.server.WebsocketServerSpec;

/// Takes a request that asks for a WebSocket to its handler. Thread-safe.
public final class WebSockets {
    private static final String PROTOCOL = "Sec-WebSocket-Protocol";
    private static final int MAX_FRAME = 1 << 20;
    private static final WebSocketService SERVICE =
            new HandshakeWebSocketService(new ReactorNettyRequestUpgradeStrategy(
                    () -> WebsocketServerSpec.builder().maxFramePayloadLength(MAX_FRAME)));

    private WebSockets() {}

    /// Upgrades the connection, with the first sub-protocol of the client's that the handler knows.
    public static Mono<Void> accept(ServerWebExchange exchange, WebSocketHandler handler) {
        List<String> offered = offered(exchange.getRequest());
        if (offered.isEmpty()) {
            return SERVICE.handleRequest(exchange, handler);
        }
        // The framework compares what is between the commas, blanks and all; clients write a blank after each comma.
        ServerWebExchange tidied = exchange.mutate()
                .request(request -> request.header(PROTOCOL, String.join(",", offered)))
                .build();
        return SERVICE.handleRequest(tidied, handler);
    }

    /// The sub-protocols a client offers, in its order.
    public static List<String> offered(ServerHttpRequest request) {
        List<String> offered = new ArrayList<>();
        for (String header : request.getHeaders().getOrEmpty(PROTOCOL)) {
            for (String protocol : header.split(",")) {
                offered.add(protocol.strip());
            }
        }
        return offered;
    }
}
