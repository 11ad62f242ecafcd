package io.jubernetes.apiserver.authn;

import io.jubernetes.apiserver.authn.Authentication.Anonymous;
import io.jubernetes.apiserver.request.UserInfo;
import java.io.IOException;
import java.time.InstantSource;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// An [AuthenticationConfiguration] that can be exchanged while requests are served. Thread-safe.
public final class ReloadedConfiguration implements TokenAuthenticator {
    private final InstantSource clock;
    private volatile AuthenticationConfiguration current;

    /// @throws IOException when something is wrong; the message says what
    public ReloadedConfiguration(byte[] yaml, InstantSource clock) throws IOException {
        this.clock = clock;
        current = AuthenticationConfiguration.parse(yaml, clock);
    }

    /// Takes over another configuration; a wrong one changes nothing.
    ///
    /// @throws IOException when something is wrong; the message says what
    public void use(byte[] yaml) throws IOException {
        current = AuthenticationConfiguration.parse(yaml, clock);
    }

    /// What it says of anonymous requests now; null when it says nothing.
    public @Nullable Anonymous anonymous() {
        return current.anonymous();
    }

    @Override
    public Optional<UserInfo> authenticate(String token) {
        return Authentication.first(current.issuers(), token);
    }
}
