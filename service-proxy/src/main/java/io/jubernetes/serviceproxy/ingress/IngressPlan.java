package io.jubernetes.serviceproxy.ingress;

import io.jubernetes.serviceproxy.rules.Target;
import java.util.List;
import java.util.Map;

/// What a reverse proxy is to do: which requests go where, and by which certificates it proves who it is. Lists are
/// sorted, so that equal situations give equal plans.
///
/// @param routes no two for the same host, path and kind of match
/// @param backends the endpoints of each backend that is named by a route
/// @param certificates what TLS clients may be shown
record IngressPlan(List<Route> routes, Map<String, List<Target>> backends, List<Certificate> certificates) {
    static final IngressPlan EMPTY = new IngressPlan(List.of(), Map.of(), List.of());

    /// Requests and where they go.
    ///
    /// @param host in lower case; `*.` at the beginning stands for one label; empty for hosts that no route names
    /// @param path begins with a slash
    /// @param exact whether the path must be equal; otherwise whole elements at its beginning must
    record Route(String host, String path, boolean exact, String backend) {}

    /// A certificate and its key, one PEM text.
    ///
    /// @param hosts for which server names it is shown
    record Certificate(String name, String pem, List<String> hosts) {
        Certificate {
            hosts = List.copyOf(hosts);
        }

        @Override
        public String toString() {
            return name; // the key is nobody's business
        }
    }

    IngressPlan {
        routes = List.copyOf(routes);
        backends = Map.copyOf(backends);
        certificates = List.copyOf(certificates);
    }
}
