package io.jubernetes.serviceproxy.dns;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Turns the bytes of a query into the bytes of its answer. Thread-safe.
final class Responder {
    private static final Logger log = LoggerFactory.getLogger(Responder.class);
    private static final int LONGEST_TCP = 65_535;
    private static final int MOST_ALIASES = 8;

    private final ClusterZone zone;
    private final Forwarding upstreams;
    private final BooleanSupplier ready;
    private final DnsMetrics metrics;

    /// @param ready whether the caches are filled; before that the cluster's names are not denied but not answered
    Responder(ClusterZone zone, Forwarding upstreams, BooleanSupplier ready, DnsMetrics metrics) {
        this.zone = zone;
        this.upstreams = upstreams;
        this.ready = ready;
        this.metrics = metrics;
    }

    /// The answer to a message; empty when it deserves none. Never fails.
    CompletableFuture<Optional<byte[]>> respond(byte[] message, boolean tcp) {
        long start = System.nanoTime();
        Query query;
        try {
            query = Query.parse(message);
        } catch (Query.Unanswerable e) {
            return CompletableFuture.completedFuture(
                    e.code() == Rcode.NOERROR ? Optional.empty() : Optional.of(Query.refusal(message, e.code())));
        }
        int limit = tcp ? LONGEST_TCP : query.udpSize();
        CompletableFuture<byte[]> answer;
        try {
            answer = respond(query, tcp, limit);
        } catch (RuntimeException e) {
            log.warn("a question for {} could not be answered", query.question().name(), e);
            answer = CompletableFuture.completedFuture(write(query, Answer.of(Rcode.SERVFAIL), limit));
        }
        return answer.thenApply(bytes -> {
            metrics.answered(query.question(), tcp, bytes, System.nanoTime() - start);
            return Optional.of(bytes);
        });
    }

    private CompletableFuture<byte[]> respond(Query query, boolean tcp, int limit) {
        Question question = query.question();
        if (query.ednsVersion() != 0) {
            return CompletableFuture.completedFuture(write(query, Answer.of(Rcode.BADVERS), limit));
        }
        if (question.dnsClass() != Type.CLASS_IN || question.type() == Type.AXFR || question.type() == Type.IXFR) {
            return CompletableFuture.completedFuture(write(query, Answer.of(Rcode.REFUSED), limit));
        }
        Optional<Answer> own = zone.answer(question);
        if (own.isEmpty()) {
            return upstreams
                    .ask(query, tcp)
                    .thenApply(found -> found.map(
                                    bytes -> bytes.length > limit ? Message.truncate(bytes, query) : bytes)
                            .orElseGet(() -> write(query, Answer.of(Rcode.SERVFAIL), limit)));
        }
        if (!ready.getAsBoolean()) {
            return CompletableFuture.completedFuture(write(query, Answer.of(Rcode.SERVFAIL), limit));
        }
        return withAliases(query, own.get()).thenApply(answer -> write(query, answer, limit));
    }

    /// Appends what an alias leads to, as far as it can be found.
    private CompletableFuture<Answer> withAliases(Query query, Answer answer) {
        Question question = query.question();
        List<ResourceRecord> records = new ArrayList<>(answer.answers());
        Optional<String> next = alias(records);
        if (next.isEmpty() || question.type() == Type.CNAME || question.type() == Type.ANY) {
            return CompletableFuture.completedFuture(answer);
        }
        for (int i = 0; i < MOST_ALIASES && next.isPresent(); i++) {
            var further = new Question(next.get(), question.type(), question.dnsClass());
            Optional<Answer> inside = zone.answer(further);
            if (inside.isEmpty()) {
                // By TCP if need be: nobody else could ask again for what is cut off here.
                return upstreams.ask(QueryWriter.query(further), true).thenApply(found -> {
                    found.ifPresent(bytes -> records.addAll(Message.answers(bytes)));
                    return new Answer(answer.code(), true, records, List.of(), List.of());
                });
            }
            records.addAll(inside.get().answers());
            next = alias(inside.get().answers());
        }
        return CompletableFuture.completedFuture(new Answer(answer.code(), true, records, List.of(), List.of()));
    }

    private static Optional<String> alias(List<ResourceRecord> records) {
        return records.stream()
                .map(ResourceRecord::data)
                .filter(data -> data.type() == Type.CNAME)
                .map(data -> ((ResourceRecord.Pointer) data).target())
                .findFirst();
    }

    private static byte[] write(Query query, Answer answer, int limit) {
        try {
            return MessageWriter.write(query, answer, limit);
        } catch (IllegalArgumentException _) {
            return MessageWriter.write(query, Answer.of(Rcode.SERVFAIL), limit);
        }
    }
}
