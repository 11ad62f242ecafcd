package io.jubernetes.apiserver.http;

import com.fasterxml.jackson.databind.JsonNode;
import io.jubernetes.apiserver.authn.Authentication;
import io.jubernetes.apiserver.authz.Authorizer;
import io.jubernetes.apiserver.authz.Refusals;
import io.jubernetes.apiserver.request.RequestContext;
import io.jubernetes.apiserver.request.RequestInfo;
import io.jubernetes.apiserver.request.UserInfo;
import io.jubernetes.apiserver.resource.ApiException;
import io.jubernetes.apiserver.storage.StoreException;
import io.netty.buffer.Unpooled;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DataBufferLimitException;
import org.springframework.core.io.buffer.DataBufferUtils;
import org.springframework.core.io.buffer.NettyDataBufferFactory;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.http.server.reactive.ServerHttpResponse;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebHandler;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/// The way in of every request: who asks, may they, what do they want; and the way out of every answer and failure.
/// Requests are
/// carried out on virtual threads.
public final class ApiHandler implements WebHandler {
    private static final Logger LOG = LoggerFactory.getLogger(ApiHandler.class);
    private static final int MAX_BODY = 3 << 20;
    private static final Set<String> WITH_BODY = Set.of("POST", "PUT", "PATCH", "DELETE");
    private static final Set<String> OPEN_PATHS = Set.of("/healthz", "/livez", "/readyz");

    private final Authentication authentication;
    private final Authorizer authorizer;
    private final Router router;
    private final Scheduler scheduler = Schedulers.fromExecutor(Executors.newThreadPerTaskExecutor(
            Thread.ofVirtual().name("request-", 0).factory()));

    /// Carries out a request whose sender is known and allowed.
    interface Router {
        Reply route(Call call);

        /// Paths the router answers without knowing who asks.
        Optional<Mono<Void>> open(ServerWebExchange exchange, String path);
    }

    ApiHandler(Authentication authentication, Authorizer authorizer, Router router) {
        this.authentication = authentication;
        this.authorizer = authorizer;
        this.router = router;
    }

    @Override
    public Mono<Void> handle(ServerWebExchange exchange) {
        ServerHttpRequest request = exchange.getRequest();
        if (WITH_BODY.contains(request.getMethod().name())) {
            return DataBufferUtils.join(request.getBody(), MAX_BODY)
                    .map(ApiHandler::bytes)
                    .defaultIfEmpty(new byte[0])
                    .flatMap(body -> carryOut(exchange, body))
                    .onErrorResume(
                            DataBufferLimitException.class,
                            _ -> write(
                                    exchange,
                                    failure(
                                            ApiException.tooLarge("Request entity too large: limit is " + MAX_BODY),
                                            accept(exchange)),
                                    null));
        }
        return carryOut(exchange, new byte[0]);
    }

    private static byte[] bytes(DataBuffer buffer) {
        byte[] bytes = new byte[buffer.readableByteCount()];
        buffer.read(bytes);
        DataBufferUtils.release(buffer);
        return bytes;
    }

    private Mono<Void> carryOut(ServerWebExchange exchange, byte[] body) {
        return Mono.fromCallable(() -> answer(exchange, body))
                .subscribeOn(scheduler)
                .flatMap(answer -> write(exchange, answer.reply(), answer.context()));
    }

    private record Answer(Reply reply, @Nullable RequestContext context) {}

    private Answer answer(ServerWebExchange exchange, byte[] body) {
        RequestContext context = null;
        try {
            ServerHttpRequest request = exchange.getRequest();
            String path = URLDecoder.decode(request.getURI().getRawPath().replace("+", "%2B"), StandardCharsets.UTF_8);
            Optional<Mono<Void>> open = router.open(exchange, path);
            if (open.isPresent()) {
                return new Answer(new Reply.Takeover(_ -> open.get()), null);
            }
            Map<String, List<String>> parameters =
                    QueryParameters.parse(request.getURI().getRawQuery());
            var info = RequestInfo.of(request.getMethod().name(), path, parameters);
            UserInfo user = authentication.authenticate(request).orElseThrow(ApiException::unauthorized);
            var query = new Query(parameters);
            String agent = Optional.ofNullable(request.getHeaders().getFirst(HttpHeaders.USER_AGENT))
                    .orElse("");
            UserInfo acting = Impersonation.of(user, request.getHeaders(), authorizer);
            context = new RequestContext(info, acting, agent, ResourceHandler.deadline(query));
            authorize(acting, info, query);
            String type = request.getHeaders().getFirst(HttpHeaders.CONTENT_TYPE);
            return new Answer(router.route(new Call(context, request, query, body, type)), context);
        } catch (ApiException e) {
            return new Answer(failure(e, accept(exchange)), context);
        } catch (StoreException e) {
            return new Answer(failure(statusOf(e), accept(exchange)), context);
        } catch (RuntimeException e) {
            LOG.error(
                    "request failed: {} {}",
                    exchange.getRequest().getMethod(),
                    exchange.getRequest().getPath(),
                    e);
            return new Answer(failure(ApiException.internal(e.getClass().getSimpleName()), accept(exchange)), context);
        }
    }

    private static ApiException statusOf(StoreException failure) {
        return switch (failure) {
            case StoreException.Compacted _ -> ApiException.expired("too old resource version");
            case StoreException.FutureRevision future -> ApiException.futureRevision(0, future.current());
            case StoreException.Unavailable e ->
                ApiException.gatewayTimeout("the store did not answer in time: " + e.getMessage());
            case StoreException.Refused e -> ApiException.internal("the store refuses changes: " + e.getMessage());
            case StoreException.Closed _ -> ApiException.unavailable("the server is stopping");
        };
    }

    private void authorize(UserInfo user, RequestInfo info, Query query) {
        Authorizer.Attributes attributes =
                Authorizer.Attributes.of(user, info, Objects.requireNonNullElse(query.text("fieldSelector"), ""));
        Authorizer.Decision decision = authorizer.authorize(attributes);
        if (!decision.allowed()) {
            throw Refusals.forbidden(attributes, decision.reason());
        }
    }

    private static @Nullable String accept(ServerWebExchange exchange) {
        return exchange.getRequest().getHeaders().getFirst(HttpHeaders.ACCEPT);
    }

    /// A failure in JSON.
    static Reply plainFailure(ApiException failure) {
        return failure(failure, null);
    }

    private static Reply failure(ApiException failure, @Nullable String accept) {
        Reply.Bytes reply = ObjectFormat.status(failure.code(), failure.status(), MediaFormat.forFailure(accept));
        JsonNode wait = failure.status().path("details").path("retryAfterSeconds");
        return wait.asInt(0) > 0
                ? new Reply.Bytes(
                        reply.status(), reply.contentType(), reply.body(), Map.of("Retry-After", wait.asText()))
                : reply;
    }

    private static Mono<Void> write(ServerWebExchange exchange, Reply reply, @Nullable RequestContext context) {
        ServerHttpResponse response = exchange.getResponse();
        HttpHeaders headers = response.getHeaders();
        String audit = exchange.getRequest().getHeaders().getFirst("Audit-Id");
        headers.set(
                "Audit-Id", audit == null || audit.isBlank() ? UUID.randomUUID().toString() : audit);
        headers.set("Cache-Control", "no-cache, private");
        if (!(reply instanceof Reply.Takeover)) {
            if (context != null) {
                context.warnings().forEach(text -> headers.add("Warning", "299 - " + quoted(text)));
            }
        }
        boolean zip = Compression.accepted(exchange.getRequest().getHeaders());
        boolean head = exchange.getRequest().getMethod().name().equals("HEAD");
        return switch (reply) {
            case Reply.Bytes bytes -> {
                response.setStatusCode(HttpStatusCode.valueOf(bytes.status()));
                if (!bytes.contentType().isEmpty()) {
                    headers.set(HttpHeaders.CONTENT_TYPE, bytes.contentType());
                }
                bytes.headers().forEach(headers::set);
                byte[] body = bytes.body();
                if (zip && body.length > Compression.THRESHOLD) {
                    Compression.mark(headers);
                    body = Compression.gzip(body);
                }
                headers.setContentLength(body.length);
                yield head || bytes.status() == 304
                        ? response.setComplete()
                        : response.writeWith(Mono.just(wrap(response, body)));
            }
            case Reply.Stream stream -> {
                response.setStatusCode(HttpStatusCode.valueOf(stream.status()));
                headers.set(HttpHeaders.CONTENT_TYPE, stream.contentType());
                if (stream.flushEach()) {
                    Publisher<Publisher<DataBuffer>> parts =
                            stream.parts().map(part -> Mono.just(wrap(response, part)));
                    // An empty first part sends the headers: the client must see that the watch has begun.
                    yield response.writeAndFlushWith(
                            Flux.concat(Mono.just(Mono.just(wrap(response, new byte[0]))), parts));
                }
                // Headers go out with the first part, whose size tells whether it is worth compressing.
                yield response.writeWith(stream.parts()
                        .switchOnFirst((first, parts) -> {
                            byte[] part = first.get();
                            if (!zip || part == null || part.length <= Compression.THRESHOLD) {
                                return parts;
                            }
                            Compression.mark(headers);
                            return Compression.gzip(parts);
                        })
                        .map(part -> wrap(response, part)));
            }
            case Reply.Takeover takeover -> takeover.writer().apply(exchange);
        };
    }

    private static DataBuffer wrap(ServerHttpResponse response, byte[] bytes) {
        return response.bufferFactory() instanceof NettyDataBufferFactory netty
                ? netty.wrap(Unpooled.wrappedBuffer(bytes))
                : response.bufferFactory().wrap(bytes);
    }

    private static String quoted(String text) {
        String clean = text.replaceAll("[\\p{Cntrl}]", " ");
        return '"' + clean.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
    }

    static boolean isOpen(String path) {
        return OPEN_PATHS.stream().anyMatch(open -> path.equals(open) || path.startsWith(open + "/"));
    }
}
