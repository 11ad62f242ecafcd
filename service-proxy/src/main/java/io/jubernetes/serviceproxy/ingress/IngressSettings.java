package io.jubernetes.serviceproxy.ingress;

import java.util.List;

/// How Ingresses are served.
///
/// @param program the HAProxy to run
/// @param address where it listens, `*` for everywhere
/// @param httpPort for plain HTTP
/// @param httpsPort for TLS, used while there are certificates
/// @param published what the Ingresses' status says; the same on all nodes that serve them
public record IngressSettings(String program, String address, int httpPort, int httpsPort, List<String> published) {
    public IngressSettings {
        published = List.copyOf(published);
    }
}
