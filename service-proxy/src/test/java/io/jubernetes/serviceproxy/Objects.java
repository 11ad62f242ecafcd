package io.jubernetes.serviceproxy;

import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceBuilder;
import io.fabric8.kubernetes.api.model.ServicePort;
import io.fabric8.kubernetes.api.model.ServicePortBuilder;
import io.fabric8.kubernetes.api.model.ServiceSpecBuilder;
import io.fabric8.kubernetes.api.model.discovery.v1.Endpoint;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointBuilder;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointPort;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointPortBuilder;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSliceBuilder;
import io.jubernetes.serviceproxy.rules.IpFamily;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;

/// Short builders for the objects the proxy reads.
public final class Objects {
    public static final String NODE = "node-1";
    public static final String OTHER_NODE = "node-2";

    private Objects() {}

    public static Service service(String name, String clusterIp, ServicePort... ports) {
        return service(name, clusterIp, spec -> spec, ports);
    }

    public static Service service(
            String name, String clusterIp, UnaryOperator<ServiceSpecBuilder> more, ServicePort... ports) {
        var spec = new ServiceSpecBuilder()
                .withClusterIP(clusterIp)
                .withClusterIPs(clusterIp.isEmpty() ? List.of() : List.of(clusterIp))
                .withPorts(Arrays.asList(ports));
        return new ServiceBuilder()
                .withNewMetadata()
                .withNamespace("default")
                .withName(name)
                .endMetadata()
                .withSpec(more.apply(spec).build())
                .build();
    }

    public static ServicePort port(String name, int number) {
        return new ServicePortBuilder()
                .withName(name)
                .withPort(number)
                .withProtocol("TCP")
                .build();
    }

    public static ServicePort nodePort(String name, int number, int nodePort) {
        return new ServicePortBuilder(port(name, number)).withNodePort(nodePort).build();
    }

    public static ServicePort udp(String name, int number) {
        return new ServicePortBuilder(port(name, number)).withProtocol("UDP").build();
    }

    public static EndpointSlice slice(String service, EndpointPort port, Endpoint... endpoints) {
        return slice(service, service + "-1", List.of(port), endpoints);
    }

    public static EndpointSlice slice(String service, String name, List<EndpointPort> ports, Endpoint... endpoints) {
        boolean v6 = endpoints.length > 0
                && IpFamily.IPV6.has(endpoints[0].getAddresses().getFirst());
        return new EndpointSliceBuilder()
                .withNewMetadata()
                .withNamespace("default")
                .withName(name)
                .addToLabels("kubernetes.io/service-name", service)
                .endMetadata()
                .withAddressType(v6 ? "IPv6" : "IPv4")
                .withPorts(ports)
                .withEndpoints(endpoints)
                .build();
    }

    public static EndpointPort at(String name, int number) {
        return new EndpointPortBuilder()
                .withName(name)
                .withPort(number)
                .withProtocol("TCP")
                .build();
    }

    public static EndpointPort atUdp(String name, int number) {
        return new EndpointPortBuilder(at(name, number)).withProtocol("UDP").build();
    }

    public static Endpoint ready(String address) {
        return endpoint(address, NODE, true, true, false);
    }

    public static Endpoint readyElsewhere(String address) {
        return endpoint(address, OTHER_NODE, true, true, false);
    }

    public static Endpoint unready(String address) {
        return endpoint(address, NODE, false, false, false);
    }

    public static Endpoint terminating(String address, boolean serving) {
        return endpoint(address, NODE, false, serving, true);
    }

    /// A ready endpoint on another node that is meant for the clients of a node and of a zone.
    public static Endpoint hinted(String address, String node, String zone) {
        return new EndpointBuilder(readyElsewhere(address))
                .withNewHints()
                .addNewForNode(node)
                .addNewForZone(zone)
                .endHints()
                .build();
    }

    public static Endpoint named(String address, String hostname) {
        return new EndpointBuilder(ready(address)).withHostname(hostname).build();
    }

    public static Endpoint endpoint(String address, String node, boolean ready, boolean serving, boolean terminating) {
        return new EndpointBuilder()
                .withAddresses(address)
                .withNodeName(node)
                .withNewConditions()
                .withReady(ready)
                .withServing(serving)
                .withTerminating(terminating)
                .endConditions()
                .build();
    }
}
