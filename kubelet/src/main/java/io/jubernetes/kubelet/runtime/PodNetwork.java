package io.jubernetes.kubelet.runtime;

import io.jubernetes.kubelet.network.Cidr;
import java.util.List;
import java.util.Optional;

/// The pod network of one node. Thread-safe.
public interface PodNetwork {
    /// The node's subnet, once the network is there.
    Optional<Cidr> podCidr();

    /// Makes the network unless it exists.
    ///
    /// @param wanted what the node's pod CIDR may be, at least one: the first that overlaps nothing is taken,
    ///     and what the network already has stays if it is among them
    Cidr ensure(List<Cidr> wanted) throws RuntimeFailure;
}
