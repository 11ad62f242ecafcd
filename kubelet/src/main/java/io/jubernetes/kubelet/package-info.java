/// The node agent: takes the pods that are assigned to this node, runs them on a container runtime, and tells
/// the API server what became of them. Start at [io.jubernetes.kubelet.KubeletCommand];
/// [io.jubernetes.kubelet.Kubelet] puts the parts together.
@NullMarked
package io.jubernetes.kubelet;

import org.jspecify.annotations.NullMarked;
