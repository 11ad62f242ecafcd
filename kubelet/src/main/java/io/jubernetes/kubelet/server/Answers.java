package io.jubernetes.kubelet.server;

import java.nio.charset.StandardCharsets;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.server.reactive.ServerHttpResponse;
import org.springframework.web.server.ServerWebExchange;
import reactor.core.publisher.Mono;

/// Short answers.
final class Answers {
    private static final MediaType PLAIN = new MediaType("text", "plain", StandardCharsets.UTF_8);

    private Answers() {}

    static Mono<Void> text(ServerWebExchange exchange, HttpStatus status, String text) {
        return bytes(exchange, status, PLAIN, text.getBytes(StandardCharsets.UTF_8));
    }

    static Mono<Void> json(ServerWebExchange exchange, byte[] json) {
        return bytes(exchange, HttpStatus.OK, MediaType.APPLICATION_JSON, json);
    }

    private static Mono<Void> bytes(ServerWebExchange exchange, HttpStatus status, MediaType type, byte[] body) {
        ServerHttpResponse response = exchange.getResponse();
        response.setStatusCode(status);
        response.getHeaders().setContentType(type);
        response.getHeaders().setContentLength(body.length);
        response.getHeaders().set("X-Content-Type-Options", "nosniff");
        return response.writeWith(Mono.just(response.bufferFactory().wrap(body)));
    }
}
