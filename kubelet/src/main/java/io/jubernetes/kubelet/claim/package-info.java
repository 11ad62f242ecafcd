/// Devices by claim (dynamic resource allocation): before a pod with resource claims starts, the drivers that its
/// devices belong to prepare them on this node, and say by which CDI devices containers reach them. Start at
/// [ResourceClaims].
@NullMarked
package io.jubernetes.kubelet.claim;

import org.jspecify.annotations.NullMarked;
