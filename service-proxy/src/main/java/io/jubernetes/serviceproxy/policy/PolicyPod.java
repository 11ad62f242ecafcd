package io.jubernetes.serviceproxy.policy;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerPort;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodIP;
import io.fabric8.kubernetes.api.model.PodStatus;
import io.jubernetes.serviceproxy.rules.IpFamily;
import io.jubernetes.serviceproxy.rules.Protocol;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/// What policies need to know of a pod that has a network of its own.
///
/// @param addresses at most one a family
/// @param here whether it runs on this machine, so that its policies are enforced here
record PolicyPod(
        String namespace,
        String name,
        Map<String, String> labels,
        List<String> addresses,
        Set<NamedPort> ports,
        boolean here) {
    private static final Set<String> ENDED = Set.of("Succeeded", "Failed");

    /// A port of a container that policies may call by its name.
    record NamedPort(String name, Protocol protocol, int number) {}

    PolicyPod {
        labels = Map.copyOf(labels);
        addresses = List.copyOf(addresses);
        ports = Set.copyOf(ports);
    }

    /// The pod as policies see it. Empty for pods that have no address of their own: those on the host's network, those
    /// without an address yet, and those that ended, whose address may be another's by now.
    ///
    /// @param nodes the nodes of this machine
    static Optional<PolicyPod> of(Pod pod, Set<String> nodes) {
        PodStatus status = pod.getStatus();
        if (Boolean.TRUE.equals(pod.getSpec().getHostNetwork())
                || status == null
                || ENDED.contains(Objects.requireNonNullElse(status.getPhase(), ""))) {
            return Optional.empty();
        }
        var addresses = new LinkedHashSet<String>();
        if (status.getPodIPs() != null) {
            status.getPodIPs().stream().map(PodIP::getIp).forEach(addresses::add);
        }
        if (status.getPodIP() != null) {
            addresses.add(status.getPodIP());
        }
        addresses.removeIf(address -> address == null || IpFamily.of(address).isEmpty());
        if (addresses.isEmpty()) {
            return Optional.empty();
        }
        Map<String, String> labels = pod.getMetadata().getLabels();
        return Optional.of(new PolicyPod(
                pod.getMetadata().getNamespace(),
                pod.getMetadata().getName(),
                labels == null ? Map.of() : labels,
                List.copyOf(addresses),
                ports(pod),
                nodes.contains(Objects.requireNonNullElse(pod.getSpec().getNodeName(), ""))));
    }

    /// Named ports of all containers; of those that run before the others, only of the ones that stay.
    private static Set<NamedPort> ports(Pod pod) {
        Stream<Container> init = pod.getSpec().getInitContainers() == null
                ? Stream.of()
                : pod.getSpec().getInitContainers().stream()
                        .filter(container -> "Always".equals(container.getRestartPolicy()));
        var ports = new LinkedHashSet<NamedPort>();
        Stream.concat(pod.getSpec().getContainers().stream(), init)
                .filter(container -> container.getPorts() != null)
                .flatMap(container -> container.getPorts().stream())
                .forEach(port -> add(port, ports));
        return ports;
    }

    private static void add(ContainerPort port, Set<NamedPort> ports) {
        if (port.getName() != null && port.getContainerPort() != null) {
            Protocol.of(port.getProtocol())
                    .ifPresent(protocol -> ports.add(new NamedPort(port.getName(), protocol, port.getContainerPort())));
        }
    }

    /// The addresses of one family.
    List<String> addresses(IpFamily family) {
        return addresses.stream().filter(family::has).toList();
    }
}
