package io.jubernetes.apiserver.impersonation;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.jubernetes.apiserver.authz.Authorizer;
import io.jubernetes.apiserver.request.UserInfo;
import io.jubernetes.apiserver.resource.ApiException;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// Decides who a request acts as. Every mode that suits is tried, first the one that last worked for the sender: most
/// senders use one, and its refusal is the one that tells them what they lack. Thread-safe.
public final class Impersonation {
    private static final int REMEMBERED = 10_000;
    private static final Duration[] BUCKETS =
            IntStream.range(0, 15).mapToObj(i -> Duration.ofMillis(1L << i)).toArray(Duration[]::new);

    private final Authorizer authorizer;
    private final MeterRegistry metrics;

    /// Which mode last worked, by the sender's name.
    private final Cache<String, Mode> worked =
            Caffeine.newBuilder().maximumSize(REMEMBERED).build();

    public Impersonation(Authorizer authorizer, MeterRegistry metrics) {
        this.authorizer = authorizer;
        this.metrics = metrics;
    }

    /// Who a request acts as.
    ///
    /// @param constraint the verb that allowed it; empty for the old one
    public record Acting(UserInfo user, String constraint) {}

    /// The user the sender acts as.
    ///
    /// @param wanted as the request's headers say it; its name is not empty
    /// @param request what the sender asks for
    /// @throws ApiException (403) when no mode lets the sender
    public Acting of(UserInfo wanted, Authorizer.Attributes request) {
        String sender = request.user().name();
        @Nullable ApiException refusal = null;
        for (Mode mode : order(sender)) {
            if (!mode.suits(wanted, request.user())) {
                continue;
            }
            long start = System.nanoTime();
            try {
                UserInfo user = new Permission(mode, authorizer, request).as(wanted);
                count(mode, "allowed", start);
                worked.put(sender, mode);
                return new Acting(user, mode.constrained() ? mode.verb() : "");
            } catch (ApiException e) {
                count(mode, "denied", start);
                refusal = refusal == null ? e : refusal;
            }
        }
        // The old mode suits everybody, so there was a refusal.
        throw refusal == null ? ApiException.internal("all impersonation modes failed") : refusal;
    }

    private List<Mode> order(String sender) {
        List<Mode> order = new ArrayList<>(List.of(Mode.values()));
        Mode last = worked.getIfPresent(sender);
        if (last != null) {
            order.remove(last);
            order.addFirst(last);
        }
        return order;
    }

    private void count(Mode mode, String decision, long start) {
        metrics.counter("apiserver_impersonation_attempts_total", "mode", mode.label(), "decision", decision)
                .increment();
        Timer.builder("apiserver_impersonation_attempts_duration_seconds")
                .description("Latency of impersonation attempts.")
                .serviceLevelObjectives(BUCKETS)
                .tags("mode", mode.label(), "decision", decision)
                .register(metrics)
                .record(Duration.ofNanos(System.nanoTime() - start));
    }
}
