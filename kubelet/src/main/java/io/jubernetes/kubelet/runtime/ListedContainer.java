package io.jubernetes.kubelet.runtime;

/// One line of the runtime's list of containers.
public record ListedContainer(String id, String podUid, ContainerPhase phase) {}
