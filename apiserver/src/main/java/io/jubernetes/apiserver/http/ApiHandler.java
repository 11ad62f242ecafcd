package io.jubernetes.apiserver.http;

import com.fasterxml.jackson.databind.JsonNode;
import io.jubernetes.apiserver.audit.AuditRecord;
import io.jubernetes.apiserver.audit.Auditing;
import io.jubernetes.apiserver.authn.Authentication;
import io.jubernetes.apiserver.authz.Authorizer;
import io.jubernetes.apiserver.authz.Refusals;
import io.jubernetes.apiserver.flowcontrol.FlowControl;
import io.jubernetes.apiserver.impersonation.Impersonation;
import io.jubernetes.apiserver.request.RequestContext;
import io.jubernetes.apiserver.request.RequestInfo;
import io.jubernetes.apiserver.request.UserInfo;
import io.jubernetes.apiserver.resource.ApiException;
import io.jubernetes.apiserver.storage.StoreException;
import io.netty.buffer.Unpooled;
import java.io.ByteArrayOutputStream;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
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
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/// The way in of every request: who asks, may they, what do they want; and the way out of every answer
/// and failure. Requests are carried out on virtual threads.
public final class ApiHandler implements WebHandler {
    private static final Logger LOG = LoggerFactory.getLogger(ApiHandler.class);
    private static final int MAX_BODY = 3 << 20;
    private static final Set<String> WITH_BODY = Set.of("POST", "PUT", "PATCH", "DELETE");
    private static final int MAX_AUDITED = 16 << 20;
    private static final String AUDIT_ID = "io.jubernetes.audit-id";
    private static final UserInfo NOBODY = new UserInfo("", "", List.of(), Map.of());
    private static final Set<String> OPEN_PATHS = Set.of("/healthz", "/livez", "/readyz");

    private final Authentication authentication;
    private final Authorizer authorizer;
    private final Impersonation impersonation;
    private final Router router;
    private final Auditing auditing;
    private final TurnKeeper turns;
    /// Ends when the requests that last must.
    private final Sinks.Empty<Void> stopping = Sinks.empty();
    private final Scheduler scheduler = Schedulers.fromExecutor(Executors.newThreadPerTaskExecutor(
            Thread.ofVirtual().name("request-", 0).factory()));

    /// Carries out a request whose sender is known and allowed.
    interface Router {
        Reply route(Call call);

        /// Paths the router answers without knowing who asks.
        Optional<Mono<Void>> open(ServerWebExchange exchange, String path);
    }

    ApiHandler(
            Authentication authentication,
            Authorizer authorizer,
            Impersonation impersonation,
            Router router,
            Auditing auditing,
            FlowControl flowControl) {
        this.impersonation = impersonation;
        turns = new TurnKeeper(flowControl);
        this.auditing = auditing;
        this.authentication = authentication;
        this.authorizer = authorizer;
        this.router = router;
    }

    /// Ends watches and the streams to containers: they would go on for hours, and their clients know to
    /// begin again.
    public void endLongRequests() {
        stopping.emitEmpty(Sinks.EmitFailureHandler.FAIL_FAST);
    }

    @Override
    public Mono<Void> handle(ServerWebExchange exchange) {
        ServerHttpRequest request = exchange.getRequest();
        String given = request.getHeaders().getFirst("Audit-Id");
        exchange.getAttributes()
                .put(
                        AUDIT_ID,
                        given == null || given.isBlank() ? UUID.randomUUID().toString() : given);
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
                                    null,
                                    AuditRecord.NONE));
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
        var seats = new SeatHold();
        return Mono.fromCallable(() -> {
                    try {
                        return answer(exchange, body, seats);
                    } finally {
                        seats.oneIsThrough();
                    }
                })
                .subscribeOn(scheduler)
                .flatMap(answer -> write(exchange, ending(answer), answer.context(), answer.audit()))
                .doFinally(_ -> seats.oneIsThrough());
    }

    /// The reply, which ends with the server when it is one that lasts.
    private Reply ending(Answer answer) {
        if (answer.context() == null || !answer.context().info().isLongRunning()) {
            return answer.reply();
        }
        return switch (answer.reply()) {
            case Reply.Bytes bytes -> bytes;
            case Reply.Stream stream ->
                new Reply.Stream(
                        stream.status(),
                        stream.contentType(),
                        stream.parts().takeUntilOther(stopping.asMono()),
                        stream.flushEach());
            case Reply.Takeover takeover ->
                new Reply.Takeover(exchange -> takeover.writer().apply(exchange).takeUntilOther(stopping.asMono()));
        };
    }

    private record Answer(Reply reply, @Nullable RequestContext context, AuditRecord audit) {}

    private Answer answer(ServerWebExchange exchange, byte[] body, SeatHold seats) {
        RequestContext context = null;
        AuditRecord audit = AuditRecord.NONE;
        try {
            ServerHttpRequest request = exchange.getRequest();
            String path = URLDecoder.decode(request.getURI().getRawPath().replace("+", "%2B"), StandardCharsets.UTF_8);
            Map<String, List<String>> parameters =
                    QueryParameters.parse(request.getURI().getRawQuery());
            var query = new Query(parameters);
            var info = RequestInfo.of(request.getMethod().name(), path, parameters);
            String agent = Optional.ofNullable(request.getHeaders().getFirst(HttpHeaders.USER_AGENT))
                    .orElse("");
            UserInfo user = authentication.authenticate(request).orElse(null);
            Optional<Mono<Void>> open = router.open(exchange, path);
            if (open.isPresent()) {
                // Nobody needs to say who they are here; but who says so wrongly is told.
                if (user == null && request.getHeaders().containsHeader(HttpHeaders.AUTHORIZATION)) {
                    throw ApiException.unauthorized();
                }
                UserInfo asking = user == null ? UserInfo.anonymous() : user;
                var plain = new RequestContext(info, asking, agent, ResourceHandler.deadline(query));
                Reply health = new Reply.Takeover(_ -> open.get());
                return new Answer(turns.await(exchange, plain, query, seats).orElse(health), null, audit);
            }
            String id = auditId(exchange);
            if (user == null) {
                auditing.begin(incoming(id, request, info, NOBODY)).started(401);
                throw ApiException.unauthorized();
            }
            audit = auditing.begin(incoming(id, request, info, user));
            audit.received();
            UserInfo acting = acting(user, request, info, query, audit);
            context = new RequestContext(info, acting, agent, ResourceHandler.deadline(query));
            Optional<Reply> refusal = turns.await(exchange, context, query, seats);
            if (refusal.isPresent()) {
                return new Answer(refusal.get(), context, audit);
            }
            authorize(acting, info, query, audit);
            String type = request.getHeaders().getFirst(HttpHeaders.CONTENT_TYPE);
            if (info.resourceRequest()) {
                audit.requestBody(body, type);
            }
            return new Answer(router.route(new Call(context, request, query, body, type)), context, audit);
        } catch (ApiException e) {
            return new Answer(failure(e, accept(exchange)), context, audit);
        } catch (StoreException e) {
            return new Answer(failure(statusOf(e), accept(exchange)), context, audit);
        } catch (InterruptedException e) {
            // The client has gone while its request waited: nobody reads this, but it is written down.
            Thread.currentThread().interrupt();
            audit.completed(429, null);
            return new Answer(Reply.text(429, ""), context, AuditRecord.NONE);
        } catch (RuntimeException | StackOverflowError | LinkageError e) {
            // The errors would end the thread without an answer, and the client would wait for one.
            LOG.error(
                    "request failed: {} {}",
                    exchange.getRequest().getMethod(),
                    exchange.getRequest().getPath(),
                    e);
            audit.failed(e.getClass().getSimpleName());
            return new Answer(
                    failure(ApiException.internal(e.getClass().getSimpleName()), accept(exchange)), context, audit);
        }
    }

    private static ApiException statusOf(StoreException failure) {
        return switch (failure) {
            case StoreException.Compacted _ -> ApiException.expired("too old resource version");
            case StoreException.FutureRevision future -> ApiException.futureRevision(0, future.current());
            case StoreException.Unavailable e ->
                ApiException.gatewayTimeout("the store did not answer in time: " + e.getMessage());
            case StoreException.Refused e -> ApiException.internal("the store refuses changes: " + e.getMessage());
            case StoreException.Unreadable e -> ApiException.internal(String.valueOf(e.getMessage()));
            case StoreException.Closed _ -> ApiException.unavailable("the server is stopping");
        };
    }

    private static String auditId(ServerWebExchange exchange) {
        return exchange.getAttributeOrDefault(AUDIT_ID, "");
    }

    private static Auditing.Incoming incoming(String id, ServerHttpRequest request, RequestInfo info, UserInfo user) {
        List<String> sources = new ArrayList<>();
        for (String header : request.getHeaders().getOrEmpty("X-Forwarded-For")) {
            for (String address : header.split(",")) {
                sources.add(address.strip());
            }
        }
        InetSocketAddress peer = request.getRemoteAddress();
        if (peer != null && peer.getAddress() != null) {
            String address = peer.getAddress().getHostAddress();
            if (!sources.contains(address)) {
                sources.add(address);
            }
        }
        String query = request.getURI().getRawQuery();
        return new Auditing.Incoming(
                id,
                request.getURI().getRawPath() + (query == null ? "" : "?" + query),
                info,
                user,
                sources,
                Optional.ofNullable(request.getHeaders().getFirst(HttpHeaders.USER_AGENT))
                        .orElse(""));
    }

    private static Authorizer.Attributes attributes(UserInfo user, RequestInfo info, Query query) {
        return Authorizer.Attributes.of(user, info, Objects.requireNonNullElse(query.text("fieldSelector"), ""));
    }

    /// The user the request counts as: the sender, unless it impersonates somebody.
    private UserInfo acting(
            UserInfo sender, ServerHttpRequest request, RequestInfo info, Query query, AuditRecord audit) {
        Optional<UserInfo> wanted = ImpersonationHeaders.wanted(request.getHeaders());
        if (wanted.isEmpty()) {
            return sender;
        }
        Impersonation.Acting acting = impersonation.of(wanted.get(), attributes(sender, info, query));
        audit.impersonates(acting.user(), acting.constraint());
        return acting.user();
    }

    private void authorize(UserInfo user, RequestInfo info, Query query, AuditRecord audit) {
        Authorizer.Attributes attributes = attributes(user, info, query);
        Authorizer.Decision decision = authorizer.authorize(attributes);
        audit.annotate("authorization.k8s.io/decision", decision.allowed() ? "allow" : "forbid");
        audit.annotate("authorization.k8s.io/reason", decision.reason());
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

    /// Sends the answer, and has it written down when it is sent.
    private static Mono<Void> write(
            ServerWebExchange exchange, Reply reply, @Nullable RequestContext context, AuditRecord audit) {
        if (audit == AuditRecord.NONE) {
            return send(exchange, reply, context);
        }
        return switch (reply) {
            case Reply.Bytes bytes ->
                send(exchange, reply, context)
                        .doFinally(_ -> audit.completed(bytes.status(), json(bytes.contentType(), bytes.body())));
            case Reply.Stream stream
            when stream.flushEach() || !audit.wantsResponse() -> {
                if (stream.flushEach()) {
                    audit.started(stream.status());
                }
                yield send(exchange, reply, context).doFinally(_ -> audit.completed(stream.status(), null));
            }
            case Reply.Stream stream -> {
                var kept = new ByteArrayOutputStream();
                var copy = new Reply.Stream(
                        stream.status(),
                        stream.contentType(),
                        stream.parts().doOnNext(part -> keep(kept, part)),
                        false);
                yield send(exchange, copy, context)
                        .doFinally(
                                _ -> audit.completed(stream.status(), json(stream.contentType(), kept.toByteArray())));
            }
            case Reply.Takeover _ -> {
                audit.started(context != null && context.info().verb().equals("get") ? 200 : 101);
                yield send(exchange, reply, context).doFinally(_ -> {
                    HttpStatusCode code = exchange.getResponse().getStatusCode();
                    audit.completed(code == null ? 200 : code.value(), null);
                });
            }
        };
    }

    private static void keep(ByteArrayOutputStream kept, byte[] part) {
        if (kept.size() + part.length <= MAX_AUDITED) {
            kept.writeBytes(part);
        }
    }

    private static byte @Nullable [] json(String contentType, byte[] body) {
        return contentType.startsWith(Reply.JSON) ? body : null;
    }

    private static Mono<Void> send(ServerWebExchange exchange, Reply reply, @Nullable RequestContext context) {
        ServerHttpResponse response = exchange.getResponse();
        HttpHeaders headers = response.getHeaders();
        headers.set("Audit-Id", auditId(exchange));
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
