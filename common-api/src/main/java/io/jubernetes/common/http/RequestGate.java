package io.jubernetes.common.http;

import org.springframework.http.server.reactive.ServerHttpRequest;
import reactor.core.publisher.Mono;

/// Decides whether a request may read a service's own endpoints.
@FunctionalInterface
public interface RequestGate {
    /// The three answers.
    enum Verdict {
        ALLOWED,
        UNAUTHENTICATED,
        FORBIDDEN
    }

    /// @param verb lower-case request verb, `get` and the like
    /// @param path the non-resource path
    Mono<Verdict> check(ServerHttpRequest request, String verb, String path);
}
