package io.jubernetes.apiserver.http;

import io.jubernetes.common.http.WebSockets;
import java.util.ArrayList;
import java.util.List;
import org.springframework.web.reactive.socket.CloseStatus;
import org.springframework.web.server.ServerWebExchange;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/// Sends a watch over a WebSocket, one message an event, for clients that ask for an upgrade.
final class WebSocketWatch {
    private WebSocketWatch() {}

    /// Whether the client asks for a WebSocket.
    static boolean isWanted(Call call) {
        return "websocket".equalsIgnoreCase(call.header("Upgrade"));
    }

    /// Accepts the upgrade and sends the watch's frames until either side ends.
    static Mono<Void> serve(ServerWebExchange exchange, Flux<byte[]> parts) {
        return WebSockets.accept(exchange, session -> {
            Mono<Void> sent = session.send(parts.flatMapIterable(WebSocketWatch::frames)
                            .map(frame ->
                                    session.textMessage(new String(frame, java.nio.charset.StandardCharsets.UTF_8))))
                    .then(session.close(CloseStatus.NORMAL));
            // Reading notices that the client has gone; what it sends means nothing.
            Mono<Void> gone = session.receive().doOnNext(message -> {}).then();
            return Mono.firstWithSignal(sent, gone);
        });
    }

    /// The frames of a part, without the line breaks that end them.
    private static List<byte[]> frames(byte[] part) {
        List<byte[]> frames = new ArrayList<>();
        int start = 0;
        for (int i = 0; i < part.length; i++) {
            if (part[i] == '\n') {
                frames.add(java.util.Arrays.copyOfRange(part, start, i));
                start = i + 1;
            }
        }
        return frames;
    }
}
