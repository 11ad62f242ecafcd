package io.jubernetes.scheduler.framework;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Taint;
import java.util.Collection;
import java.util.List;
import java.util.Map;

/// One node and the pods on it, those included whose binding is under way. Only valid while the scheduling thread
/// is in a plugin call.
public interface NodeInfo {
    Node node();

    String name();

    /// Its place among the nodes, from 0 on; another one after [SnapshotListener#nodesChanged].
    int row();

    /// Grows with every change of the node or of the pods on it.
    long generation();

    Map<String, String> labels();

    List<Taint> taints();

    boolean isUnschedulable();

    Collection<PodInfo> pods();

    Collection<HostPort> usedPorts();

    /// Size in bytes of each image that is present, by every name it has.
    Map<String, Long> images();

    /// What the node can give to pods, by the numbers of [Resources].
    long allocatable(int resource);

    /// What its pods have asked for.
    long requested(int resource);

    /// What its pods have asked for, with upstream's assumption for containers that ask for nothing (100 m CPU, 200
    /// MB).
    long nonZeroRequested(int resource);
}
