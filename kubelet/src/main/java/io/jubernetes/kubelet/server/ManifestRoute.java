package io.jubernetes.kubelet.server;

import io.jubernetes.kubelet.source.PushedPodSource;
import java.io.IOException;
import java.util.Optional;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DataBufferLimitException;
import org.springframework.core.io.buffer.DataBufferUtils;
import org.springframework.http.HttpStatus;
import org.springframework.web.server.ServerWebExchange;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/// `/manifest`: PUT or POST replaces the manifest of static pods that this kubelet keeps, DELETE ends its pods, GET
/// shows it.
final class ManifestRoute {
    private static final int LARGEST = 10 << 20;

    private final PushedPodSource source;

    ManifestRoute(PushedPodSource source) {
        this.source = source;
    }

    Mono<Void> handle(ServerWebExchange exchange) {
        return switch (exchange.getRequest().getMethod().name()) {
            case "PUT", "POST" ->
                DataBufferUtils.join(exchange.getRequest().getBody(), LARGEST)
                        .map(ManifestRoute::bytes)
                        .defaultIfEmpty(new byte[0])
                        .flatMap(body ->
                                Mono.defer(() -> replace(exchange, body)).subscribeOn(Schedulers.boundedElastic()))
                        .onErrorResume(
                                DataBufferLimitException.class,
                                _ -> Answers.text(
                                        exchange, HttpStatus.CONTENT_TOO_LARGE, "manifest larger than 10 MiB"));
            case "DELETE" -> remove(exchange);
            case "GET" -> show(exchange);
            default -> Answers.text(exchange, HttpStatus.METHOD_NOT_ALLOWED, "405: Method Not Allowed");
        };
    }

    private static byte[] bytes(DataBuffer buffer) {
        byte[] bytes = new byte[buffer.readableByteCount()];
        buffer.read(bytes);
        DataBufferUtils.release(buffer);
        return bytes;
    }

    private Mono<Void> replace(ServerWebExchange exchange, byte[] manifest) {
        try {
            source.replace(manifest);
            return Answers.text(exchange, HttpStatus.OK, "ok");
        } catch (IOException e) {
            return Answers.text(exchange, HttpStatus.BAD_REQUEST, String.valueOf(e.getMessage()));
        }
    }

    private Mono<Void> remove(ServerWebExchange exchange) {
        try {
            source.remove();
            return Answers.text(exchange, HttpStatus.OK, "ok");
        } catch (IOException e) {
            return Answers.text(exchange, HttpStatus.INTERNAL_SERVER_ERROR, String.valueOf(e.getMessage()));
        }
    }

    private Mono<Void> show(ServerWebExchange exchange) {
        try {
            Optional<byte[]> manifest = source.manifest();
            return manifest.isPresent()
                    ? Answers.text(
                            exchange,
                            HttpStatus.OK,
                            new String(manifest.get(), java.nio.charset.StandardCharsets.UTF_8))
                    : Answers.text(exchange, HttpStatus.NOT_FOUND, "no manifest");
        } catch (IOException e) {
            return Answers.text(exchange, HttpStatus.INTERNAL_SERVER_ERROR, String.valueOf(e.getMessage()));
        }
    }
}
