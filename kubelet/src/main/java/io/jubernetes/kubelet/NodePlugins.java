package io.jubernetes.kubelet;

import io.jubernetes.kubelet.claim.ResourceClaims;
import io.jubernetes.kubelet.csi.CsiDrivers;
import io.jubernetes.kubelet.device.DeviceManager;

/// What programs beside the kubelet offer to pods.
///
/// @param devices counted devices of device plugins
/// @param claims devices that pods claim one by one
/// @param storage drivers of storage
public record NodePlugins(DeviceManager devices, ResourceClaims claims, CsiDrivers storage) {}
