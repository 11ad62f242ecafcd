package io.jubernetes.scheduler.framework;

import java.util.Collection;
import org.jspecify.annotations.Nullable;

/// The scheduler's picture of the nodes, as plugins see it.
public interface Nodes {
    int size();

    @Nullable
    NodeInfo find(String name);

    Collection<NodeInfo> all();

    /// On how many nodes a container image is present.
    int imageSpread(String image);

    Resources resources();

    /// A node label as a column. Kept from the first call on.
    Topology topology(String key);

    /// Tells of every later change.
    void listen(SnapshotListener listener);
}
