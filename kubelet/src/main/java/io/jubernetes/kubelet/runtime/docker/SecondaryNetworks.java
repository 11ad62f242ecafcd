package io.jubernetes.kubelet.runtime.docker;

import com.github.dockerjava.api.command.InspectContainerResponse;
import com.github.dockerjava.api.model.Network;
import io.jubernetes.kubelet.network.Command;
import io.jubernetes.kubelet.runtime.RuntimeFailure;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/// Puts sandboxes on further Docker networks, such as `macvlan` and `ipvlan` ones that reach a network of the machine.
/// Who made a network says by a label that pods may use it; otherwise a pod could enter whatever there is.
final class SecondaryNetworks {
    static final String LABEL = "jubernetes.io/secondary-network";

    private static final Duration LIMIT = Duration.ofSeconds(10);

    private final DockerEngine engine;

    SecondaryNetworks(DockerEngine engine) {
        this.engine = engine;
    }

    /// Connects a sandbox that does not run yet.
    ///
    /// @throws RuntimeFailure when there is no such network, or not for pods
    void connect(String sandbox, List<String> networks) throws RuntimeFailure {
        for (String name : networks) {
            Network network = engine.call(
                    client -> client.inspectNetworkCmd().withNetworkId(name).exec());
            Map<String, String> labels = network.getLabels();
            if (labels == null || !"true".equals(labels.get(LABEL))) {
                throw new RuntimeFailure.Refused(
                        "the network " + name + " is not for pods; its owner allows it by the label " + LABEL + "=true",
                        null);
            }
            engine.run(client -> client.connectToNetworkCmd()
                    .withContainerId(sandbox)
                    .withNetworkId(network.getId())
                    .exec());
        }
    }

    /// Leads everything else over the pod network again: Docker takes the gateway of the network whose name comes
    /// first.
    void restoreDefaultRoute(InspectContainerResponse sandbox, String podNetwork) throws RuntimeFailure {
        Long pid = sandbox.getState().getPidLong();
        var networks = sandbox.getNetworkSettings().getNetworks();
        var own = networks.get(podNetwork);
        if (pid == null
                || own == null
                || own.getGateway() == null
                || own.getGateway().isEmpty()) {
            throw new RuntimeFailure.Refused("the sandbox is not on the pod network", null);
        }
        try {
            Command.run(
                            LIMIT,
                            List.of(
                                    "nsenter",
                                    "--net=/proc/" + pid + "/ns/net",
                                    "ip",
                                    "route",
                                    "replace",
                                    "default",
                                    "via",
                                    own.getGateway()))
                    .orThrow();
        } catch (IOException e) {
            throw new RuntimeFailure.Refused("cannot set the pod's default route: " + e.getMessage(), e);
        }
    }
}
