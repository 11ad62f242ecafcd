package io.jubernetes.scheduler.framework;

/// Answers whether a pod would fit if other pods came or went. What was tried is undone when the try ends.
public interface WhatIf {
    /// Takes a pod off its node.
    void remove(NodeInfo node, PodInfo pod);

    /// Puts a pod onto a node.
    void add(NodeInfo node, PodInfo pod);

    /// Whether the pod being scheduled would fit now, also beside the pods nominated for the node.
    Verdict verdict(NodeInfo node);
}
