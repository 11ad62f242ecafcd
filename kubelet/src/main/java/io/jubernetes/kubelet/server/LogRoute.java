package io.jubernetes.kubelet.server;

import io.jubernetes.kubelet.PodEngine;
import io.jubernetes.kubelet.runtime.ContainerInfo;
import io.jubernetes.kubelet.runtime.LogOptions;
import io.jubernetes.kubelet.runtime.RuntimeFailure;
import io.jubernetes.kubelet.runtime.StreamSession;
import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.time.Clock;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DataBufferFactory;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.util.MultiValueMap;
import org.springframework.web.server.ServerWebExchange;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/// `/containerLogs/NAMESPACE/POD/CONTAINER`
final class LogRoute {
    private final PodEngine engine;
    private final Clock clock;

    LogRoute(PodEngine engine, Clock clock) {
        this.engine = engine;
        this.clock = clock;
    }

    /// A log that is ready to be read.
    private record Opened(StreamSession session, OptionalLong limit) {}

    /// @param path what follows the route's name
    Mono<Void> handle(ServerWebExchange exchange, List<String> path) {
        MultiValueMap<String, String> query = exchange.getRequest().getQueryParams();
        Opened log;
        try {
            log = open(Target.of(engine, path), query);
        } catch (Target.Missing e) {
            return Answers.text(exchange, e.status(), e.getMessage());
        } catch (IllegalArgumentException | DateTimeParseException e) {
            return Answers.text(exchange, HttpStatus.BAD_REQUEST, String.valueOf(e.getMessage()));
        } catch (RuntimeFailure | IOException e) {
            return Answers.text(exchange, HttpStatus.INTERNAL_SERVER_ERROR, String.valueOf(e.getMessage()));
        }
        var response = exchange.getResponse();
        response.setStatusCode(HttpStatus.OK);
        response.getHeaders().setContentType(MediaType.TEXT_PLAIN);
        var flow = new BlockingFlow<DataBuffer>(
                "log-" + path.getLast(), to -> pump(log, response.bufferFactory(), to), log.session()::close);
        return response.writeAndFlushWith(Flux.from(flow).map(Mono::just));
    }

    private Opened open(Target target, MultiValueMap<String, String> query)
            throws Target.Missing, RuntimeFailure, IOException {
        ContainerInfo container = target.logged(flag(query, "previous"));
        String stream = query.getFirst("stream");
        Optional<java.time.Instant> since = Optional.empty();
        Optional<Long> seconds = number(query, "sinceSeconds");
        String time = query.getFirst("sinceTime");
        if (seconds.isPresent()) {
            since = Optional.of(clock.instant().minus(Duration.ofSeconds(seconds.get())));
        } else if (time != null && !time.isEmpty()) {
            since = Optional.of(OffsetDateTime.parse(time).toInstant());
        }
        var options = new LogOptions(
                flag(query, "follow") && container.running(),
                flag(query, "timestamps"),
                number(query, "tailLines").map(OptionalLong::of).orElse(OptionalLong.empty()),
                since,
                !"Stderr".equals(stream),
                !"Stdout".equals(stream),
                container.tty());
        OptionalLong limit = number(query, "limitBytes").map(OptionalLong::of).orElse(OptionalLong.empty());
        return new Opened(engine.runtime().logs(container.id(), options), limit);
    }

    private static boolean flag(MultiValueMap<String, String> query, String name) {
        String value = query.getFirst(name);
        return value != null && (value.equals("true") || value.equals("1"));
    }

    private static Optional<Long> number(MultiValueMap<String, String> query, String name) {
        @Nullable String value = query.getFirst(name);
        if (value == null || value.isEmpty()) {
            return Optional.empty();
        }
        try {
            long number = Long.parseLong(value);
            if (number < 0) {
                throw new NumberFormatException(value);
            }
            return Optional.of(number);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("invalid " + name + ": " + value, e);
        }
    }

    private static void pump(Opened log, DataBufferFactory buffers, BlockingFlow<DataBuffer> to) throws IOException {
        try (StreamSession session = log.session()) {
            session.pump(new StreamSession.Receiver() {
                private long left = log.limit().orElse(Long.MAX_VALUE);

                @Override
                public void stdout(byte[] buffer, int offset, int length) throws IOException {
                    int count = (int) Math.min(length, left);
                    if (count > 0) {
                        byte[] copy = new byte[count];
                        System.arraycopy(buffer, offset, copy, 0, count);
                        to.emit(buffers.wrap(copy));
                        left -= count;
                    }
                    if (left == 0) {
                        throw new LimitReached();
                    }
                }

                @Override
                public void stderr(byte[] buffer, int offset, int length) throws IOException {
                    stdout(buffer, offset, length);
                }
            });
        } catch (LimitReached e) {
            // That was all that was asked for.
        } catch (ClosedChannelException e) {
            // The client has left.
        }
    }

    /// The client has got as many bytes as it wanted.
    private static final class LimitReached extends IOException {
        private static final long serialVersionUID = 1L;
    }
}
