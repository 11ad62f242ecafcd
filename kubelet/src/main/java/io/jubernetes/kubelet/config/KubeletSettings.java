package io.jubernetes.kubelet.config;

import io.jubernetes.kubelet.network.Cidr;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// How a kubelet is set up. The defaults are on the command's flags.
///
/// @param nodeName the node's name in the cluster
/// @param nodeIps its addresses, the first being the one that counts
/// @param rootDirectory where pods' files are kept
/// @param clusterDns addresses of the cluster's name servers
/// @param clusterDomain such as `cluster.local`
/// @param clusterCidr addresses of all pods of the cluster
/// @param podCidr addresses of this node's pods; empty for what the API says, else any free ones
/// @param resolvConf the file with the machine's name servers; empty for none
/// @param maxPods the most pods this node takes
/// @param nodeLabels labels of the node in addition to the usual ones
/// @param taints of a new node, as `key=value:effect`
/// @param registerNode whether to create the Node object
/// @param seccompDefault whether pods that say nothing get the engine's seccomp profile
/// @param cgroupRoot the parent of all containers' cgroups; empty for the engine's own choice
/// @param statusInterval how often the node's status is looked at
/// @param policies how the node looks after itself
/// @param staticPods a file or directory with manifests of static pods; empty for none
public record KubeletSettings(
        String nodeName,
        List<String> nodeIps,
        Path rootDirectory,
        List<String> clusterDns,
        String clusterDomain,
        Cidr clusterCidr,
        Optional<Cidr> podCidr,
        Optional<Path> resolvConf,
        int maxPods,
        Map<String, String> nodeLabels,
        List<String> taints,
        boolean registerNode,
        boolean seccompDefault,
        String cgroupRoot,
        Duration statusInterval,
        Optional<Path> staticPods,
        String providerId,
        NodePolicies policies) {
    public KubeletSettings {
        nodeIps = List.copyOf(nodeIps);
        clusterDns = List.copyOf(clusterDns);
        nodeLabels = Map.copyOf(nodeLabels);
        taints = List.copyOf(taints);
    }
}
