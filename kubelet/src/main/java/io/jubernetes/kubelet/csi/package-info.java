/// Drivers of storage (CSI) on this node: they register in `plugins_registry`, are entered into the node's CSINode, and
/// mount volumes when [io.jubernetes.kubelet.volume] asks them to. Start at [CsiDrivers].
@NullMarked
package io.jubernetes.kubelet.csi;

import org.jspecify.annotations.NullMarked;
