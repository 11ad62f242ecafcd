package io.jubernetes.kubelet.pod;

/// Why a container waits, as its status says it.
record Waiting(String reason, String message) {}
