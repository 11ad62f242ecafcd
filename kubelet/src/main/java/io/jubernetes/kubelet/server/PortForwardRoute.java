package io.jubernetes.kubelet.server;

import io.jubernetes.common.http.WebSockets;
import io.jubernetes.kubelet.PodEngine;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.springframework.http.HttpStatus;
import org.springframework.web.server.ServerWebExchange;
import reactor.core.publisher.Mono;

/// `/portForward/NAMESPACE/POD[/UID]`
final class PortForwardRoute {
    private final PodEngine engine;

    PortForwardRoute(PodEngine engine) {
        this.engine = engine;
    }

    Mono<Void> handle(ServerWebExchange exchange, List<String> path) {
        if (path.size() != 2 && path.size() != 3) {
            return Answers.text(exchange, HttpStatus.NOT_FOUND, "404 page not found");
        }
        try {
            Optional<String> uid = path.size() == 3 ? Optional.of(path.get(2)) : Optional.empty();
            PodPorts ports = PodPorts.of(engine, path.get(0), path.get(1), uid);
            if (Upgrades.toSpdy(exchange)) {
                Optional<String> protocol = Upgrades.protocol(exchange, List.of(SpdyPortForward.PROTOCOL));
                if (protocol.isEmpty()) {
                    return Answers.text(
                            exchange,
                            HttpStatus.FORBIDDEN,
                            "unable to negotiate protocol: server supports [" + SpdyPortForward.PROTOCOL + "]");
                }
                return Upgrades.spdy(exchange, protocol.get(), new SpdyPortForward(ports).connection());
            }
            if (Upgrades.toWebSocket(exchange)) {
                return WebSockets.accept(exchange, new WebSocketPortForward(ports, wanted(exchange)));
            }
            return Answers.text(
                    exchange, HttpStatus.BAD_REQUEST, "unable to upgrade: missing upgrade headers in request");
        } catch (Target.Missing e) {
            return Answers.text(exchange, e.status(), e.getMessage());
        }
    }

    private static List<Integer> wanted(ServerWebExchange exchange) throws Target.Missing {
        List<Integer> wanted = new ArrayList<>();
        for (String value : exchange.getRequest().getQueryParams().getOrDefault("port", List.of())) {
            for (String one : value.split(",")) {
                try {
                    int port = Integer.parseInt(one.strip());
                    if (port < 1 || port > 0xffff) {
                        throw new NumberFormatException(one);
                    }
                    wanted.add(port);
                } catch (NumberFormatException e) {
                    throw new Target.Missing(
                            HttpStatus.BAD_REQUEST, "port \"" + one + "\" must be a number from 1 to 65535");
                }
            }
        }
        if (wanted.isEmpty() || wanted.size() > 64) {
            throw new Target.Missing(HttpStatus.BAD_REQUEST, "query parameter \"port\" is required, at most 64 times");
        }
        return wanted;
    }
}
