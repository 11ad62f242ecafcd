package io.jubernetes.kubelet.runtime.docker;

import com.github.dockerjava.api.model.Network;
import io.jubernetes.kubelet.network.Cidr;
import io.jubernetes.kubelet.network.Iptables;
import io.jubernetes.kubelet.network.Iptables.Rule;
import io.jubernetes.kubelet.runtime.PodNetwork;
import io.jubernetes.kubelet.runtime.RuntimeFailure;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The pod network of one node: a Docker bridge network whose subnet is the node's pod CIDR, and the
/// firewall rules that make it a Kubernetes network. Docker shuts its bridges off from each other and
/// from what is forwarded, and hides every container behind the host's address; pods must reach each
/// other across nodes under their own addresses.
public final class DockerNetwork implements PodNetwork {
    private static final Logger LOG = LoggerFactory.getLogger(DockerNetwork.class);
    private static final Path DEVICES = Path.of("/sys/class/net");
    private static final String BRIDGE = "com.docker.network.bridge.";
    private static final String OVERLAP = "overlaps";

    private final DockerEngine engine;
    private final NodeInstance node;
    private final Cidr clusterCidr;
    private volatile @Nullable Cidr podCidr;

    DockerNetwork(DockerEngine engine, NodeInstance node, Cidr clusterCidr) {
        this.engine = engine;
        this.node = node;
        this.clusterCidr = clusterCidr;
    }

    @Override
    public Optional<Cidr> podCidr() {
        return Optional.ofNullable(podCidr);
    }

    @Override
    public Cidr ensure(List<Cidr> wanted) throws RuntimeFailure {
        Optional<Network> existing = find();
        Cidr cidr;
        if (existing.isPresent()) {
            Cidr has = subnet(existing.get());
            if (wanted.contains(has)) {
                cidr = has;
            } else {
                LOG.info("the pod CIDR changes from {}", has);
                remove(existing.get().getId(), has);
                cidr = create(wanted);
            }
        } else {
            cidr = create(wanted);
        }
        podCidr = cidr;
        addRules(cidr);
        return cidr;
    }

    private Optional<Network> find() throws RuntimeFailure {
        return engine
                .call(client -> client.listNetworksCmd()
                        .withNameFilter(node.networkName())
                        .exec())
                .stream()
                .filter(network -> network.getName().equals(node.networkName()))
                .findFirst();
    }

    private static Cidr subnet(Network network) {
        return network.getIpam().getConfig().stream()
                .map(Network.Ipam.Config::getSubnet)
                .filter(subnet -> !subnet.contains(":"))
                .map(Cidr::parse)
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("network " + network.getName() + " has no IPv4 subnet"));
    }

    private Cidr create(List<Cidr> candidates) throws RuntimeFailure {
        RuntimeFailure.@Nullable Refused last = null;
        for (Cidr candidate : candidates) {
            try {
                create(candidate);
                return candidate;
            } catch (RuntimeFailure.Refused e) {
                if (!e.getMessage().contains(OVERLAP)) {
                    throw e;
                }
                last = e;
            }
        }
        throw new RuntimeFailure.Refused(
                "cannot create the pod network: every subnet of " + clusterCidr
                        + " that was tried overlaps another Docker network; choose another --pod-cidr",
                last);
    }

    private void create(Cidr cidr) throws RuntimeFailure {
        Map<String, String> options = new HashMap<>();
        options.put(BRIDGE + "name", node.bridgeName());
        options.put(BRIDGE + "enable_icc", "true");
        // The source address of traffic between pods stays; what leaves the cluster is masqueraded by a rule below.
        options.put(BRIDGE + "enable_ip_masquerade", "false");
        if (apiAtLeast(48)) {
            // Since Docker 28 unpublished ports are shut to everything but the bridge itself.
            options.put(BRIDGE + "gateway_mode_ipv4", "nat-unprotected");
        }
        engine.run(client -> client.createNetworkCmd()
                .withName(node.networkName())
                .withDriver("bridge")
                .withCheckDuplicate(true)
                .withIpam(new Network.Ipam()
                        .withDriver("default")
                        .withConfig(new Network.Ipam.Config()
                                .withSubnet(cidr.toString())
                                .withGateway(cidr.first())))
                .withOptions(options)
                .withLabels(Map.of(ContainerLabels.NODE, node.label()))
                .exec());
    }

    private boolean apiAtLeast(int minor) {
        String[] parts = engine.version().apiVersion().split("\\.", 2);
        return parts.length == 2 && Integer.parseInt(parts[1]) >= minor;
    }

    private List<Rule> rules(Cidr cidr) {
        var rules = new ArrayList<Rule>();
        String comment = "jubernetes " + node.label();
        rules.add(new Rule("filter", "DOCKER-USER", comment, List.of("-s", cidr.toString(), "-j", "ACCEPT")));
        rules.add(new Rule("filter", "DOCKER-USER", comment, List.of("-d", cidr.toString(), "-j", "ACCEPT")));
        rules.add(new Rule(
                "nat",
                "POSTROUTING",
                comment,
                List.of(
                        "-s",
                        cidr.toString(),
                        "!",
                        "-d",
                        clusterCidr.toString(),
                        "!",
                        "-o",
                        node.bridgeName(),
                        "-j",
                        "MASQUERADE")));
        return rules;
    }

    private void addRules(Cidr cidr) {
        for (Rule rule : rules(cidr)) {
            try {
                Iptables.ensure(rule);
            } catch (IOException e) {
                LOG.warn("cannot add a firewall rule for the pod network: {}", e.getMessage());
            }
        }
    }

    /// Lets pods reach themselves through a Service: a bridge sends nothing back to the port it came from
    /// unless told to.
    public void allowHairpin() {
        Path ports = DEVICES.resolve(node.bridgeName()).resolve("brif");
        try (DirectoryStream<Path> all = Files.newDirectoryStream(ports)) {
            for (Path port : all) {
                Path mode = port.resolve("hairpin_mode");
                try {
                    if (Files.readString(mode).startsWith("0")) {
                        Files.writeString(mode, "1");
                    }
                } catch (IOException e) {
                    // The port of a sandbox that has just ended.
                }
            }
        } catch (IOException e) {
            LOG.debug("cannot list the ports of {}: {}", node.bridgeName(), e.toString());
        }
    }

    /// Removes the network and its rules.
    public void remove() throws RuntimeFailure {
        Optional<Network> existing = find();
        if (existing.isPresent()) {
            remove(existing.get().getId(), subnet(existing.get()));
        }
    }

    private void remove(String id, Cidr cidr) throws RuntimeFailure {
        for (Rule rule : rules(cidr)) {
            try {
                Iptables.remove(rule);
            } catch (IOException e) {
                LOG.warn("cannot remove a firewall rule of the pod network: {}", e.getMessage());
            }
        }
        try {
            engine.run(client -> client.removeNetworkCmd(id).exec());
        } catch (RuntimeFailure.NotFound e) {
            // It is gone.
        }
    }
}
