package io.jubernetes.apiserver.authn;

import io.jubernetes.apiserver.request.UserInfo;
import io.jubernetes.common.http.ClientCertificates;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.springframework.http.server.reactive.ServerHttpRequest;

/// Finds out who sends a request: by client certificate, by bearer token, or as the anonymous user. Thread-safe.
public final class Authentication {
    private final @Nullable ClientCertificates certificates;
    private final List<TokenAuthenticator> tokens;
    private final Supplier<Anonymous> anonymous;
    private final @Nullable RequestHeaders proxies;

    /// Requests without credentials.
    ///
    /// @param enabled whether they are let through as the anonymous user
    /// @param paths on these only; empty for all
    public record Anonymous(boolean enabled, List<String> paths) {
        public Anonymous {
            paths = List.copyOf(paths);
        }

        boolean allows(String path) {
            return enabled && (paths.isEmpty() || paths.contains(path));
        }
    }

    /// @param anonymous what holds for requests without credentials now
    /// @param certificates null when no client CA is given
    /// @param proxies null when no proxy in front names users
    public Authentication(
            @Nullable ClientCertificates certificates,
            @Nullable RequestHeaders proxies,
            List<TokenAuthenticator> tokens,
            Supplier<Anonymous> anonymous) {
        this.certificates = certificates;
        this.proxies = proxies;
        this.tokens = List.copyOf(tokens);
        this.anonymous = anonymous;
    }

    /// The request's user; empty when it is refused. Wrong credentials are refused even where anonymous requests are
    /// not.
    public Optional<UserInfo> authenticate(ServerHttpRequest request) {
        Optional<UserInfo> named = proxies == null ? Optional.empty() : proxies.authenticate(request);
        if (named.isPresent()) {
            return named;
        }
        X509Certificate[] chain = ClientCertificates.presented(request);
        if (chain != null && certificates != null) {
            Optional<UserInfo> user = certificates.verify(chain).map(subject -> {
                List<String> groups = new ArrayList<>(subject.organizations());
                groups.add(UserInfo.AUTHENTICATED_GROUP);
                return new UserInfo(subject.commonName(), "", groups, Map.of());
            });
            if (user.isPresent()) {
                return user;
            }
        }
        String token = bearerToken(request);
        if (token != null) {
            return token(token);
        }
        boolean wrongCertificate = chain != null && certificates != null;
        return anonymous.get().allows(request.getURI().getPath()) && !wrongCertificate
                ? Optional.of(UserInfo.anonymous())
                : Optional.empty();
    }

    /// The user a token stands for.
    public Optional<UserInfo> token(String token) {
        return first(tokens, token);
    }

    /// The user of the first authenticator that knows a token.
    static Optional<UserInfo> first(List<TokenAuthenticator> authenticators, String token) {
        for (TokenAuthenticator authenticator : authenticators) {
            Optional<UserInfo> user = authenticator.authenticate(token);
            if (user.isPresent()) {
                return user;
            }
        }
        return Optional.empty();
    }

    private static @Nullable String bearerToken(ServerHttpRequest request) {
        String header = request.getHeaders().getFirst("Authorization");
        if (header != null && header.regionMatches(true, 0, "Bearer ", 0, 7)) {
            String token = header.substring(7).strip();
            return token.isEmpty() ? null : token;
        }
        // Browsers and WebSocket clients that cannot set a header send the token as a subprotocol.
        String prefix = "base64url.bearer.authorization.k8s.io.";
        for (String protocols : request.getHeaders().getOrEmpty("Sec-WebSocket-Protocol")) {
            for (String protocol : protocols.split(",")) {
                if (protocol.strip().startsWith(prefix)) {
                    byte[] token = java.util.Base64.getUrlDecoder()
                            .decode(protocol.strip().substring(prefix.length()));
                    return new String(token, java.nio.charset.StandardCharsets.UTF_8);
                }
            }
        }
        return null;
    }
}
