package io.jubernetes.kubelet.volume;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.storage.TokenRequest;
import io.jubernetes.common.codec.Json;
import io.jubernetes.kubelet.cluster.ClusterFailure;
import io.jubernetes.kubelet.cluster.ClusterObjects;
import io.jubernetes.kubelet.cluster.ClusterObjects.BoundPod;
import io.jubernetes.kubelet.cluster.ClusterObjects.Token;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/// Service account tokens of pods, kept until it is time for the next. Thread-safe.
final class Tokens {
    private static final Duration DEFAULT_LIFETIME = Duration.ofHours(1);
    private static final Duration LONGEST_USE = Duration.ofHours(24);

    private final ClusterObjects objects;
    private final Clock clock;
    private final Map<Key, Token> issued = new ConcurrentHashMap<>();

    private record Key(String podUid, String account, String audience, Duration lifetime) {}

    Tokens(ClusterObjects objects, Clock clock) {
        this.objects = objects;
        this.clock = clock;
    }

    /// A token with a good part of its life before it. One that has nearly run out is still given when no new
    /// one can be had.
    String get(Pod pod, @Nullable String audience, @Nullable Long lifetimeSeconds) throws ClusterFailure {
        return token(pod, audience, lifetimeSeconds).value();
    }

    /// Tokens for a storage driver, as it expects them.
    ///
    /// @return a JSON object by audience
    String forDriver(Pod pod, List<TokenRequest> requests) throws ClusterFailure {
        ObjectNode all = Json.object();
        for (TokenRequest request : requests) {
            String audience = request.getAudience() == null ? "" : request.getAudience();
            Token token = token(pod, audience, request.getExpirationSeconds());
            all.putObject(audience)
                    .put("token", token.value())
                    .put("expirationTimestamp", token.expires().toString());
        }
        return Json.text(all);
    }

    private Token token(Pod pod, @Nullable String audience, @Nullable Long lifetimeSeconds) throws ClusterFailure {
        Duration lifetime = lifetimeSeconds == null ? DEFAULT_LIFETIME : Duration.ofSeconds(lifetimeSeconds);
        String account = pod.getSpec().getServiceAccountName();
        String uid = pod.getMetadata().getUid();
        String serviceAccount = account == null || account.isEmpty() ? "default" : account;
        var key = new Key(uid, serviceAccount, audience == null ? "" : audience, lifetime);
        Token known = issued.get(key);
        if (known != null && !isOld(known)) {
            return known;
        }
        try {
            Token fresh = objects.serviceAccountToken(
                    pod.getMetadata().getNamespace(),
                    serviceAccount,
                    new BoundPod(pod.getMetadata().getName(), uid),
                    audience == null || audience.isEmpty() ? null : audience,
                    lifetime);
            issued.put(key, fresh);
            return fresh;
        } catch (ClusterFailure e) {
            if (known != null && known.expires().isAfter(clock.instant())) {
                return known;
            }
            throw e;
        }
    }

    /// After four fifths of its life or a day.
    private boolean isOld(Token token) {
        Instant now = clock.instant();
        Duration life = Duration.between(token.issued(), token.expires());
        return now.isAfter(token.expires().minus(life.dividedBy(5)))
                || now.isAfter(token.issued().plus(LONGEST_USE));
    }

    void forget(String podUid) {
        issued.keySet().removeIf(key -> key.podUid().equals(podUid));
    }
}
