package io.jubernetes.common.http;

import java.time.Duration;

/// Where a service listens.
///
/// @param bindAddress an IP address, `0.0.0.0` or `::` for all
/// @param port 0 for any free one
/// @param portFlag the flag a user would change when the port is taken, for the error message
/// @param drain how long requests may take to finish when the server stops; zero cuts them off at once
public record ServerSettings(String bindAddress, int port, String portFlag, ServerTls tls, Duration drain) {
    /// Of a server whose requests nobody waits for when it stops.
    public ServerSettings(String bindAddress, int port, String portFlag, ServerTls tls) {
        this(bindAddress, port, portFlag, tls, Duration.ZERO);
    }
}
