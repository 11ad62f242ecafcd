/// Devices that plugins offer on this node: registration, bookkeeping, and what a container needs to use them. Start
/// at [io.jubernetes.kubelet.device.DeviceManager]; [io.jubernetes.kubelet.device.PodResourcesService] tells
/// monitoring agents who has what.
@NullMarked
package io.jubernetes.kubelet.device;

import org.jspecify.annotations.NullMarked;
