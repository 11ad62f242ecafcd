package io.jubernetes.apiserver.http;

import io.jubernetes.apiserver.request.RequestContext;
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

    /// The form the client wants.
    MediaFormat format(boolean watch) {
        boolean pretty = query.has("pretty") && query.flag("pretty");
        return MediaFormat.of(header("Accept"), pretty, watch);
    }
}
