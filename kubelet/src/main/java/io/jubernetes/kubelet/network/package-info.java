/// The node's side of networking: addresses, firewall rules and kernel settings of the pod network, and the
/// name files (`/etc/hosts`, `/etc/resolv.conf`) of pods.
@NullMarked
package io.jubernetes.kubelet.network;

import org.jspecify.annotations.NullMarked;
