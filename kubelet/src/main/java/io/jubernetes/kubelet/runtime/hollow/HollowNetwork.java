package io.jubernetes.kubelet.runtime.hollow;

import io.jubernetes.kubelet.network.Cidr;
import io.jubernetes.kubelet.runtime.PodNetwork;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/// Gives out addresses that lead nowhere.
final class HollowNetwork implements PodNetwork {
    private static final Cidr DEFAULT = Cidr.parse("10.88.0.0/16");

    private final AtomicInteger given = new AtomicInteger();
    private volatile @Nullable Cidr range;

    @Override
    public Optional<Cidr> podCidr() {
        return Optional.ofNullable(range);
    }

    @Override
    public Cidr ensure(List<Cidr> wanted) {
        Cidr chosen = wanted.getFirst();
        range = chosen;
        return chosen;
    }

    /// The next address of the range; it starts again at the end.
    String next() {
        Cidr there = range;
        Cidr from = there == null ? DEFAULT : there;
        int hosts = (1 << (32 - from.bits())) - 2;
        return from.host(1 + given.getAndIncrement() % Math.max(1, hosts));
    }
}
