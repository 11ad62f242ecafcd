package io.jubernetes.apiserver.http;

import io.jubernetes.apiserver.flowcontrol.Arrival;
import io.jubernetes.apiserver.flowcontrol.FlowControl;
import io.jubernetes.apiserver.flowcontrol.Turn;
import io.jubernetes.apiserver.request.RequestContext;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import org.springframework.http.HttpHeaders;
import org.springframework.web.server.ServerWebExchange;

/// Has each request wait for its turn, and shows in its answer how it was sorted.
final class TurnKeeper {
    private static final String SCHEMA = "X-Kubernetes-PF-FlowSchema-UID";
    private static final String LEVEL = "X-Kubernetes-PF-PriorityLevel-UID";
    private static final byte[] TOO_MANY =
            "Too many requests, please try again later.\n".getBytes(StandardCharsets.UTF_8);

    private final FlowControl flowControl;

    TurnKeeper(FlowControl flowControl) {
        this.flowControl = flowControl;
    }

    /// Waits for the request's turn.
    ///
    /// @param hold gets its seats
    /// @return the answer to a request that is not to be carried out
    /// @throws InterruptedException when the client has gone away
    Optional<Reply> await(ServerWebExchange exchange, RequestContext context, Query query, SeatHold hold)
            throws InterruptedException {
        Turn turn = flowControl.admit(new Arrival(
                context.info(),
                context.user(),
                query.text("limit"),
                query.flag("sendInitialEvents"),
                Arrival.patience(context.deadline().remaining())));
        Turn.Flow flow = turn.flow();
        if (flow != null) {
            HttpHeaders headers = exchange.getResponse().getHeaders();
            headers.set(SCHEMA, flow.schemaUid());
            headers.set(LEVEL, flow.levelUid());
        }
        return switch (turn) {
            case Turn.Granted granted -> {
                hold.take(granted.seats());
                context.onSettled(hold::release);
                yield Optional.empty();
            }
            case Turn.Refused refused ->
                Optional.of(new Reply.Bytes(
                        429,
                        Reply.TEXT,
                        TOO_MANY,
                        Map.of(
                                HttpHeaders.RETRY_AFTER,
                                Integer.toString(refused.retryAfterSeconds()),
                                "X-Content-Type-Options",
                                "nosniff")));
        };
    }
}
