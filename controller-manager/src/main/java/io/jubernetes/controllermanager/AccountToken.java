package io.jubernetes.controllermanager;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.http.BasicBuilder;
import io.fabric8.kubernetes.client.http.HttpRequest;
import io.fabric8.kubernetes.client.http.HttpResponse;
import io.fabric8.kubernetes.client.http.Interceptor;
import io.jubernetes.common.codec.Json;
import io.jubernetes.common.controller.RawApi;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/// The token of one service account of `kube-system`, put on every request. It is asked for at the first request
/// and again when a fifth of its time is left or the server does not take it; the account is made when there is
/// none. Thread-safe; a request waits while a token is fetched.
final class AccountToken implements Interceptor {
    private static final String ACCOUNTS = "/api/v1/namespaces/kube-system/serviceaccounts";
    private static final Duration LIFETIME = Duration.ofHours(1);

    private record Token(String text, Instant refreshAt) {}

    private final RawApi manager;
    private final String account;
    private final Clock clock;
    private final ReentrantLock lock = new ReentrantLock();
    private volatile @Nullable Token token; // written under the lock

    /// @param manager acts as the controller manager itself, which may make accounts and tokens
    AccountToken(RawApi manager, String account, Clock clock) {
        this.manager = manager;
        this.account = account;
        this.clock = clock;
    }

    @Override
    public void before(BasicBuilder builder, HttpRequest request, RequestTags tags) {
        builder.setHeader("Authorization", "Bearer " + current());
    }

    @Override
    public CompletableFuture<Boolean> afterFailure(
            HttpRequest.Builder builder, HttpResponse<?> response, RequestTags tags) {
        if (response.code() == 401) {
            token = null;
        }
        return CompletableFuture.completedFuture(false);
    }

    String current() {
        Token there = token;
        Instant now = clock.instant();
        if (there != null && now.isBefore(there.refreshAt())) {
            return there.text();
        }
        lock.lock();
        try {
            there = token;
            if (there == null || !now.isBefore(there.refreshAt())) {
                there = fetch();
                token = there;
            }
            return there.text();
        } finally {
            lock.unlock();
        }
    }

    private Token fetch() {
        var request =
                Json.object().put("apiVersion", "authentication.k8s.io/v1").put("kind", "TokenRequest");
        request.putObject("spec").put("expirationSeconds", LIFETIME.toSeconds());
        JsonNode answer;
        try {
            answer = manager.post(ACCOUNTS + "/" + account + "/token", request);
        } catch (KubernetesClientException e) {
            if (e.getCode() != 404) {
                throw e;
            }
            makeAccount();
            answer = manager.post(ACCOUNTS + "/" + account + "/token", request);
        }
        JsonNode status = answer.path("status");
        return new Token(status.path("token").asText(), refreshAt(status));
    }

    private Instant refreshAt(JsonNode status) {
        Instant now = clock.instant();
        try {
            Instant end = Instant.parse(status.path("expirationTimestamp").asText());
            return now.plus(Duration.between(now, end).multipliedBy(4).dividedBy(5));
        } catch (DateTimeParseException e) {
            return now.plus(LIFETIME.dividedBy(2));
        }
    }

    private void makeAccount() {
        var object = Json.object().put("apiVersion", "v1").put("kind", "ServiceAccount");
        object.putObject("metadata").put("name", account).put("namespace", "kube-system");
        try {
            manager.post(ACCOUNTS, object);
        } catch (KubernetesClientException e) {
            // Another replica was faster.
            if (e.getCode() != 409) {
                throw e;
            }
        }
    }
}
