package io.jubernetes.apiserver.authn;

import io.jubernetes.apiserver.request.UserInfo;
import java.util.Optional;

/// Recognizes one sort of bearer tokens. Thread-safe.
@FunctionalInterface
public interface TokenAuthenticator {
    /// The token's user; empty when it is not a valid token of this sort.
    Optional<UserInfo> authenticate(String token);
}
