package io.jubernetes.kubelet.source;

import io.fabric8.kubernetes.api.model.Pod;

/// Takes what a source says. Thread-safe; returns quickly.
public interface PodSink {
    /// A pod is new or has changed.
    void set(Pod pod);

    /// A pod is gone.
    void remove(String uid);
}
