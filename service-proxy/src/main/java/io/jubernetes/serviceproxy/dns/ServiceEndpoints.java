package io.jubernetes.serviceproxy.dns;

import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServicePort;
import io.fabric8.kubernetes.api.model.discovery.v1.Endpoint;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointPort;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.jubernetes.serviceproxy.rules.Protocol;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Objects;

/// Reads a Service's endpoints as DNS sees them.
final class ServiceEndpoints {
    /// One address of an endpoint.
    ///
    /// @param host the endpoint's label below the Service's name: its host name, else its address with dashes
    record Entry(String host, String address, List<EndpointPort> ports) {
        /// The endpoint's number for a port of the Service; 0 for none.
        int port(ServicePort port) {
            String name = Objects.requireNonNullElse(port.getName(), "");
            for (EndpointPort each : ports) {
                if (Objects.requireNonNullElse(each.getName(), "").equals(name)
                        && Protocol.of(each.getProtocol()).equals(Protocol.of(port.getProtocol()))
                        && each.getPort() != null) {
                    return each.getPort();
                }
            }
            return 0;
        }
    }

    private ServiceEndpoints() {}

    /// The endpoints that have names: the ready ones, or all when the Service publishes addresses that are not ready.
    static List<Entry> of(Service service, Collection<EndpointSlice> slices) {
        boolean all = Boolean.TRUE.equals(service.getSpec().getPublishNotReadyAddresses());
        var entries = new ArrayList<Entry>();
        for (EndpointSlice slice : slices) {
            List<EndpointPort> ports = slice.getPorts() == null ? List.of() : slice.getPorts();
            for (Endpoint endpoint : endpoints(slice)) {
                var conditions = endpoint.getConditions();
                boolean ready = conditions == null || !Boolean.FALSE.equals(conditions.getReady());
                if (ready || all) {
                    for (String address : orEmpty(endpoint.getAddresses())) {
                        entries.add(new Entry(host(endpoint, address), address, ports));
                    }
                }
            }
        }
        return entries;
    }

    private static String host(Endpoint endpoint, String address) {
        String name = endpoint.getHostname();
        return name == null || name.isEmpty()
                ? address.replace('.', '-').replace(':', '-')
                : name.toLowerCase(Locale.ROOT);
    }

    /// The addresses in a slice, for an index.
    static List<String> addresses(EndpointSlice slice) {
        var found = new ArrayList<String>();
        for (Endpoint endpoint : endpoints(slice)) {
            orEmpty(endpoint.getAddresses()).forEach(address -> found.add(ReverseName.normal(address)));
        }
        return found;
    }

    private static List<Endpoint> endpoints(EndpointSlice slice) {
        return orEmpty(slice.getEndpoints());
    }

    private static <T> List<T> orEmpty(@org.jspecify.annotations.Nullable List<T> list) {
        return list == null ? List.of() : list;
    }
}
