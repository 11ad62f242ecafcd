package io.jubernetes.controllermanager.cloud;

import io.fabric8.kubernetes.api.model.LoadBalancerIngress;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeAddress;
import io.fabric8.kubernetes.api.model.Service;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// A place where clusters run. An implementation is found by its [Factory] as a [java.util.ServiceLoader] service. Its
/// methods may block and are called by several threads; an [IOException] means to try again later.
public interface CloudProvider {
    /// Makes providers; has a constructor without parameters.
    interface Factory {
        /// The name for `--cloud-provider`.
        String name();

        /// @param settings of `--cloud-config`, pairs of a name and a value
        /// @throws IllegalArgumentException when a setting is wrong; the message is for users
        CloudProvider create(Map<String, String> settings);
    }

    /// What is known of a node's machine.
    ///
    /// @param providerId names the machine for good, such as `local:///a`
    /// @param labels to be put on the node, such as its zone
    record Machine(
            String providerId,
            String instanceType,
            String zone,
            String region,
            List<NodeAddress> addresses,
            Map<String, String> labels) {}

    /// Machines behind nodes; empty when the place knows none.
    default Optional<Machines> machines() {
        return Optional.empty();
    }

    /// Load balancers; empty when the place has none.
    default Optional<LoadBalancers> loadBalancers() {
        return Optional.empty();
    }

    /// Routes between nodes' pod ranges; empty when the place needs none.
    default Optional<Routes> routes() {
        return Optional.empty();
    }

    /// Machines behind nodes.
    interface Machines {
        boolean exists(Node node) throws IOException;

        boolean isShutDown(Node node) throws IOException;

        Machine describe(Node node) throws IOException;
    }

    /// Load balancers of Services.
    interface LoadBalancers {
        /// Makes or changes a Service's load balancer.
        ///
        /// @param services all Services there are, of which some have addresses already
        /// @return where it is reached
        List<LoadBalancerIngress> ensure(Service service, List<Node> nodes, List<Service> services) throws IOException;

        /// Removes it; one that is not there is fine.
        void delete(Service service) throws IOException;
    }

    /// Routes between nodes' pod ranges.
    interface Routes {
        /// @param to the address of the node that has the range
        record Route(String to, String range) {}

        List<Route> list() throws IOException;

        /// @param node the one the packets go to
        void create(Route route, Node node) throws IOException;

        void delete(Route route) throws IOException;
    }
}
