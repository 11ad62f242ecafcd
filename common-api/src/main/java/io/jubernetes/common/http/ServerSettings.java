package io.jubernetes.common.http;

/// Where a service listens.
///
/// @param bindAddress an IP address, `0.0.0.0` or `::` for all
/// @param port 0 for any free one
/// @param portFlag the flag a user would change when the port is taken, for the error message
public record ServerSettings(String bindAddress, int port, String portFlag, ServerTls tls) {}
