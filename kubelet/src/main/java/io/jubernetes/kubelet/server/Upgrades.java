package io.jubernetes.kubelet.server;

import io.jubernetes.common.http.ConnectionTakeover;
import io.jubernetes.kubelet.spdy.SpdyConnection;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.springframework.web.server.ServerWebExchange;
import reactor.core.publisher.Mono;

/// The ways in which streaming requests leave HTTP.
final class Upgrades {
    private static final String SPDY = "SPDY/3.1";

    private Upgrades() {}

    static boolean toWebSocket(ServerWebExchange exchange) {
        return "websocket".equals(upgrade(exchange));
    }

    static boolean toSpdy(ServerWebExchange exchange) {
        return SPDY.toLowerCase(Locale.ROOT).equals(upgrade(exchange)) && ConnectionTakeover.isPossible(exchange);
    }

    private static String upgrade(ServerWebExchange exchange) {
        String upgrade = exchange.getRequest().getHeaders().getFirst("Upgrade");
        return upgrade == null ? "" : upgrade.toLowerCase(Locale.ROOT);
    }

    /// The first of the protocols a SPDY client offers that is known here; the last known one when it offers none.
    static Optional<String> protocol(ServerWebExchange exchange, List<String> known) {
        List<String> offered = new ArrayList<>();
        for (String header : exchange.getRequest().getHeaders().getOrEmpty("X-Stream-Protocol-Version")) {
            for (String one : header.split(",")) {
                offered.add(one.strip());
            }
        }
        return offered.isEmpty()
                ? Optional.of(known.getLast())
                : offered.stream().filter(known::contains).findFirst();
    }

    static Mono<Void> spdy(ServerWebExchange exchange, String protocol, SpdyConnection connection) {
        Map<String, String> headers = new LinkedHashMap<>();
        headers.put("Upgrade", SPDY);
        headers.put("X-Stream-Protocol-Version", protocol);
        return ConnectionTakeover.take(exchange, headers, connection.handlers());
    }
}
