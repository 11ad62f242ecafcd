package io.jubernetes.controllermanager.endpointslice;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerPort;
import io.fabric8.kubernetes.api.model.IntOrString;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodIP;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServicePort;
import io.fabric8.kubernetes.api.model.discovery.v1.Endpoint;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointBuilder;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointPort;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointPortBuilder;
import io.jubernetes.controllermanager.workload.Labels;
import io.jubernetes.controllermanager.workload.Pods;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// What a Service's pods offer: endpoints grouped by address family and by the ports they have, which may differ
/// between pods when the Service names its target ports. Pure.
public final class ServiceEndpoints {
    private static final String ZONE = "topology.kubernetes.io/zone";

    /// Endpoints that can share slices.
    public record Group(String addressType, List<EndpointPort> ports) {}

    private ServiceEndpoints() {}

    /// Whether pods stand behind a Service by its selector.
    public static boolean isSelecting(Service service) {
        var selector = service.getSpec().getSelector();
        return selector != null
                && !selector.isEmpty()
                && !"ExternalName".equals(service.getSpec().getType());
    }

    public static boolean isHeadless(Service service) {
        return "None".equals(service.getSpec().getClusterIP());
    }

    /// The address families of a Service.
    public static List<String> addressTypes(Service service) {
        List<String> families = service.getSpec().getIpFamilies();
        if (families != null && !families.isEmpty()) {
            return families;
        }
        String ip = service.getSpec().getClusterIP();
        return List.of(ip != null && ip.contains(":") ? "IPv6" : "IPv4");
    }

    /// All endpoints of a Service.
    ///
    /// @param nodes finds a node by its name
    public static Map<Group, List<Endpoint>> of(
            Service service, List<Pod> pods, Function<String, Optional<Node>> nodes) {
        Map<Group, List<Endpoint>> groups = new LinkedHashMap<>();
        for (String type : addressTypes(service)) {
            for (Pod pod : pods) {
                if (Pods.isTerminal(pod)) {
                    continue;
                }
                List<String> addresses = addresses(pod, type);
                if (!addresses.isEmpty()) {
                    groups.computeIfAbsent(new Group(type, ports(service, pod)), _ -> new ArrayList<>())
                            .add(endpoint(service, pod, addresses, nodes));
                }
            }
        }
        return groups;
    }

    static List<String> addresses(Pod pod, String type) {
        if (pod.getStatus() == null) {
            return List.of();
        }
        List<PodIP> several = pod.getStatus().getPodIPs();
        Stream<@Nullable String> ips = several == null || several.isEmpty()
                ? Stream.of(pod.getStatus().getPodIP())
                : several.stream().map(PodIP::getIp);
        return ips.filter(Objects::nonNull)
                .map(Objects::requireNonNull)
                .filter(ip -> !ip.isEmpty() && ip.contains(":") == type.equals("IPv6"))
                .limit(1)
                .toList();
    }

    private static Endpoint endpoint(
            Service service, Pod pod, List<String> addresses, Function<String, Optional<Node>> nodes) {
        boolean serving = Pods.isReady(pod);
        boolean terminating = Pods.isTerminating(pod);
        boolean publish = Boolean.TRUE.equals(service.getSpec().getPublishNotReadyAddresses());
        String node = pod.getSpec().getNodeName();
        String zone = node == null
                ? null
                : nodes.apply(node).map(each -> Labels.of(each).get(ZONE)).orElse(null);
        var endpoint = new EndpointBuilder()
                .withAddresses(addresses)
                .withNewConditions()
                .withReady(publish || (serving && !terminating))
                .withServing(serving)
                .withTerminating(terminating)
                .endConditions()
                .withNodeName(node)
                .withZone(zone)
                .withNewTargetRef()
                .withKind("Pod")
                .withNamespace(pod.getMetadata().getNamespace())
                .withName(pod.getMetadata().getName())
                .withUid(pod.getMetadata().getUid())
                .endTargetRef();
        if (hasOwnName(service, pod)) {
            endpoint.withHostname(pod.getSpec().getHostname());
        }
        hint(service, endpoint, node, zone);
        return endpoint.build();
    }

    /// Whether the cluster's DNS gives the pod a name below the Service's.
    public static boolean hasOwnName(Service service, Pod pod) {
        String hostname = pod.getSpec().getHostname();
        return hostname != null
                && !hostname.isEmpty()
                && service.getMetadata().getName().equals(pod.getSpec().getSubdomain());
    }

    private static void hint(Service service, EndpointBuilder endpoint, @Nullable String node, @Nullable String zone) {
        String preference = service.getSpec().getTrafficDistribution();
        boolean sameNode = "PreferSameNode".equals(preference);
        boolean sameZone = sameNode || "PreferClose".equals(preference) || "PreferSameZone".equals(preference);
        if (sameZone && zone != null) {
            endpoint.editOrNewHints().addNewForZone(zone).endHints();
        }
        if (sameNode && node != null) {
            endpoint.editOrNewHints().addNewForNode(node).endHints();
        }
    }

    /// The ports under which a pod offers the Service; one whose named target port it lacks is left out.
    static List<EndpointPort> ports(Service service, Pod pod) {
        var ports = new ArrayList<EndpointPort>();
        for (ServicePort port : service.getSpec().getPorts()) {
            String protocol = Objects.requireNonNullElse(port.getProtocol(), "TCP");
            targetPort(port, protocol, pod)
                    .ifPresent(number -> ports.add(new EndpointPortBuilder()
                            .withName(port.getName() == null ? "" : port.getName())
                            .withProtocol(protocol)
                            .withPort(number)
                            .withAppProtocol(port.getAppProtocol())
                            .build()));
        }
        return List.copyOf(ports);
    }

    private static Optional<Integer> targetPort(ServicePort port, String protocol, Pod pod) {
        IntOrString target = port.getTargetPort();
        if (target == null) {
            return Optional.of(port.getPort());
        }
        if (target.getIntVal() != null) {
            return Optional.of(target.getIntVal() == 0 ? port.getPort() : target.getIntVal());
        }
        String name = target.getStrVal();
        if (name == null || name.isEmpty()) {
            return Optional.of(port.getPort());
        }
        Stream<Container> sidecars = pod.getSpec().getInitContainers().stream()
                .filter(container -> "Always".equals(container.getRestartPolicy()));
        return Stream.concat(pod.getSpec().getContainers().stream(), sidecars)
                .flatMap(container -> container.getPorts().stream())
                .filter(each -> name.equals(each.getName())
                        && protocol.equals(Objects.requireNonNullElse(each.getProtocol(), "TCP")))
                .map(ContainerPort::getContainerPort)
                .findFirst();
    }
}
