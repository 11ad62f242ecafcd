package io.jubernetes.kubelet.runtime;

/// The states a container passes through, in this order and never back.
public enum ContainerPhase {
    CREATED,
    RUNNING,
    EXITED
}
