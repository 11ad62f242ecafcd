/// Devices for pods: which devices of the nodes' `ResourceSlices` satisfy the `ResourceClaims` a pod names, and the
/// writing down of what was chosen. Start at
/// [io.jubernetes.scheduler.plugins.dynamicresources.DynamicResources]; [DeviceSearch] chooses the devices of one node,
/// [ClaimLedger] knows what is given away already, [DeviceSelectors] runs the expressions that select devices.
@NullMarked
package io.jubernetes.scheduler.plugins.dynamicresources;

import org.jspecify.annotations.NullMarked;
