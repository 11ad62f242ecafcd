package io.jubernetes.serviceproxy.rules;

import io.fabric8.kubernetes.api.model.LoadBalancerIngress;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServicePort;
import io.fabric8.kubernetes.api.model.ServiceSpec;
import io.fabric8.kubernetes.api.model.discovery.v1.Endpoint;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Turns one Service and its EndpointSlices into rules. Headless Services, ExternalName Services and those
/// another proxy takes care of have none.
public final class ServiceRules {
    /// A Service with this label is left to the proxy it names.
    public static final String OTHER_PROXY = "service.kubernetes.io/service-proxy-name";

    private static final int DEFAULT_AFFINITY_SECONDS = 10_800;
    private static final String LOCAL = "Local";

    private ServiceRules() {}

    /// The rules of a Service.
    ///
    /// @param slices all EndpointSlices that carry the Service's name
    /// @param locality where the rules are for
    public static List<ServiceRule> of(Service service, Collection<EndpointSlice> slices, Locality locality) {
        ServiceSpec spec = service.getSpec();
        if (spec == null
                || "ExternalName".equals(spec.getType())
                || labels(service).containsKey(OTHER_PROXY)
                || isHeadless(spec)) {
            return List.of();
        }
        var rules = new ArrayList<ServiceRule>();
        for (String clusterIp : clusterIps(spec)) {
            Optional<IpFamily> family = IpFamily.of(clusterIp);
            if (family.isPresent()) {
                for (ServicePort port : spec.getPorts()) {
                    Protocol.of(port.getProtocol())
                            .map(protocol -> rule(service, clusterIp, family.get(), port, protocol, slices, locality))
                            .ifPresent(rules::add);
                }
            }
        }
        return List.copyOf(rules);
    }

    /// How many of a Service's ready endpoints are on this machine, which load balancers ask about.
    public static int readyEndpointsHere(Collection<EndpointSlice> slices, Locality locality) {
        return (int) ready(slices)
                .filter(endpoint -> locality.nodes().contains(Objects.requireNonNullElse(endpoint.getNodeName(), "")))
                .flatMap(endpoint -> endpoint.getAddresses().stream().limit(1))
                .distinct()
                .count();
    }

    /// The nodes that have a ready endpoint of a Service.
    public static Set<String> nodesWithReadyEndpoints(Collection<EndpointSlice> slices) {
        return ready(slices)
                .map(Endpoint::getNodeName)
                .filter(Objects::nonNull)
                .collect(Collectors.toUnmodifiableSet());
    }

    private static Stream<Endpoint> ready(Collection<EndpointSlice> slices) {
        return slices.stream()
                .flatMap(slice -> orEmpty(slice.getEndpoints()).stream())
                .filter(endpoint -> endpoint.getConditions() == null
                        || !Boolean.FALSE.equals(endpoint.getConditions().getReady()));
    }

    /// The endpoints of one port of a Service on all nodes, for a proxy that needs no address of the Service.
    public static List<Target> endpoints(ServicePort port, Collection<EndpointSlice> slices) {
        String name = Objects.requireNonNullElse(port.getName(), "");
        var targets = new ArrayList<Target>();
        Protocol.of(port.getProtocol()).ifPresent(protocol -> {
            for (IpFamily family : IpFamily.values()) {
                targets.addAll(TargetSelection.of(slices, family, name, protocol, new Locality(java.util.Set.of(), ""))
                        .everywhere());
            }
        });
        return List.copyOf(targets);
    }

    /// Whether a Service has no address of its own.
    public static boolean isHeadless(ServiceSpec spec) {
        String ip = spec.getClusterIP();
        return ip == null || ip.isEmpty() || ip.equals("None");
    }

    /// The Service's own addresses, one a family at most.
    public static List<String> clusterIps(ServiceSpec spec) {
        if (isHeadless(spec)) {
            return List.of();
        }
        List<String> all = spec.getClusterIPs();
        return all == null || all.isEmpty() ? List.of(spec.getClusterIP()) : List.copyOf(all);
    }

    private static ServiceRule rule(
            Service service,
            String clusterIp,
            IpFamily family,
            ServicePort port,
            Protocol protocol,
            Collection<EndpointSlice> slices,
            Locality locality) {
        ServiceSpec spec = service.getSpec();
        boolean internalLocal = LOCAL.equals(spec.getInternalTrafficPolicy());
        boolean externalLocal = LOCAL.equals(spec.getExternalTrafficPolicy());
        String portName = Objects.requireNonNullElse(port.getName(), "");
        var selection = TargetSelection.of(slices, family, portName, protocol, locality);
        return new ServiceRule(
                new RuleName(
                        service.getMetadata().getNamespace(),
                        service.getMetadata().getName(),
                        portName,
                        protocol,
                        family),
                clusterIp,
                port.getPort(),
                number(port.getNodePort()),
                externalIps(spec, family),
                loadBalancerIps(service, family),
                ofFamily(spec.getLoadBalancerSourceRanges(), family),
                affinity(spec),
                internalLocal,
                externalLocal,
                externalLocal ? number(spec.getHealthCheckNodePort()) : 0,
                selection.everywhere(),
                internalLocal || externalLocal ? selection.here() : List.of());
    }

    private static Optional<Duration> affinity(ServiceSpec spec) {
        if (!"ClientIP".equals(spec.getSessionAffinity())) {
            return Optional.empty();
        }
        var config = spec.getSessionAffinityConfig();
        Integer seconds = config == null || config.getClientIP() == null
                ? null
                : config.getClientIP().getTimeoutSeconds();
        return Optional.of(Duration.ofSeconds(seconds == null ? DEFAULT_AFFINITY_SECONDS : seconds));
    }

    private static List<String> externalIps(ServiceSpec spec, IpFamily family) {
        return orEmpty(spec.getExternalIPs()).stream()
                .filter(family::has)
                .distinct()
                .sorted()
                .toList();
    }

    private static List<String> loadBalancerIps(Service service, IpFamily family) {
        var status = service.getStatus();
        if (status == null || status.getLoadBalancer() == null) {
            return List.of();
        }
        // "Proxy" means that the load balancer must stay in the way of clients inside, too.
        return orEmpty(status.getLoadBalancer().getIngress()).stream()
                .filter(ingress -> ingress.getIp() != null && !"Proxy".equals(ingress.getIpMode()))
                .map(LoadBalancerIngress::getIp)
                .filter(family::has)
                .distinct()
                .sorted()
                .toList();
    }

    private static List<String> ofFamily(@Nullable List<String> ranges, IpFamily family) {
        return orEmpty(ranges).stream()
                .map(String::strip)
                .filter(family::hasRange)
                .distinct()
                .sorted()
                .toList();
    }

    private static int number(@Nullable Integer value) {
        return value == null ? 0 : value;
    }

    private static <T> List<T> orEmpty(@Nullable List<T> list) {
        return list == null ? List.of() : list;
    }

    private static Map<String, String> labels(Service service) {
        Map<String, String> labels = service.getMetadata().getLabels();
        return labels == null ? Map.of() : labels;
    }
}
