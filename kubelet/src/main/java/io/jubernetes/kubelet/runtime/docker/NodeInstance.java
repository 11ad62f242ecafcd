package io.jubernetes.kubelet.runtime.docker;

import io.jubernetes.common.codec.Sha256;
import java.nio.file.Path;

/// One node of one cluster on this machine: what tells its containers, network and rules from those of others
/// on the same engine. The same node name and root directory always give the same instance, so a restarted
/// kubelet and a purge find what is theirs.
///
/// @param nodeName the node's name in its cluster
/// @param hash eight hexadecimal digits that differ between root directories
public record NodeInstance(String nodeName, String hash) {
    public static NodeInstance of(String nodeName, Path rootDirectory) {
        String seed = nodeName + "\n" + rootDirectory.toAbsolutePath().normalize();
        return new NodeInstance(nodeName, Sha256.hex(seed, 4));
    }

    /// The value of the label that every container and network of this node carries.
    public String label() {
        return nodeName + "-" + hash;
    }

    /// The name of the node's Docker network.
    public String networkName() {
        return "jubernetes-" + label();
    }

    /// The name of the network's bridge device: at most 15 characters.
    public String bridgeName() {
        return "jub-" + hash;
    }
}
