package io.jubernetes.apiserver.http;

import com.fasterxml.jackson.databind.JsonNode;
import io.jubernetes.common.codec.Json;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.springframework.web.server.ServerWebExchange;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/// The answer to a request.
sealed interface Reply {
    String JSON = "application/json";
    String TEXT = "text/plain; charset=utf-8";

    /// An answer that is complete.
    record Bytes(int status, String contentType, byte[] body, Map<String, String> headers) implements Reply {}

    /// An answer whose parts are made while it is sent.
    ///
    /// @param flushEach whether each part goes out at once (a watch) or parts may be gathered (a list)
    record Stream(int status, String contentType, Flux<byte[]> parts, boolean flushEach) implements Reply {}

    /// An answer that something else writes: an upgraded connection.
    record Takeover(java.util.function.Function<ServerWebExchange, Mono<Void>> writer) implements Reply {}

    static Bytes json(int status, JsonNode body) {
        return new Bytes(status, JSON, Json.bytes(body), Map.of());
    }

    static Bytes text(int status, String body) {
        return new Bytes(status, TEXT, body.getBytes(StandardCharsets.UTF_8), Map.of());
    }
}
