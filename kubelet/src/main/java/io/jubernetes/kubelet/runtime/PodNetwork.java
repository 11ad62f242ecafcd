package io.jubernetes.kubelet.runtime;

import io.jubernetes.kubelet.network.Cidr;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// The pod network of one node. Thread-safe.
public interface PodNetwork {
    /// The node's subnet, once the network is there.
    Optional<Cidr> podCidr();

    /// Makes the network unless it exists.
    ///
    /// @param wanted the node's pod CIDR; null for the network's own, or a free one
    Cidr ensure(@Nullable Cidr wanted) throws RuntimeFailure;
}
