package io.jubernetes.apiserver.http;

import io.jubernetes.apiserver.request.RequestContext;
import io.jubernetes.apiserver.resource.ApiResource;
import org.jspecify.annotations.Nullable;
import org.springframework.http.server.reactive.ServerHttpRequest;

/// One authenticated and authorized request with its body.
///
/// @param contentType of the body; null when it names none
record Call(
        RequestContext context,
        ServerHttpRequest request,
        Query query,
        byte[] body,
        @Nullable String contentType) {
    @Nullable
    String header(String name) {
        return request.getHeaders().getFirst(name);
    }

    /// The form the client wants an answer about a resource in.
    MediaFormat format(ApiResource resource, boolean watch) {
        return MediaFormat.of(header("Accept"), query.flag("pretty"), watch, resource);
    }

    /// The form the client wants a document in that is no resource.
    MediaFormat format() {
        return MediaFormat.of(header("Accept"), query.flag("pretty"), false, null);
    }
}
