package io.jubernetes.common.http;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.fabric8.kubernetes.api.model.authentication.TokenReviewBuilder;
import io.fabric8.kubernetes.api.model.authentication.UserInfo;
import io.fabric8.kubernetes.api.model.authorization.v1.ResourceAttributes;
import io.fabric8.kubernetes.api.model.authorization.v1.SubjectAccessReview;
import io.fabric8.kubernetes.api.model.authorization.v1.SubjectAccessReviewBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.http.server.reactive.ServerHttpRequest;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/// Authenticates by client certificate or by a TokenReview, and authorizes by a SubjectAccessReview: the API
/// server decides, answers are kept for a short while. Thread-safe. When the API server cannot be asked, nobody
/// gets in.
public final class DelegatedAccess implements RequestGate {
    private static final Logger LOG = LoggerFactory.getLogger(DelegatedAccess.class);
    private static final Duration TOKEN_TTL = Duration.ofSeconds(10);
    private static final Duration DECISION_TTL = Duration.ofSeconds(10);
    private static final int MAX_ENTRIES = 10_000;

    private final KubernetesClient client;
    private final @Nullable ClientCertificates certificates;
    private final Executor threads = Executors.newThreadPerTaskExecutor(
            Thread.ofVirtual().name("access-", 0).factory());
    private final Scheduler scheduler = Schedulers.fromExecutor(threads);
    private final Cache<String, Optional<User>> tokens = Caffeine.newBuilder()
            .maximumSize(MAX_ENTRIES)
            .expireAfterWrite(TOKEN_TTL)
            .build();
    private final Cache<Question, Boolean> decisions = Caffeine.newBuilder()
            .maximumSize(MAX_ENTRIES)
            .expireAfterWrite(DECISION_TTL)
            .build();

    /// An authenticated caller.
    public record User(String name, @Nullable String uid, List<String> groups) {}

    private record Question(
            User user,
            String verb,
            @Nullable String path,
            @Nullable ResourceAttributes resource) {}

    /// @param certificates verifies client certificates; null to take none
    public DelegatedAccess(KubernetesClient client, @Nullable ClientCertificates certificates) {
        this.client = client;
        this.certificates = certificates;
    }

    @Override
    public Mono<Verdict> check(ServerHttpRequest request, String verb, String path) {
        return Mono.fromCallable(() -> authenticate(request)
                        .map(user -> mayAccessPath(user, verb, path) ? Verdict.ALLOWED : Verdict.FORBIDDEN)
                        .orElse(Verdict.UNAUTHENTICATED))
                .subscribeOn(scheduler);
    }

    /// Who sends the request; empty for a stranger. Blocks.
    public Optional<User> authenticate(ServerHttpRequest request) {
        X509Certificate[] chain = ClientCertificates.presented(request);
        if (chain != null && certificates != null) {
            Optional<User> user = certificates
                    .verify(chain)
                    .map(subject -> new User(subject.commonName(), null, authenticated(subject.organizations())));
            if (user.isPresent()) {
                return user;
            }
        }
        String authorization = request.getHeaders().getFirst("Authorization");
        if (authorization == null || !authorization.regionMatches(true, 0, "Bearer ", 0, 7)) {
            return Optional.empty();
        }
        return tokens.get(authorization.substring(7).trim(), this::review);
    }

    /// Whether the user may call a non-resource path. Blocks.
    public boolean mayAccessPath(User user, String verb, String path) {
        return decide(new Question(user, verb, path, null));
    }

    /// Whether the user may act on a resource. Blocks.
    public boolean mayAccess(User user, ResourceAttributes resource) {
        return decide(new Question(user, resource.getVerb(), null, resource));
    }

    private boolean decide(Question question) {
        Boolean known = decisions.getIfPresent(question);
        if (known != null) {
            return known;
        }
        try {
            var spec = new SubjectAccessReviewBuilder()
                    .withNewSpec()
                    .withUser(question.user().name())
                    .withUid(question.user().uid())
                    .withGroups(question.user().groups())
                    .withResourceAttributes(question.resource());
            SubjectAccessReview review = question.path() == null
                    ? spec.endSpec().build()
                    : spec.withNewNonResourceAttributes(question.path(), question.verb())
                            .endSpec()
                            .build();
            SubjectAccessReview answer =
                    client.authorization().v1().subjectAccessReview().create(review);
            boolean allowed = answer.getStatus() != null
                    && Boolean.TRUE.equals(answer.getStatus().getAllowed());
            decisions.put(question, allowed);
            return allowed;
        } catch (KubernetesClientException e) {
            LOG.warn("cannot ask the API server for an access review: {}", e.getMessage());
            return false;
        }
    }

    private Optional<User> review(String token) {
        try {
            var answer = client.tokenReviews()
                    .create(new TokenReviewBuilder()
                            .withNewSpec()
                            .withToken(token)
                            .endSpec()
                            .build());
            if (answer.getStatus() == null
                    || !Boolean.TRUE.equals(answer.getStatus().getAuthenticated())) {
                return Optional.empty();
            }
            UserInfo user = answer.getStatus().getUser();
            return Optional.of(new User(user.getUsername(), user.getUid(), List.copyOf(user.getGroups())));
        } catch (KubernetesClientException e) {
            LOG.warn("cannot ask the API server for a token review: {}", e.getMessage());
            return Optional.empty();
        }
    }

    private static List<String> authenticated(List<String> groups) {
        var all = new ArrayList<>(groups);
        all.add("system:authenticated");
        return List.copyOf(all);
    }
}
