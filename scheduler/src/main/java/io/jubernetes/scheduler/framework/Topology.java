package io.jubernetes.scheduler.framework;

/// One node label as a column: the nodes that share a value form a domain, and each domain has a small number. A
/// number stays the domain's until [SnapshotListener#renumbered].
public interface Topology {
    /// The node has not got the label.
    int NONE = -1;

    String key();

    /// The number of a node's domain, or [#NONE].
    int domain(NodeInfo node);

    /// All domain numbers are less than this.
    int size();
}
