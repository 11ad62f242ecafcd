package io.jubernetes.scheduler.framework;

import java.util.List;
import java.util.Map;

/// Another program that has a say in where pods go. Calls block, at most for the program's timeout, and throw a
/// [RuntimeException] when it fails; an extender that may be ignored answers as if it had no opinion instead.
public interface Extender {
    /// For messages.
    String name();

    /// Whether it wants to be asked about a pod.
    boolean isInterestedIn(PodInfo pod);

    /// Whether it binds the pods it is interested in.
    boolean binds();

    /// The nodes it agrees to; it adds those it refuses to the diagnosis.
    List<NodeInfo> filter(PodInfo pod, List<NodeInfo> nodes, Diagnosis diagnosis);

    /// What to add to the nodes' total scores.
    long[] score(PodInfo pod, List<NodeInfo> nodes);

    /// Whether it wants to be asked about making room.
    boolean preempts();

    /// The nodes on which room may be made, and the pods to remove there.
    Map<String, List<PodInfo>> preempt(
            PodInfo pod, Map<String, List<PodInfo>> victimsByNode, Map<String, Long> violations);

    void bind(PodInfo pod, String node);
}
